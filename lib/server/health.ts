import Type from 'typebox'
import { type KeyManager, opensslVersion, type StoreHealth } from '../core/index.js'
import type { App } from '../faces/http/index.js'
import { packageVersion } from './version.js'

/** A store that takes longer to say how it is, is not well. */
const patience = 2000

const status = Type.Unsafe<'UP' | 'DOWN'>({ type: 'string', enum: ['UP', 'DOWN'] })
const health = Type.Object({
  status,
  latency_ms: Type.Integer(),
  dependencies: Type.Object({
    database: Type.Object({ name: Type.String(), status, message: Type.Optional(Type.String()) }),
  }),
  jobs: Type.Optional(
    Type.Object({
      waiting: Type.Integer({ description: 'Jobs whose time has come but which were not tried yet' }),
      failing: Type.Integer({ description: 'Jobs that have failed and wait for another attempt' }),
    }),
  ),
})

/** What operators and load balancers ask, in the shapes that key managers' clients know. No token needed. */
export function healthRoutes(app: App, keyManager: KeyManager): void {
  app.get(
    '/health',
    {
      schema: {
        tags: ['server'],
        operationId: 'getHealth',
        summary: 'Whether it works; 503 when it does not',
        security: [],
        response: { 200: health, 503: health },
      },
    },
    async (_request, reply) => {
      const started = performance.now()
      const { name, up, message } = await inTime(keyManager.health())
      const status = up ? 'UP' : 'DOWN'
      const jobs = up ? await keyManager.jobHealth().catch(() => undefined) : undefined
      return reply.code(up ? 200 : 503).send({
        status,
        latency_ms: Math.round(performance.now() - started),
        dependencies: { database: { name, status, ...(message !== undefined && { message }) } },
        ...(jobs && { jobs }),
      })
    },
  )

  app.get(
    '/version',
    {
      schema: {
        tags: ['server'],
        operationId: 'getVersion',
        summary: 'Versions of Mortise and OpenSSL',
        security: [],
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) =>
      reply.type('application/json').send(JSON.stringify(`${packageVersion} (${opensslVersion()})`)),
  )
}

async function inTime(answer: Promise<StoreHealth>): Promise<StoreHealth> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<StoreHealth>((resolve) => {
    timer = setTimeout(resolve, patience, { name: 'sqlite', up: false, message: 'the store does not answer' })
  })
  try {
    return await Promise.race([answer, late])
  } catch (error) {
    return { name: 'sqlite', up: false, message: (error as Error).message }
  } finally {
    clearTimeout(timer)
  }
}
