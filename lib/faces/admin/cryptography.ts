import Type from 'typebox'
import { encrypt, type SignatureScheme, sign, signatureSchemes } from '../../core/index.js'
import { type App, base64, enumOf, fromBase64 } from '../http/index.js'
import { exactly, objectParams } from './schemas.js'

const tags = ['cryptography']
const format = Type.Optional(
  enumOf(['record', 'gcm'], {
    description: 'Mortise’s own record (default), or IV, ciphertext and tag of AES-GCM',
  }),
)
const aad = Type.Optional(base64('Additional data: authenticated, not part of the ciphertext'))
const schemes = enumOf(Object.keys(signatureSchemes) as SignatureScheme[])

const signing = {
  data: base64('The message, or its digest where `digested` is true'),
  scheme: Type.Optional(schemes),
  digested: Type.Optional(Type.Boolean()),
  encoding: Type.Optional(enumOf(['der', 'p1363'], { description: 'Form of ECDSA signatures. Default der' })),
}

export function cryptographyRoutes(app: App): void {
  app.post(
    '/keys/:id/encrypt',
    {
      schema: {
        tags,
        operationId: 'encrypt',
        summary: 'Encrypt with an AES key, or an RSA public key (OAEP)',
        params: objectParams,
        body: exactly({ plaintext: base64('What to encrypt'), aad, format }),
        response: {
          200: Type.Object({
            ciphertext: base64('The record'),
            keyId: Type.String({ description: 'The version that did it' }),
            keyVersion: Type.Integer(),
          }),
        },
      },
    },
    async ({ session, params, body }) => {
      const { ciphertext, keyId, keyVersion } = await session.run(encrypt, {
        object: params.id,
        plaintext: fromBase64(body.plaintext, 'plaintext'),
        ...cipherOptions(body),
      })
      return { ciphertext: ciphertext.toString('base64'), keyId, keyVersion }
    },
  )

  app.post(
    '/keys/:id/decrypt',
    {
      schema: {
        tags,
        operationId: 'decrypt',
        summary: 'Decrypt what encrypt made, by whichever version of the key',
        params: objectParams,
        body: exactly({ ciphertext: base64('As encrypt answered it'), aad, format }),
        response: { 200: Type.Object({ plaintext: base64('What was encrypted') }) },
      },
    },
    async ({ session, params, body }) => {
      const ciphertext = fromBase64(body.ciphertext, 'ciphertext')
      const plaintext = await session.decrypt(params.id, ciphertext, cipherOptions(body))
      return { plaintext: plaintext.toString('base64') }
    },
  )

  app.post(
    '/keys/:id/sign',
    {
      schema: {
        tags,
        operationId: 'sign',
        summary: 'Sign with a private key',
        params: objectParams,
        body: exactly(signing),
        response: {
          200: Type.Object({ signature: base64('The signature'), scheme: schemes, keyId: Type.String() }),
        },
      },
    },
    async ({ session, params, body }) => {
      const data = fromBase64(body.data, 'data')
      const { signature, scheme, keyId } = await session.run(sign, { ...body, object: params.id, data })
      return { signature: signature.toString('base64'), scheme, keyId }
    },
  )

  app.post(
    '/keys/:id/verify',
    {
      schema: {
        tags,
        operationId: 'verify',
        summary: 'Whether a signature is of the key and the data',
        params: objectParams,
        body: exactly({ ...signing, signature: base64('The signature') }),
        response: { 200: Type.Object({ valid: Type.Boolean() }) },
      },
    },
    async ({ session, params, body }) => {
      const { data, signature, ...options } = body
      const valid = await session.verify(
        params.id,
        fromBase64(data, 'data'),
        fromBase64(signature, 'signature'),
        options,
      )
      return { valid }
    },
  )

  app.post(
    '/keys/:id/mac',
    {
      schema: {
        tags,
        operationId: 'mac',
        summary: 'HMAC with the hash of the key’s algorithm',
        params: objectParams,
        body: exactly({ data: base64('The message') }),
        response: { 200: Type.Object({ mac: base64('The HMAC') }) },
      },
    },
    async ({ session, params, body }) => {
      const mac = await session.mac(params.id, fromBase64(body.data, 'data'))
      return { mac: mac.toString('base64') }
    },
  )

  app.post(
    '/random',
    {
      schema: {
        tags,
        operationId: 'random',
        summary: 'Random bytes of the native generator',
        body: exactly({ bytes: Type.Integer({ minimum: 1, maximum: 65_536 }) }),
        response: { 200: Type.Object({ bytes: base64('The bytes') }) },
      },
    },
    async ({ session, body }) => ({ bytes: (await session.random(body.bytes)).toString('base64') }),
  )
}

function cipherOptions({ aad, format }: { readonly aad?: string; readonly format?: 'record' | 'gcm' }) {
  return {
    ...(aad !== undefined && { aad: fromBase64(aad, 'aad') }),
    ...(format !== undefined && { format }),
  }
}
