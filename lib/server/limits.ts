import rateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { MortiseError } from '../errors/index.js'
import type { App } from '../faces/http/index.js'
import type { Settings } from './schema.js'

const second = 1000
const minute = 60 * second

/**
 * An address that keeps failing to prove who it is is refused before anything costly is done for it; a principal that
 * asks too often is told to slow down. Health checks are exempt.
 */
export async function limitRates(app: App, { limits }: Settings): Promise<void> {
  await app.register(rateLimit, { global: false })
  if (limits.failures > 0) {
    const failures = app.createRateLimit({ max: limits.failures, timeWindow: minute })
    app.addHook('onRequest', async (request, reply) => {
      if (isExempt(request)) return
      const state = await failures(request, { increment: false })
      if (!state.isAllowed && state.remaining === 0)
        refuse(reply, state.ttlInSeconds, 'too many failed logins from this address')
    })
    app.addHook('onResponse', async (request, reply) => {
      if (reply.statusCode === 401) await failures(request)
    })
  }
  if (limits.requests > 0) {
    const requests = app.createRateLimit({
      max: limits.requests,
      timeWindow: second,
      keyGenerator: ({ session }) => session.principal.id,
    })
    // After the hooks that authenticate, before the body is read.
    app.addHook('preParsing', async (request, reply) => {
      if (!request.session) return
      const state = await requests(request)
      if (!state.isAllowed && state.isExceeded) refuse(reply, state.ttlInSeconds, 'too many requests')
    })
  }
}

function isExempt({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url === '/health'
}

function refuse(reply: FastifyReply, seconds: number, what: string): never {
  reply.header('retry-after', seconds)
  throw new MortiseError('MORTISE_RATE_LIMITED', `${what}: wait ${seconds} s`)
}
