import Type from 'typebox'
import {
  type CipherFormat,
  type CipherMode,
  type ContentEncryption,
  cipherFormats,
  contentEncryptions,
  encrypt,
  hashNames,
  type JweAlgorithm,
  jweAlgorithms,
  modeNames,
  type SignatureScheme,
  sign,
  signatureSchemes,
} from '../../core/index.js'
import { type App, base64, enumOf, fromBase64 } from '../http/index.js'
import { exactly, objectParams } from './schemas.js'

const tags = ['cryptography']
const format = Type.Optional(
  enumOf(cipherFormats, {
    description:
      'Mortise’s own record (default of AES keys); IV, ciphertext and tag of AES-GCM; hybrid encryption to an RSA key; compact JWE (its ASCII text in base64)',
  }),
)
const aad = Type.Optional(base64('Additional data: authenticated, not part of the ciphertext'))
const inMode = {
  mode: Type.Optional(
    enumOf(modeNames, { description: 'A bare mode instead of a format; iv and tag are apart' }),
  ),
  padding: Type.Optional(enumOf(['PKCS7', 'none'], { description: 'Of CBC and ECB. Default PKCS7' })),
}
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
        body: exactly({
          plaintext: base64('What to encrypt'),
          aad,
          format,
          ...inMode,
          iv: Type.Optional(
            base64(
              'Of a mode. Default random; a chosen one needs the attribute callerIv or the policy compatible',
            ),
          ),
          tagLength: Type.Optional(Type.Integer({ description: 'Bytes, of GCM. Default 16' })),
          alg: Type.Optional(enumOf(jweAlgorithms, { description: 'Of jwe' })),
          enc: Type.Optional(enumOf(contentEncryptions, { description: 'Of jwe. Default A256GCM' })),
        }),
        response: {
          200: Type.Object({
            ciphertext: base64('The record'),
            iv: Type.Optional(base64('Of a mode')),
            tag: Type.Optional(base64('Of a mode that authenticates')),
            keyId: Type.String({ description: 'The version that did it' }),
            keyVersion: Type.Integer(),
          }),
        },
      },
    },
    async ({ session, params, body }) => {
      const { ciphertext, iv, tag, keyId, keyVersion } = await session.run(encrypt, {
        object: params.id,
        plaintext: fromBase64(body.plaintext, 'plaintext'),
        ...cipherOptions(body),
      })
      return {
        ciphertext: ciphertext.toString('base64'),
        ...(iv && { iv: iv.toString('base64') }),
        ...(tag && { tag: tag.toString('base64') }),
        keyId,
        keyVersion,
      }
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
        body: exactly({
          ciphertext: base64('As encrypt answered it'),
          aad,
          format,
          ...inMode,
          iv: Type.Optional(base64('Of a mode')),
          tag: Type.Optional(base64('Of a mode that authenticates')),
        }),
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
        summary: 'HMAC with the hash of the key’s algorithm, or CMAC with an AES key',
        params: objectParams,
        body: exactly({ data: base64('The message') }),
        response: { 200: Type.Object({ mac: base64('The MAC') }) },
      },
    },
    async ({ session, params, body }) => {
      const mac = await session.mac(params.id, fromBase64(body.data, 'data'))
      return { mac: mac.toString('base64') }
    },
  )

  app.post(
    '/keys/:id/mac-verify',
    {
      schema: {
        tags,
        operationId: 'macVerify',
        summary: 'Whether a MAC is of the key and the data',
        params: objectParams,
        body: exactly({ data: base64('The message'), mac: base64('The whole MAC') }),
        response: { 200: Type.Object({ valid: Type.Boolean() }) },
      },
    },
    async ({ session, params, body }) => ({
      valid: await session.macVerify(params.id, fromBase64(body.data, 'data'), fromBase64(body.mac, 'mac')),
    }),
  )

  app.post(
    '/hash',
    {
      schema: {
        tags,
        operationId: 'hash',
        summary: 'The hash of data',
        body: exactly({ data: base64('The data'), hash: Type.Optional(enumOf(hashNames)) }),
        response: { 200: Type.Object({ hash: base64('The hash') }) },
      },
    },
    async ({ session, body }) => ({
      hash: (await session.hash(fromBase64(body.data, 'data'), body.hash)).toString('base64'),
    }),
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

interface CipherBody {
  aad?: string
  format?: CipherFormat
  mode?: CipherMode
  padding?: 'PKCS7' | 'none'
  iv?: string
  tag?: string
  tagLength?: number
  alg?: JweAlgorithm
  enc?: ContentEncryption
}

type CipherOptions = Omit<CipherBody, 'aad' | 'iv' | 'tag'> & {
  aad?: Buffer
  iv?: Buffer
  tag?: Buffer
}

/** The options of encrypt and decrypt, with bytes for base64. One by one: every use of a key over HTTP passes here. */
function cipherOptions({
  aad,
  iv,
  tag,
  format,
  mode,
  padding,
  tagLength,
  alg,
  enc,
}: CipherBody): CipherOptions {
  const options: CipherOptions = {}
  if (aad !== undefined) options.aad = fromBase64(aad, 'aad')
  if (iv !== undefined) options.iv = fromBase64(iv, 'iv')
  if (tag !== undefined) options.tag = fromBase64(tag, 'tag')
  if (format !== undefined) options.format = format
  if (mode !== undefined) options.mode = mode
  if (padding !== undefined) options.padding = padding
  if (tagLength !== undefined) options.tagLength = tagLength
  if (alg !== undefined) options.alg = alg
  if (enc !== undefined) options.enc = enc
  return options
}
