import Type from 'typebox'
import {
  type CipherMode,
  encrypt,
  type ObjectInfo,
  type Session,
  type SignatureScheme,
} from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, exactly, fromBase64 } from '../http/index.js'
import { type Call, calledKey, callFields, keyOf } from './key_calls.js'
import { readBody, readQuery } from './reading.js'

const tags = ['ciphertrust cryptography']
const base64 = (description: string) => Type.Optional(Type.String({ contentEncoding: 'base64', description }))
const modes = { gcm: 'GCM', cbc: 'CBC', ctr: 'CTR', ecb: 'ECB' } as const satisfies Record<string, CipherMode>
const mode = Type.Optional(
  Type.String({ description: 'gcm (default of AES), cbc, ctr or ecb, whatever the case' }),
)
const pad = Type.Optional(
  Type.String({ description: 'Of cbc and ecb: pkcs7 (default) or none; of RSA: oaep (default)' }),
)
const key = {
  id: Type.String({ minLength: 1, description: 'Id, name, URI or alias of a key' }),
  ...callFields,
}
/** The query of what takes data as it is, in the body. */
const raw = {
  keyName: Type.String({ minLength: 1, description: 'Id or name of a key' }),
  version: callFields.version,
}
const signing = {
  ...raw,
  hashAlgo: Type.Optional(
    Type.String({ description: 'SHA-256 (default), SHA-384 or SHA-512; of EC it follows from the curve' }),
  ),
  signAlgo: Type.Optional(Type.String({ description: 'Of RSA: RSA (PKCS#1 v1.5, default) or RSASSA-PSS' })),
}
const data = Type.Object({ data: Type.String({ description: 'Hexadecimal' }) })
const verified = Type.Object({ verified: Type.Boolean() })

export function cryptoRoutes(app: App): void {
  app.post(
    '/crypto/encrypt',
    {
      schema: {
        tags,
        operationId: 'ciphertrustEncrypt',
        summary: 'Encrypt; decrypt takes the answer back',
        body: exactly({
          ...key,
          plaintext: Type.String({ contentEncoding: 'base64' }),
          mode,
          pad,
          iv: base64('Default random; a chosen one needs a key with callerIv, or the policy compatible'),
          aad: base64('Additional data, of gcm'),
          tag_len: Type.Optional(Type.Integer({ description: 'Bytes, of gcm. Default 16' })),
        }),
        response: {
          200: Type.Object({
            id: Type.String(),
            version: Type.Integer(),
            ciphertext: Type.String({ contentEncoding: 'base64' }),
            mode: Type.Optional(Type.String()),
            pad: Type.Optional(Type.String()),
            iv: base64('Not of ecb'),
            tag: base64('Of gcm'),
          }),
        },
      },
    },
    async ({ session, body }) => {
      const plaintext = fromBase64(body.plaintext, 'plaintext')
      const { object, oaep } = await cipherKey(session, body)
      if (oaep) {
        refuseOfRsa(body)
        const { ciphertext } = await session.run(encrypt, { object: publicOf(oaep), plaintext })
        const version = oaep.keyVersion - 1
        return { id: oaep.id, version, ciphertext: ciphertext.toString('base64'), pad: 'oaep' }
      }
      const chosen = modeOf(body.mode)
      const { ciphertext, iv, tag, keyId, keyVersion } = await session.encryptInMode(object, plaintext, {
        ...optionsOf(body),
        mode: modes[chosen],
        ...(body.tag_len !== undefined && { tagLength: body.tag_len }),
      })
      return {
        id: keyId,
        version: keyVersion - 1,
        mode: chosen,
        ciphertext: ciphertext.toString('base64'),
        ...(body.pad !== undefined && { pad: body.pad }),
        ...(iv && iv.length > 0 && { iv: iv.toString('base64') }),
        ...(tag && { tag: tag.toString('base64') }),
      }
    },
  )

  app.post(
    '/crypto/decrypt',
    {
      schema: {
        tags,
        operationId: 'ciphertrustDecrypt',
        summary: 'Decrypt what encrypt has answered',
        body: exactly({
          ...key,
          ciphertext: Type.String({ contentEncoding: 'base64' }),
          mode,
          pad,
          iv: base64('As it was answered'),
          tag: base64('As it was answered'),
          aad: base64('As it was given'),
        }),
        response: { 200: Type.Object({ plaintext: Type.String({ contentEncoding: 'base64' }) }) },
      },
    },
    async ({ session, body }) => {
      const ciphertext = fromBase64(body.ciphertext, 'ciphertext')
      const { object, oaep } = await cipherKey(session, body)
      if (oaep) refuseOfRsa(body)
      const plaintext = await session.decrypt(
        oaep?.id ?? object,
        ciphertext,
        oaep
          ? {}
          : {
              ...optionsOf(body),
              mode: modes[modeOf(body.mode)],
              ...(body.tag !== undefined && { tag: fromBase64(body.tag, 'tag') }),
            },
      )
      return { plaintext: plaintext.toString('base64') }
    },
  )

  for (const method of ['GET', 'POST'] as const) {
    app.route({
      method,
      url: '/vault/random',
      preValidation: [readQuery({ integers: ['length'] }), readBody()],
      schema: {
        tags,
        operationId: method === 'GET' ? 'ciphertrustGetRandom' : 'ciphertrustRandom',
        summary: 'Random bytes, in base64',
        querystring: exactly({ length: Type.Optional(Type.Integer({ description: 'Bytes. Default 32' })) }),
        ...(method === 'POST' && { body: exactly({ length: Type.Optional(Type.Integer()) }) }),
        response: { 200: Type.Object({ bytes: Type.String({ contentEncoding: 'base64' }) }) },
      },
      handler: async ({ session, query, body }) => {
        const { length } = { length: 32, ...(query as object), ...(body as object | undefined) }
        return { bytes: (await session.random(length)).toString('base64') }
      },
    })
  }
}

/** What takes its data as the body, of whatever type. */
export async function rawCryptoRoutes(app: App): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  const readRaw = readQuery({ integers: ['version'] })

  app.post(
    '/crypto/sign',
    {
      preValidation: readRaw,
      schema: {
        tags,
        operationId: 'ciphertrustSign',
        summary: 'Sign the body with a private key',
        querystring: exactly(signing),
        response: { 200: data },
      },
    },
    async ({ session, query, body }) => {
      const info = await keyOf(session, query.keyName, query)
      const scheme = schemeOf(info, query)
      return { data: (await session.sign(info.id, bytesOf(body), { scheme })).toString('hex') }
    },
  )

  app.post(
    '/crypto/signv',
    {
      preValidation: readRaw,
      schema: {
        tags,
        operationId: 'ciphertrustVerify',
        summary: 'Whether a signature is of the body',
        querystring: exactly({ ...signing, signature: Type.String({ description: 'Hexadecimal' }) }),
        response: { 200: verified },
      },
    },
    async ({ session, query, body }) => {
      const info = await keyOf(session, query.keyName, query)
      const scheme = schemeOf(info, query)
      const signature = fromHex(query.signature, 'signature')
      return { verified: await session.verify(publicOf(info), bytesOf(body), signature, { scheme }) }
    },
  )

  app.post(
    '/crypto/mac',
    {
      preValidation: readRaw,
      schema: {
        tags,
        operationId: 'ciphertrustMac',
        summary: 'The HMAC of the body, or its CMAC with an AES key',
        querystring: exactly(raw),
        response: { 200: data },
      },
    },
    async ({ session, query, body }) => {
      const object = await calledKey(session, query.keyName, query)
      return { data: (await session.mac(object, bytesOf(body))).toString('hex') }
    },
  )

  app.post(
    '/crypto/macv',
    {
      preValidation: readRaw,
      schema: {
        tags,
        operationId: 'ciphertrustMacVerify',
        summary: 'Whether a MAC is of the body',
        querystring: exactly({ ...raw, hash: Type.String({ description: 'The MAC, hexadecimal' }) }),
        response: { 200: verified },
      },
    },
    async ({ session, query, body }) => {
      const object = await calledKey(session, query.keyName, query)
      return { verified: await session.macVerify(object, bytesOf(body), fromHex(query.hash, 'hash')) }
    },
  )
}

interface CipherBody extends Call {
  readonly id: string
  readonly mode?: string
  readonly pad?: string
  readonly iv?: string
  readonly aad?: string
}

/** The key, and what is known of it where it does OAEP: only without a mode that has to be looked up. */
async function cipherKey(session: Session, { id, ...call }: CipherBody) {
  if (call.mode !== undefined) return { object: await calledKey(session, id, called(id, call)) }
  const info = await keyOf(session, id, called(id, call))
  return { object: info.id, ...(info.algorithm === 'RSA' && { oaep: info }) }
}

/** An id names one version already: what encrypt has answered is taken back as it is. */
function called(id: string, { type, version }: Call): Call {
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
  return { ...(type && { type }), ...(version !== undefined && !isId && { version }) }
}

function publicOf({ id, type, links }: ObjectInfo): string {
  return type === 'PrivateKey' ? (links.publicKey ?? id) : id
}

function refuseOfRsa({ pad: given = 'oaep', iv, aad }: CipherBody): void {
  if (given.toLowerCase() !== 'oaep') throw invalid('RSA keys encrypt with the pad oaep')
  if (iv !== undefined || aad !== undefined) throw invalid('RSA-OAEP has no iv and no aad')
}

function modeOf(given = 'gcm'): keyof typeof modes {
  const known = (Object.keys(modes) as (keyof typeof modes)[]).find((one) => one === given.toLowerCase())
  if (known) return known
  throw invalid(`the mode must be one of ${Object.keys(modes).join(', ')}`)
}

function optionsOf({ pad: given, iv, aad }: CipherBody) {
  const padding = given?.toLowerCase()
  if (padding !== undefined && padding !== 'pkcs7' && padding !== 'none')
    throw invalid('the pad must be pkcs7 or none')
  return {
    ...(padding && ({ padding: padding === 'none' ? 'none' : 'PKCS7' } as const)),
    ...(iv !== undefined && { iv: fromBase64(iv, 'iv') }),
    ...(aad !== undefined && { aad: fromBase64(aad, 'aad') }),
  }
}

/** The core says which schemes fit the key. */
function schemeOf(
  { algorithm }: ObjectInfo,
  { hashAlgo, signAlgo }: { readonly hashAlgo?: string; readonly signAlgo?: string },
): SignatureScheme {
  const bits = /^sha-?(256|384|512)$/i.exec(hashAlgo ?? 'sha256')?.[1]
  if (bits === undefined) throw invalid('hashAlgo must be SHA-256, SHA-384 or SHA-512')
  const isPss = signAlgo !== undefined && /pss$/i.test(signAlgo)
  if (algorithm === 'RSA') return `${isPss ? 'PS' : 'RS'}${bits}` as SignatureScheme
  return `ES${bits}` as SignatureScheme
}

function bytesOf(body: unknown): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}

function fromHex(text: string, field: string): Buffer {
  if (/^([0-9a-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex')
  throw invalid(`${field} must be hexadecimal`)
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
