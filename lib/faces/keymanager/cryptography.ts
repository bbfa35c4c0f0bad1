import Type from 'typebox'
import type { App } from '../http/index.js'
import { requireJson } from './jws.js'
import { localNow, nameIn } from './names.js'
import { type Called, calls } from './wrapper.js'

const fields = ['applicationId', 'timeStamp', 'data']
const bytes = Type.String({ description: 'base64url' })

/** Nobody hears of an application or key that is not for them to decrypt with. */
const undecryptable = {
  MORTISE_ACCESS_DENIED: 'KER-CRY-012',
  MORTISE_KEYMANAGER_APPLICATION: 'KER-CRY-012',
  MORTISE_KEYMANAGER_KEY_MISSING: 'KER-CRY-012',
  MORTISE_KEY_USAGE: 'KER-KMS-018',
}

export function cryptographyCalls(app: App): void {
  const post = calls(app, 'POST')
  post(
    '/encrypt',
    {
      summary: 'Encrypt to the key of an application and reference',
      required: fields,
      answers: { data: bytes },
      refusals: { MORTISE_KEYMANAGER_REFERENCE: 'KER-CRY-011' },
    },
    async (called) => {
      const { keymanager, fields } = called
      const sealed = await keymanager.encrypt(nameIn(fields), fields.bytes('data'), optionsIn(called))
      return { data: sealed.toString('base64url') }
    },
  )
  post(
    '/decrypt',
    {
      summary: 'Open what was encrypted to any key that an application and reference have had',
      required: fields,
      answers: { data: bytes },
      refusals: undecryptable,
    },
    async (called) => {
      const { keymanager, fields } = called
      const opened = await keymanager.decrypt(nameIn(fields), fields.bytes('data'), optionsIn(called))
      return { data: opened.toString('base64url') }
    },
  )
  const pinned = { required: ['data', 'userPin'], answers: { data: Type.String() } }
  post(
    '/encryptWithPin',
    { ...pinned, summary: 'Encrypt a text with a PIN' },
    async ({ keymanager, fields }) => {
      const sealed = await keymanager.encryptWithPin(Buffer.from(fields.text('data')), fields.text('userPin'))
      return { data: sealed.toString('base64url') }
    },
  )
  post('/decryptWithPin', { ...pinned, summary: 'Open it' }, async ({ keymanager, fields }) => {
    const opened = await keymanager.decryptWithPin(fields.bytes('data'), fields.text('userPin'))
    return { data: opened.toString() }
  })
  post(
    '/jwtEncrypt',
    {
      summary: 'Encrypt a JSON text or a JWS as a JWE',
      required: ['data'],
      answers: { data: Type.String(), timestamp: Type.String() },
      refusals: { 'MORTISE_INPUT_INVALID json': 'KER-CRY-013' },
    },
    async ({ keymanager, fields }) => {
      const options = {
        compressed: fields.flag('enableDefCompression', true),
        includeCertificate: fields.flag('includeCertificate'),
        includeCertificateHash: fields.flag('includeCertHash'),
        jwkSetUrl: fields.text('jwkSetUrl'),
      }
      const certificate = fields.text('x509Certificate')
      // A compact JWS comes as it is.
      const given = fields.text('data')
      const isJws = given.split('.').length === 3
      const text = isJws ? Buffer.from(given) : fields.bytes('data')
      if (!isJws) requireJson(text)
      const data =
        certificate === ''
          ? await keymanager.encryptJwe(nameIn(fields), text, options)
          : await keymanager.encryptJweTo(certificate, text, options)
      return { data, timestamp: localNow() }
    },
  )
  post(
    '/jwtDecrypt',
    {
      summary: 'Open a JWE',
      required: ['applicationId', 'referenceId', 'encData'],
      answers: { data: bytes, timestamp: Type.String() },
      refusals: { ...undecryptable, 'MORTISE_KEYMANAGER_ENVELOPE format': 'KER-CRY-015' },
    },
    async ({ keymanager, fields }) => {
      const opened = await keymanager.decryptJwe(nameIn(fields), fields.text('encData'))
      return { data: opened.toString('base64url'), timestamp: localNow() }
    },
  )
  post(
    '/generateArgon2Hash',
    {
      summary: 'A slow hash',
      required: ['inputData'],
      answers: { hashValue: bytes, salt: bytes },
    },
    async ({ keymanager, fields }) => {
      const { hash, salt } = await keymanager.argon2(
        Buffer.from(fields.text('inputData')),
        fields.optionalBytes('salt'),
      )
      return { hashValue: hash.toString('base64url'), salt: Buffer.from(salt).toString('base64url') }
    },
  )
}

function optionsIn({ fields }: Called) {
  const [salt, aad] = [fields.optionalBytes('salt'), fields.optionalBytes('aad')]
  return { ...(salt && { salt }), ...(aad && { aad }) }
}
