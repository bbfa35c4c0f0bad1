import Type from 'typebox'
import type { KeyName, RandomKeyImport } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, nullable } from '../http/index.js'
import { localNow, pemOf } from './names.js'
import { asks, calls, decoded, type Fields } from './wrapper.js'

const refusals = {
  MORTISE_CRYPTO_DECRYPTION_FAILED: 'KER-ZKC-004',
  MORTISE_KEYMANAGER_KEY_MISSING: 'KER-ZKC-002',
  MORTISE_KEYMANAGER_ENVELOPE: 'KER-ZKC-006',
  'MORTISE_INPUT_INVALID attributes': 'KER-ZKC-003',
}
const text = Type.String()

/** Whose key random keys are brought in under: made when it is wanted, good for a day. */
const temporary: KeyName = { application: 'KEY_MIGRATE', reference: '' }

const outcomes: Readonly<Record<RandomKeyImport, string>> = {
  imported: 'Migration Success',
  exists: 'Migration Not Allowed. Valid Key Exists.',
  failed: 'Error in Migration',
}

/** @param partners who gets random keys: APPLICATION/REFERENCE each */
export function zeroKnowledgeCalls(app: App, partners: readonly string[]): void {
  const post = calls(app, 'POST')
  const names = partners.map(nameOf)
  const call = {
    required: ['id', 'zkDataAttributes'],
    refusals,
    answers: {
      rankomKeyIndex: nullable('string'),
      zkDataAttributes: Type.Array(Type.Object({ identifier: text, value: text })),
      encryptedRandomKey: nullable('string'),
    },
  }
  post(
    '/zkEncrypt',
    { ...call, summary: 'Encrypt what is known of somebody under a key that is made of their id' },
    async ({ keymanager, fields }) => {
      const attributes = attributesIn(fields, (value) => Buffer.from(value))
      const sealed = await keymanager.secrets.encrypt(fields.text('id'), attributes, names)
      return {
        rankomKeyIndex: String(sealed.index),
        zkDataAttributes: sealed.attributes.map(({ identifier, value }) => ({
          identifier,
          value: Buffer.from(value).toString('base64url'),
        })),
        encryptedRandomKey: sealed.encryptedRandomKeys.map((key) => key.toString('base64url')).join('.'),
      }
    },
  )
  post('/zkDecrypt', { ...call, summary: 'Open it' }, async ({ keymanager, fields }) => {
    const attributes = attributesIn(fields, (value) => decoded(value, 'request.zkDataAttributes.value'))
    const opened = await keymanager.secrets.decrypt(fields.text('id'), attributes)
    return {
      rankomKeyIndex: null,
      zkDataAttributes: opened.map(({ identifier, value }) => ({
        identifier,
        value: Buffer.from(value).toString(),
      })),
      encryptedRandomKey: null,
    }
  })
  asks(app, 'POST')(
    '/zkReEncryptRandomKey',
    {
      summary: 'Encrypt a random key of another Keymanager as they are kept here',
      required: ['encryptedKey'],
      refusals: { ...refusals, MORTISE_CRYPTO_DECRYPTION_FAILED: 'KER-ZKC-001' },
      answers: { encryptedKey: Type.String({ description: 'base64' }) },
    },
    async ({ keymanager, fields }) => {
      const parts = fields.text('encryptedKey').split('.')
      const encrypted = parts.map((part) => decoded(part, 'encryptedKey'))
      const key = await keymanager.secrets.reencrypt(encrypted, names)
      return { encryptedKey: key.toString('base64') }
    },
  )
  asks(app)(
    '/getZKTempCertificate',
    {
      summary: 'Whose key random keys are encrypted to that are to be brought in',
      answers: { certificate: text, timestamp: text },
    },
    async ({ keymanager }) => ({
      certificate: pemOf(await keymanager.makeKey(temporary)),
      timestamp: localNow(),
    }),
  )
  post(
    '/migrateZKKeys',
    {
      summary: 'Bring in random keys of another Keymanager',
      required: ['zkEncryptedDataList'],
      refusals,
      answers: {
        zkEncryptedDataList: Type.Array(Type.Object({ keyIndex: Type.Integer(), statusMessage: text })),
      },
    },
    async ({ keymanager, fields }) => {
      const keys = fields.list('zkEncryptedDataList').map((one) => ({
        index: indexIn(one),
        encrypted: one.bytes('encryptedKeyData'),
      }))
      const found = await keymanager.secrets.import(temporary, keys)
      if (fields.flag('purgeTempKeyFlag')) await keymanager.revoke(temporary)
      return {
        zkEncryptedDataList: keys.map(({ index }, i) => ({
          keyIndex: index,
          statusMessage: outcomes[found[i] ?? 'failed'],
        })),
      }
    },
  )
}

/** Four bytes of a value. */
function indexIn(fields: Fields): number {
  const index = fields.whole('keyIndex') ?? 0
  if (index >= 0 && index < 2 ** 32) return index
  throw new MortiseError('MORTISE_INPUT_INVALID', 'request.keyIndex should be 0 to 4,294,967,295')
}

function attributesIn(fields: Fields, bytesOf: (value: string) => Buffer) {
  const attributes = fields.list('zkDataAttributes')
  if (attributes.length === 0)
    throw new MortiseError('MORTISE_INPUT_INVALID', 'request.zkDataAttributes is empty', {
      details: { fault: 'attributes' },
    })
  return attributes.map((one) => {
    one.require(['identifier', 'value'])
    return { identifier: one.text('identifier'), value: bytesOf(one.text('value')) }
  })
}

/** @throws MORTISE_CONFIG_INVALID */
function nameOf(text: string): KeyName {
  const [application = '', reference, ...rest] = text.split('/')
  if (application !== '' && reference && rest.length === 0) return { application, reference }
  throw new MortiseError(
    'MORTISE_CONFIG_INVALID',
    `keymanager.zkPartners: ${text} is not APPLICATION/REFERENCE`,
  )
}
