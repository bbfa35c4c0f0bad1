import rateLimit from '@fastify/rate-limit'
import type { FastifyReply } from 'fastify'
import { MortiseError } from '../errors/index.js'
import type { App } from '../faces/http/index.js'
import type { Settings } from './schema.js'

const second = 1000
const minute = 60 * second

/**
 * An address that keeps failing to prove who it is is refused before anything costly is done for it; a principal that
 * asks too often is told to slow down.
 */
export async function limitRates(app: App, { limits }: Settings): Promise<void> {
  if (limits.failures > 0) await limitFailures(app, limits.failures)
  if (limits.requests > 0) limitRequests(app, limits.requests)
}

async function limitFailures(app: App, max: number): Promise<void> {
  await app.register(rateLimit, { global: false })
  const failures = app.createRateLimit({ max, timeWindow: minute })
  let lastFailure = Number.NEGATIVE_INFINITY

  app.addHook('onRequest', (request, reply, done) => {
    const calm = request.began - lastFailure > minute
    if (calm || request.routeOptions.url === '/health') return done()
    failures(request, { increment: false }).then((state) => {
      if (state.isAllowed || state.remaining > 0) done()
      else done(refusal(reply, state.ttlInSeconds, 'too many failed logins from this address'))
    }, done)
  })

  app.addHook('onSend', (request, reply, _payload, done) => {
    if (reply.statusCode !== 401) return done()
    lastFailure = performance.now()
    failures(request).then(() => done(), done)
  })
}

/** Counts by the second. Synchronous and without an address to look at: every request passes here. */
function limitRequests(app: App, max: number): void {
  const counts = new Map<string, number>()
  let window = 0

  // After the hooks that authenticate, before the body is read.
  app.addHook('preParsing', (request, reply, _payload, done) => {
    if (!request.session) return done()
    const now = Math.floor(request.began / second)
    if (now !== window) counts.clear()
    window = now
    const { id } = request.session.principal
    const count = (counts.get(id) ?? 0) + 1
    counts.set(id, count)
    done(count > max ? refusal(reply, 1, 'too many requests') : null)
  })
}

function refusal(reply: FastifyReply, seconds: number, what: string): MortiseError {
  reply.header('retry-after', seconds)
  return new MortiseError('MORTISE_RATE_LIMITED', `${what}: wait ${seconds} s`)
}
