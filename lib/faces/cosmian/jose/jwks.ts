import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import Type from 'typebox'
import type { Publisher } from '../../../core/index.js'
import type { App } from '../../http/index.js'
import { joseAlgorithms } from './algorithms.js'

const mostKeys = 1000

interface KeySet {
  readonly body: string
  readonly tag: string
  readonly truncated: boolean
}

/** The public keys that were made to verify and encrypt in JOSE (RFC 7517). Nobody logs in: they are public by their nature. */
export function keySetRoute(app: App, publisher: Publisher): void {
  const keySet = inTurn(() => makeKeySet(publisher))

  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        tags: ['cosmian JOSE'],
        operationId: 'joseKeySet',
        summary: 'The public keys of /v1/crypto, for everybody',
        security: [],
        response: {
          200: Type.Object({ keys: Type.Array(Type.Object({}, { additionalProperties: true })) }),
        },
      },
    },
    async ({ headers }, reply: FastifyReply) => {
      const { body, tag, truncated } = await keySet()
      reply.headers({
        etag: tag,
        'cache-control': 'public, no-cache',
        ...(truncated && { 'x-jwks-truncated': 'true' }),
      })
      if (headers['if-none-match'] === tag) return reply.code(304).send()
      return reply.type('application/json').serializer(String).send(body)
    },
  )
}

/** Does it once for all who ask while it has not begun: whoever asks sees what was before, and many who ask take no more than one. */
function inTurn<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<unknown> = Promise.resolve()
  let waiting: Promise<Value> | undefined
  return () => {
    waiting ??= running.then(() => {
      waiting = undefined
      const result = work()
      running = result.catch(() => undefined)
      return result
    })
    return waiting
  }
}

async function makeKeySet(publisher: Publisher): Promise<KeySet> {
  const found = await publisher.publicKeys('jose', 'alg', mostKeys + 1)
  const keys = found.slice(0, mostKeys).flatMap(({ id, value, jwk }) => {
    const does = joseAlgorithms[String(value)]
    const { kty, crv, n, e, x, y } = jwk
    return does && does.kty === kty && does.crv === crv
      ? [
          {
            kty,
            crv,
            n,
            e,
            x,
            y,
            kid: id,
            alg: value,
            use: does.scheme ? 'sig' : 'enc',
            key_ops: does.operations[1],
          },
        ]
      : []
  })
  const body = JSON.stringify({ keys })
  return {
    body,
    tag: `"${createHash('sha256').update(body).digest('base64url')}"`,
    truncated: found.length > mostKeys,
  }
}
