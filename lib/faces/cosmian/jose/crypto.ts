import Type from 'typebox'
import { MortiseError } from '../../../errors/index.js'
import { type App, exactly } from '../../http/index.js'
import { decoded, encoded, headerOf } from './base64url.js'
import { type JoseKey, keyFor, unsupported } from './key.js'

const tags = ['cosmian JOSE']
const base64url = (description: string) => Type.String({ description: `base64url: ${description}` })
const kid = Type.String({ minLength: 1, description: 'Id or name of a key' })
const jwe = {
  protected: base64url('the header, in JSON'),
  encrypted_key: Type.Optional(base64url('not with dir')),
  iv: base64url('12 bytes'),
  ciphertext: base64url('as long as the data'),
  tag: base64url('16 bytes'),
  aad: Type.Optional(base64url('additional data')),
}

/** Encrypts, signs and authenticates in the forms of JOSE (RFC 7515, RFC 7516), each key by its one algorithm. */
export function joseCryptoRoutes(app: App): void {
  app.post(
    '/encrypt',
    {
      schema: {
        tags,
        operationId: 'joseEncrypt',
        summary: 'Encrypt: a JWE in flattened JSON',
        body: exactly({
          kid,
          alg: Type.String({ description: 'dir of AES keys, RSA-OAEP-256 of RSA keys' }),
          enc: Type.String({ description: 'A128GCM, A192GCM or A256GCM; with dir that of the key' }),
          data: base64url('what is encrypted'),
          aad: Type.Optional(base64url('additional data, with dir')),
        }),
        response: { 200: Type.Object(jwe) },
      },
    },
    async ({ session, body }) => {
      const { alg, enc, aad } = body
      const data = decoded(body.data, 'data')
      if (alg !== 'dir') {
        const key = await keyFor(session, body.kid, alg)
        const content = contentEncryptions.find((one) => one === enc)
        if (content === undefined) throw unsupported(`enc is one of ${contentEncryptions.join(', ')}`)
        if (aad !== undefined) throw invalid('additional data goes with dir')
        const compact = await session.encrypt(publicOf(key), data, {
          format: 'jwe',
          alg: 'RSA-OAEP-256',
          enc: content,
          kid: body.kid,
        })
        const [header = '', encrypted_key = '', iv = '', ciphertext = '', tag = ''] = compact
          .toString()
          .split('.')
        return { protected: header, encrypted_key, iv, ciphertext, tag }
      }
      const key = await keyFor(session, body.kid, enc)
      const header = encoded(JSON.stringify({ alg, enc, kid: key.id }))
      const { ciphertext, iv, tag } = await session.encryptInMode(key.id, data, {
        mode: 'GCM',
        aad: additional(header, aad),
      })
      return {
        protected: header,
        iv: encoded(iv ?? ''),
        ciphertext: encoded(ciphertext),
        tag: encoded(tag ?? ''),
        ...(aad !== undefined && { aad }),
      }
    },
  )

  app.post(
    '/decrypt',
    {
      schema: {
        tags,
        operationId: 'joseDecrypt',
        summary: 'Decrypt a JWE; every failure has one text',
        body: Type.Object(jwe),
        response: { 200: Type.Object({ kid: Type.String(), data: base64url('what was encrypted') }) },
      },
    },
    async ({ session, body }) => {
      const header = headerOf(body.protected)
      const [alg, enc] = [String(header['alg']), String(header['enc'])]
      const named = await keyFor(session, kidIn(header), alg === 'dir' ? enc : alg)
      const id = named.type === 'PublicKey' ? (named.privateKey ?? named.id) : named.id
      const { encrypted_key: encryptedKey = '', aad } = body
      if (alg !== 'dir') {
        if (aad !== undefined) throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
        const parts = [body.protected, encryptedKey, body.iv, body.ciphertext, body.tag]
        const data = await session.decrypt(id, Buffer.from(parts.join('.')), { format: 'jwe' })
        return { kid: named.id, data: encoded(data) }
      }
      const [iv, ciphertext, tag] = [body.iv, body.ciphertext, body.tag].map(sealedPart)
      if (encryptedKey !== '' || iv?.length !== 12 || !ciphertext || tag?.length !== 16)
        throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
      const data = await session.decrypt(id, ciphertext, {
        mode: 'GCM',
        iv,
        tag,
        aad: additional(body.protected, aad),
      })
      return { kid: named.id, data: encoded(data) }
    },
  )

  app.post(
    '/sign',
    {
      schema: {
        tags,
        operationId: 'joseSign',
        summary: 'Sign: the header and the signature of a detached JWS',
        body: exactly({ kid, alg: Type.String(), data: base64url('the payload') }),
        response: { 200: Type.Object({ protected: Type.String(), signature: Type.String() }) },
      },
    },
    async ({ session, body }) => {
      const key = await keyFor(session, body.kid, body.alg)
      const { scheme } = key.does
      if (scheme === undefined) throw unsupported(`${key.alg} keys do not sign: use mac`)
      decoded(body.data, 'data')
      // That of the public key, by which whoever verifies finds it in the key set.
      const header = encoded(JSON.stringify({ alg: key.alg, kid: key.publicKey ?? key.id }))
      const signature = await session.sign(key.id, Buffer.from(`${header}.${body.data}`), {
        scheme,
        encoding: 'p1363',
      })
      return { protected: header, signature: encoded(signature) }
    },
  )

  app.post(
    '/verify',
    {
      schema: {
        tags,
        operationId: 'joseVerify',
        summary: 'Whether a signature is of the data and of the key that its header names',
        body: exactly({
          protected: Type.String(),
          data: base64url('the payload'),
          signature: Type.String(),
        }),
        response: { 200: Type.Object({ kid: Type.String(), valid: Type.Boolean() }) },
      },
    },
    async ({ session, body }) => {
      const header = headerOf(body.protected)
      const key = await keyFor(session, kidIn(header), String(header['alg']))
      const { scheme } = key.does
      if (scheme === undefined) throw unsupported(`${key.alg} keys do not sign`)
      decoded(body.data, 'data')
      const valid = await session.verify(
        publicOf(key),
        Buffer.from(`${body.protected}.${body.data}`),
        decoded(body.signature, 'signature'),
        { scheme, encoding: 'p1363' },
      )
      return { kid: key.id, valid }
    },
  )

  app.post(
    '/mac',
    {
      schema: {
        tags,
        operationId: 'joseMac',
        summary: 'The HMAC of data or, where one is given, whether it is that',
        body: exactly({
          kid,
          alg: Type.String(),
          data: base64url('what is authenticated'),
          mac: Type.Optional(base64url('to be checked')),
        }),
        response: {
          200: Type.Object({
            kid: Type.String(),
            mac: Type.Optional(Type.String()),
            valid: Type.Optional(Type.Boolean()),
          }),
        },
      },
    },
    async ({ session, body }) => {
      const { id } = await keyFor(session, body.kid, body.alg)
      const data = decoded(body.data, 'data')
      if (body.mac !== undefined)
        return { kid: id, valid: await session.macVerify(id, data, decoded(body.mac, 'mac')) }
      return { kid: id, mac: encoded(await session.mac(id, data)) }
    },
  )
}

const contentEncryptions = ['A128GCM', 'A192GCM', 'A256GCM'] as const

/** RFC 7516 section 5.1, step 14. */
function additional(header: string, aad: string | undefined): Buffer {
  if (aad !== undefined) decoded(aad, 'aad')
  return Buffer.from(aad === undefined ? header : `${header}.${aad}`)
}

/** Whatever is wrong with it is a failed decryption. */
function sealedPart(text: string): Buffer | undefined {
  try {
    return decoded(text, '')
  } catch {
    return undefined
  }
}

function publicOf({ id, type, publicKey }: JoseKey): string {
  return type === 'PrivateKey' ? (publicKey ?? id) : id
}

function kidIn(header: Readonly<Record<string, unknown>>): string {
  const { kid: named } = header
  if (typeof named === 'string' && named !== '') return named
  throw invalid('the protected header names no kid')
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
