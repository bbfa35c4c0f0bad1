import Type from 'typebox'
import { algorithmNames, dataTypes, linkTypes, objectTypes, states } from '../../core/index.js'
import { type App, base64, enumOf, fromBase64, integers } from '../http/index.js'
import { exactly, newKey, next, objectInfo, objectParams, pageFields, place, usages } from './schemas.js'

const tags = ['keys']
const algorithm = enumOf(algorithmNames)
const length = Type.Optional(Type.Integer({ description: 'Bits' }))

const text = Type.Optional(Type.String())
const range = Type.Optional(exactly({ from: text, to: text }))

export function keyRoutes(app: App): void {
  app.post(
    '/keys',
    {
      schema: {
        tags,
        operationId: 'createKey',
        summary: 'Make a symmetric key',
        body: exactly({ algorithm, length, usage: Type.Optional(usages), ...newKey, ...place }),
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
          ...newKey,
          ...place,
        }),
        response: { 201: Type.Object({ privateKey: objectInfo, publicKey: objectInfo }) },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.createKeyPair(body)),
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

  app.post(
    '/keys/register',
    {
      schema: {
        tags,
        operationId: 'registerObject',
        summary: 'Take in a certificate, secret data or an opaque object',
        body: exactly({
          type: enumOf(dataTypes),
          material: base64('The bytes; of a certificate X.509 as DER or PEM'),
          secretDataType: Type.Optional(enumOf(['Password', 'Seed'])),
          opaqueDataType: Type.Optional(Type.String()),
          usage: Type.Optional(usages),
          ...newKey,
        }),
        response: { 201: objectInfo },
      },
    },
    async ({ session, body }, reply) => {
      const material = fromBase64(body.material, 'material')
      try {
        return reply.code(201).send(await session.registerObject({ ...body, material }))
      } finally {
        material.fill(0)
      }
    },
  )

  app.post(
    '/keys/locate',
    {
      schema: {
        tags,
        operationId: 'locateKeys',
        summary: 'Find objects by any of their attributes, oldest first',
        body: exactly({
          ...pageFields,
          offset: Type.Optional(
            Type.Integer({ minimum: 0, maximum: 100_000, description: 'How many to pass over' }),
          ),
          name: text,
          state: Type.Optional(enumOf(states)),
          type: Type.Optional(enumOf(objectTypes)),
          algorithm: text,
          length,
          family: text,
          owner: text,
          usage: Type.Optional(usages),
          group: text,
          link: Type.Optional(exactly({ type: enumOf(linkTypes), object: Type.String() })),
          alternativeName: text,
          application: Type.Optional(exactly({ namespace: Type.String(), data: text })),
          vendorAttribute: Type.Optional(
            exactly({
              vendor: text,
              name: Type.String(),
              value: Type.Optional(
                Type.Unsafe<string | number | boolean>({ type: ['string', 'number', 'boolean'] }),
              ),
            }),
          ),
          digest: text,
          certificate: Type.Optional(exactly({ subject: text, issuer: text, serial: text })),
          storage: Type.Optional(enumOf(['online', 'archived', 'destroyed'])),
          dates: Type.Optional(
            exactly({
              created: range,
              originallyCreated: range,
              activated: range,
              processStart: range,
              protectStop: range,
              deactivated: range,
              compromised: range,
              destroyed: range,
              archived: range,
            }),
          ),
        }),
        response: { 200: Type.Object({ items: Type.Array(objectInfo), next }) },
      },
    },
    async ({ session, body }) => session.locate(body),
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
}
