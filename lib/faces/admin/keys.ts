import Type from 'typebox'
import { algorithmNames, keyFormats, objectTypes, states } from '../../core/index.js'
import { type App, base64, enumOf, fromBase64, integers } from '../http/index.js'
import { exactly, next, objectInfo, objectParams, pageFields, usages } from './schemas.js'

const tags = ['keys']
const algorithm = enumOf(algorithmNames)
const length = Type.Optional(Type.Integer({ description: 'Bits' }))

const attributes = {
  name: Type.Optional(
    Type.String({ description: '1 to 255 characters, unique among objects not destroyed' }),
  ),
  description: Type.Optional(Type.String()),
  extractable: Type.Optional(
    Type.Boolean({ description: 'Whether the clear key may be exported. Default false' }),
  ),
  callerIv: Type.Optional(
    Type.Boolean({ description: 'Whether callers may choose the IV that they encrypt under. Default false' }),
  ),
  activate: Type.Optional(Type.Boolean({ description: 'Whether it is Active at once. Default true' })),
}

export function keyRoutes(app: App): void {
  app.post(
    '/keys',
    {
      schema: {
        tags,
        operationId: 'createKey',
        summary: 'Make a symmetric key',
        body: exactly({ algorithm, length, usage: Type.Optional(usages), ...attributes }),
        response: { 201: objectInfo },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.createKey(body)),
  )

  app.post(
    '/key-pairs',
    {
      schema: {
        tags,
        operationId: 'createKeyPair',
        summary: 'Make a private and a public key',
        body: exactly({
          algorithm,
          length,
          curve: Type.Optional(Type.String({ description: 'P-256, P-384, P-521 or secp256k1' })),
          publicName: Type.Optional(Type.String()),
          privateUsage: Type.Optional(usages),
          publicUsage: Type.Optional(usages),
          ...attributes,
        }),
        response: { 201: Type.Object({ privateKey: objectInfo, publicKey: objectInfo }) },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.createKeyPair(body)),
  )

  app.post(
    '/keys/import',
    {
      schema: {
        tags,
        operationId: 'importKey',
        summary: 'Take in a key that was made elsewhere',
        body: exactly({
          format: enumOf(keyFormats),
          material: base64('Raw bytes, or PKCS#8 or SPKI as DER or PEM'),
          algorithm: Type.Optional(algorithm),
          usage: Type.Optional(usages),
          ...attributes,
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

  app.get(
    '/keys',
    {
      preValidation: integers('limit', 'length'),
      schema: {
        tags,
        operationId: 'listKeys',
        summary: 'Find objects by exact attributes, oldest first',
        querystring: exactly({
          ...pageFields,
          name: Type.Optional(Type.String()),
          state: Type.Optional(enumOf(states)),
          type: Type.Optional(enumOf(objectTypes)),
          algorithm: Type.Optional(Type.String()),
          length,
          family: Type.Optional(Type.String({ description: 'All versions of one key' })),
          owner: Type.Optional(Type.String({ description: 'Principal id' })),
        }),
        response: { 200: Type.Object({ items: Type.Array(objectInfo), next }) },
      },
    },
    async ({ session, query }) => session.locate(query),
  )

  app.get(
    '/keys/:id',
    {
      schema: {
        tags,
        operationId: 'getKey',
        summary: 'What is known of an object, without its key',
        params: objectParams,
        response: { 200: objectInfo },
      },
    },
    async ({ session, params }) => session.get(params.id),
  )

  app.post(
    '/keys/:id/export',
    {
      schema: {
        tags,
        operationId: 'exportKey',
        summary: 'The clear key, if it was made extractable',
        params: objectParams,
        response: {
          200: Type.Object({
            format: enumOf(keyFormats),
            material: base64('Raw bytes, or DER of PKCS#8 or SPKI, by the type of the object'),
          }),
        },
      },
    },
    async ({ session, params }) => {
      const { format, material } = await session.export(params.id)
      try {
        return { format, material: material.toString('base64') }
      } finally {
        material.fill(0)
      }
    },
  )
}
