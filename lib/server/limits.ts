import rateLimit from '@fastify/rate-limit'
import type { FastifyReply } from 'fastify'
import { isMortiseError, MortiseError } from '../errors/index.js'
import type { Admitted, App } from '../faces/http/index.js'
import type { Settings } from './schema.js'

const second = 1000
const minute = 60 * second

/** An address that keeps failing to prove who it is is refused before anything costly is done for it. */
export async function limitFailures(app: App, { limits }: Settings): Promise<void> {
  if (limits.failures === 0) return
  await app.register(rateLimit, { global: false })
  const failures = app.createRateLimit({ max: limits.failures, timeWindow: minute })
  let lastFailure = Number.NEGATIVE_INFINITY

  app.addHook('onRequest', (request, reply, done) => {
    const calm = request.began - lastFailure > minute
    if (calm || request.routeOptions.url === '/health') return done()
    failures(request, { increment: false }).then((state) => {
      if (state.isAllowed || state.remaining > 0) done()
      else done(refusal(reply, state.ttlInSeconds, 'too many failed logins from this address'))
    }, done)
  })

  app.addHook('onError', (request, _reply, error, done) => {
    if (!isMortiseError(error) || error.status !== 401) return done()
    // That more is asked for is no failure: the password was right.
    if (isMortiseError(error, 'MORTISE_AUTH_FACTOR_REQUIRED')) return done()
    lastFailure = performance.now()
    failures(request).then(
      () => done(),
      () => done(),
    )
  })
}

/** A principal that asks too often is told to slow down. Counts by the second, and costs next to nothing: every request passes here. */
export function limitRequests({ limits }: Settings): Admitted | undefined {
  const isTooMuch = countRequests(limits.requests)
  return (
    isTooMuch &&
    (({ session, began }, reply) => {
      if (isTooMuch(session.principal.id, began)) throw refusal(reply, 1, 'too many requests')
    })
  )
}

/** Whether a principal has asked more often in this second than it may. */
export function countRequests(most: number): ((principal: string, now: number) => boolean) | undefined {
  if (most === 0) return undefined
  const counts = new Map<string, number>()
  let window = 0
  return (principal, began) => {
    const now = Math.floor(began / second)
    if (now !== window) counts.clear()
    window = now
    const count = (counts.get(principal) ?? 0) + 1
    counts.set(principal, count)
    return count > most
  }
}

function refusal(reply: FastifyReply, seconds: number, what: string): MortiseError {
  reply.header('retry-after', seconds)
  return new MortiseError('MORTISE_RATE_LIMITED', `${what}: wait ${seconds} s`)
}
