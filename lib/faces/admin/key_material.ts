import Type from 'typebox'
import {
  algorithmNames,
  kdfHashes,
  kdfMethods,
  keyFormats,
  splitMethods,
  wrapMethods,
} from '../../core/index.js'
import { type App, base64, enumOf, fromBase64 } from '../http/index.js'
import {
  exactly,
  newKey,
  objectInfo,
  objectParams,
  optionalBody,
  place,
  splitKey,
  usages,
} from './schemas.js'

const tags = ['keys']
const algorithm = enumOf(algorithmNames)
const wrapping = Type.Optional(
  exactly({
    key: Type.String({ minLength: 1, description: 'Id or name of the wrapping key' }),
    method: enumOf(wrapMethods),
  }),
)
const { callerIv: _, ...newShare } = newKey
const optionalBytes = (description: string) => Type.Optional(base64(description))

/** Keys that come in, go out, and are made of other keys. */
export function keyMaterialRoutes(app: App): void {
  app.post(
    '/keys/import',
    {
      schema: {
        tags,
        operationId: 'importKey',
        summary: 'Take in a key that was made elsewhere, in the clear or wrapped by another',
        body: exactly({
          format: Type.Optional(enumOf(keyFormats)),
          material: base64('Raw bytes; PKCS#1, PKCS#8, SEC1 or SPKI as DER or PEM; JWK; or a wrapped key'),
          algorithm: Type.Optional(algorithm),
          password: Type.Optional(Type.String({ description: 'Of encrypted PKCS#8' })),
          wrapping,
          usage: Type.Optional(usages),
          ...newKey,
          ...place,
        }),
        response: { 201: objectInfo },
      },
    },
    async ({ session, body }, reply) => {
      const material = fromBase64(body.material, 'material')
      try {
        return reply.code(201).send(await session.register({ ...body, material }))
      } finally {
        material.fill(0)
      }
    },
  )

  app.post(
    '/keys/:id/export',
    {
      preValidation: optionalBody,
      schema: {
        tags,
        operationId: 'exportKey',
        summary: 'The clear key, or the key under a password or another key, if it was made extractable',
        params: objectParams,
        body: exactly({
          format: Type.Optional(enumOf(keyFormats)),
          encoding: Type.Optional(enumOf(['der', 'pem'] as const)),
          password: Type.Optional(Type.String({ description: 'Encrypts PKCS#8' })),
          wrapping,
        }),
        response: {
          200: Type.Object({
            format: enumOf([...keyFormats, 'x509']),
            material: base64('As it was asked for: by default raw bytes, or DER of PKCS#8 or SPKI'),
          }),
        },
      },
    },
    async ({ session, params, body }) => {
      const { format, material } = await session.export(params.id, body)
      try {
        return { format, material: material.toString('base64') }
      } finally {
        material.fill(0)
      }
    },
  )

  app.post(
    '/keys/derive',
    {
      schema: {
        tags,
        operationId: 'deriveKey',
        summary: 'Make a symmetric key out of another one, or of a secret agreed with a peer',
        body: exactly({
          base: Type.String({ minLength: 1, description: 'Id or name of what is derived from' }),
          algorithm,
          length: Type.Optional(Type.Integer({ description: 'Bits' })),
          method: Type.Optional(enumOf(kdfMethods)),
          hash: Type.Optional(enumOf(kdfHashes)),
          salt: optionalBytes('Of HKDF and PBKDF2'),
          info: optionalBytes('The info of HKDF, the label of the counter mode'),
          context: optionalBytes('Of the counter mode'),
          iterations: Type.Optional(Type.Integer({ description: 'Of PBKDF2: 1,000 to 10,000,000' })),
          peer: optionalBytes('Public key of the peer of a private key: SPKI as DER or PEM, or JWK'),
          usage: Type.Optional(usages),
          ...newKey,
        }),
        response: { 201: objectInfo },
      },
    },
    async ({ session, body }, reply) => {
      const { base, salt, info, context, peer, ...rest } = body
      const input = {
        ...rest,
        ...(salt !== undefined && { salt: fromBase64(salt, 'salt') }),
        ...(info !== undefined && { info: fromBase64(info, 'info') }),
        ...(context !== undefined && { context: fromBase64(context, 'context') }),
        ...(peer !== undefined && { peer: fromBase64(peer, 'peer') }),
      }
      return reply.code(201).send(await session.deriveKey(base, input))
    },
  )

  app.post(
    '/keys/split',
    {
      schema: {
        tags,
        operationId: 'splitKey',
        summary: 'Split a key into shares, of which a threshold makes it again',
        body: exactly({
          object: Type.String({ minLength: 1, description: 'Id or name of the key' }),
          parts: Type.Integer({ minimum: 2, maximum: 255 }),
          threshold: Type.Optional(Type.Integer({ minimum: 2, maximum: 255, description: 'Default: all' })),
          method: Type.Optional(enumOf(splitMethods)),
          name: Type.Optional(
            Type.String({ description: 'The shares are called by it, with a number behind' }),
          ),
          extractable: Type.Optional(Type.Boolean({ description: 'Whether shares may be exported' })),
        }),
        response: { 201: Type.Object({ items: Type.Array(objectInfo) }) },
      },
    },
    async ({ session, body: { object, ...input } }, reply) =>
      reply.code(201).send({ items: [...(await session.splitKey(object, input))] }),
  )

  app.post(
    '/keys/register-share',
    {
      schema: {
        tags,
        operationId: 'registerShare',
        summary: 'Take a share of a split key in again that was exported',
        body: exactly({
          material: base64('As it was exported'),
          algorithm,
          length: Type.Optional(Type.Integer({ description: 'Bits of the key that was split' })),
          curve: Type.Optional(Type.String({ description: 'Of the key that was split' })),
          splitKey: exactly(splitKey),
          ...newShare,
        }),
        response: { 201: objectInfo },
      },
    },
    async ({ session, body }, reply) => {
      const material = fromBase64(body.material, 'material')
      try {
        return reply.code(201).send(await session.registerShare({ ...body, material }))
      } finally {
        material.fill(0)
      }
    },
  )

  app.post(
    '/keys/join',
    {
      schema: {
        tags,
        operationId: 'joinKey',
        summary: 'Make the key that was split of its shares',
        body: exactly({
          shares: Type.Array(Type.String({ minLength: 1 }), { minItems: 2, maxItems: 255 }),
          usage: Type.Optional(usages),
          ...newKey,
        }),
        response: { 201: objectInfo },
      },
    },
    async ({ session, body: { shares, ...input } }, reply) =>
      reply.code(201).send(await session.joinSplitKey(shares, input)),
  )
}
