import Type from 'typebox'
import { type AuditHealth, type KeyManager, opensslVersion, type StoreHealth } from '../core/index.js'
import type { App } from '../faces/http/index.js'
import { packageVersion } from './version.js'

/** A store that takes longer to say how it is, is not well. */
const patience = 2000

const status = Type.Unsafe<'UP' | 'DOWN'>({ type: 'string', enum: ['UP', 'DOWN'] })
const dependency = { name: Type.String(), status, message: Type.Optional(Type.String()) }
const health = Type.Object({
  status,
  latency_ms: Type.Integer(),
  dependencies: Type.Object({
    database: Type.Object(dependency),
    audit_sinks: Type.Optional(
      Type.Array(
        Type.Object({
          ...dependency,
          waiting: Type.Integer({ description: 'Audit records that were not delivered yet' }),
        }),
      ),
    ),
    audit_checkpoints: Type.Optional(Type.Object(dependency)),
    hsm: Type.Optional(Type.Array(Type.Object(dependency))),
    root_key: Type.Optional(Type.Object(dependency)),
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
      const jobs = up ? await keyManager.jobHealth().catch(() => undefined) : undefined
      const audit = up ? await keyManager.auditHealth().catch(() => undefined) : undefined
      const dependencies = {
        database: { name, status: statusOf(up), ...(message !== undefined && { message }) },
        ...(audit && auditDependencies(audit)),
        ...(await tokenDependencies(keyManager)),
      }
      const allUp = Object.values(dependencies)
        .flat()
        .every((one) => one.status === 'UP')
      return reply.code(allUp ? 200 : 503).send({
        status: statusOf(allUp),
        latency_ms: Math.round(performance.now() - started),
        dependencies,
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

function statusOf(up: boolean): 'UP' | 'DOWN' {
  return up ? 'UP' : 'DOWN'
}

/** What the audit trail depends on outside the store. Anybody may ask: kinds are named, not places. */
function auditDependencies({ sinks, checkpointFailure }: AuditHealth) {
  return {
    ...(sinks.length > 0 && {
      audit_sinks: sinks.map(({ kind, waiting, failure }) => ({
        name: kind,
        status: statusOf(failure === null),
        ...(failure !== null && { message: failure }),
        waiting,
      })),
    }),
    audit_checkpoints: {
      name: 'checkpoints',
      status: statusOf(checkpointFailure === null),
      ...(checkpointFailure !== null && { message: checkpointFailure }),
    },
  }
}

/** The tokens, and the root key where one has it, as far as it is known without asking them. */
async function tokenDependencies(keyManager: KeyManager) {
  const tokens = keyManager.tokenHealth()
  const rootKey = await keyManager.rootKeyHealth()
  return {
    ...(tokens.length > 0 && {
      hsm: tokens.map(({ name, code, reason, status }) => {
        const up = code === null && (status?.state === 'ready' || status?.state === 'degraded')
        return {
          name,
          status: statusOf(up),
          ...(reason !== '' && { message: code ?? status?.state ?? 'down' }),
        }
      }),
    }),
    ...(rootKey && {
      root_key: {
        name: 'token',
        status: statusOf(rootKey.failure === null && !rootKey.sealed),
        ...(rootKey.failure !== null && { message: rootKey.sealed ? 'sealed' : 'the token does not answer' }),
      },
    }),
  }
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
