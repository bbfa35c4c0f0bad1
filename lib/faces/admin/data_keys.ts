import Type from 'typebox'
import { type App, base64, fromBase64 } from '../http/index.js'
import { exactly, objectParams, optionalBody } from './schemas.js'

const tags = ['cryptography']
const aad = Type.Optional(base64('Additional data: authenticated, not part of the wrapped form'))
const wrapped = base64('The wrapped form of the data key (docs/formats.md, 0x06)')
const answer = {
  wrapped,
  keyId: Type.String({ description: 'The version that wraps it' }),
  keyVersion: Type.Integer(),
}

/** Envelope encryption for clients that use the data key themselves. */
export function dataKeyRoutes(app: App): void {
  app.post(
    '/keys/:id/data-keys',
    {
      preValidation: optionalBody,
      schema: {
        tags,
        operationId: 'generateDataKey',
        summary: 'Make a data key that is wrapped by an AES key, and kept nowhere else',
        params: objectParams,
        body: exactly({
          aad,
          plaintext: Type.Optional(
            Type.Boolean({
              description:
                'Whether the data key is answered in the clear too. Needs ExportDataKey. Default false',
            }),
          ),
        }),
        response: {
          201: Type.Object({ ...answer, plaintext: Type.Optional(base64('The 32 bytes of the data key')) }),
        },
      },
    },
    async ({ session, params, body }, reply) => {
      const { plaintext, ...made } = await session.generateWrappedDataKey(params.id, {
        ...aadOf(body),
        ...(body.plaintext && { plaintext: true }),
      })
      return reply.code(201).send({
        ...made,
        wrapped: made.wrapped.toString('base64'),
        ...(plaintext && { plaintext: inBase64(plaintext) }),
      })
    },
  )

  app.post(
    '/keys/:id/data-keys/decrypt',
    {
      schema: {
        tags,
        operationId: 'decryptDataKey',
        summary: 'A data key in the clear, by whichever version of the key wraps it. Needs ExportDataKey',
        params: objectParams,
        body: exactly({ wrapped, aad }),
        response: { 200: Type.Object({ plaintext: base64('The 32 bytes of the data key') }) },
      },
    },
    async ({ session, params, body }) => {
      const bytes = fromBase64(body.wrapped, 'wrapped')
      return { plaintext: inBase64(await session.exportDataKey(params.id, bytes, aadOf(body))) }
    },
  )

  app.post(
    '/keys/:id/data-keys/rewrap',
    {
      schema: {
        tags,
        operationId: 'rewrapDataKey',
        summary: 'Wrap a data key by the newest version of the key instead of an older one',
        params: objectParams,
        body: exactly({ wrapped, aad }),
        response: { 200: Type.Object(answer) },
      },
    },
    async ({ session, params, body }) => {
      const bytes = fromBase64(body.wrapped, 'wrapped')
      const made = await session.rewrapDataKey(params.id, bytes, aadOf(body))
      return { ...made, wrapped: made.wrapped.toString('base64') }
    },
  )
}

function aadOf({ aad }: { aad?: string }): { aad?: Buffer } {
  return aad === undefined ? {} : { aad: fromBase64(aad, 'aad') }
}

/** The buffer is wiped; the text goes with the answer. */
function inBase64(secret: Buffer): string {
  const text = secret.toString('base64')
  secret.fill(0)
  return text
}
