import Type from 'typebox'
import { type KeyInfo, toPem } from '../../core/index.js'
import { isMortiseError, MortiseError } from '../../errors/index.js'
import { type App, nullable } from '../http/index.js'
import { datesOf, localNow, nameIn, now, pemOf } from './names.js'
import { asks, type Called, calls, type Fields } from './wrapper.js'

const curves = ['EC_SECP256K1_SIGN', 'EC_SECP256R1_SIGN', 'ED25519_SIGN']

export function certificateCalls(app: App): void {
  const post = calls(app, 'POST')
  const get = asks(app)
  const refusals = { MORTISE_ACCESS_DENIED: 'KER-KMS-016', MORTISE_KEYMANAGER_REFERENCE: 'KER-KMS-016' }
  const dates = { issuedAt: Type.String(), expiryAt: Type.String() }
  const certifiedCall = {
    refusals,
    answers: {
      certificate: nullable('string'),
      certSignRequest: nullable('string'),
      ...{ ...dates, timestamp: Type.String() },
    },
  }
  get(
    '/getAllCertificates',
    {
      summary: 'The certificates of all keys that a name has had',
      required: ['applicationId'],
      answers: {
        allCertificates: Type.Array(
          Type.Object({ certificateData: Type.String(), ...dates, keyId: Type.String() }),
        ),
      },
    },
    async ({ keymanager, fields }) => {
      const keys = await keymanager.keys(nameIn(fields))
      return {
        allCertificates: keys.map((key) => ({
          certificateData: pemOf(key),
          ...datesOf(key),
          keyId: key.keyId,
        })),
      }
    },
  )
  get(
    '/getCertificate',
    {
      ...certifiedCall,
      summary: 'The certificate of the key that a name has now',
      required: ['applicationId'],
    },
    async ({ keymanager, fields }) => certified(await keymanager.key(nameIn(fields))),
  )
  get(
    '/getCertificateChain',
    {
      summary: 'Its certificate and those above it',
      required: ['applicationId'],
      refusals,
      answers: { certificatesTrustPath: Type.String(), timestamp: Type.String() },
    },
    async ({ keymanager, fields }) => {
      const der = await keymanager.chain(nameIn(fields))
      return { certificatesTrustPath: toPem('pkcs7', der), timestamp: localNow() }
    },
  )
  post(
    '/generateMasterKey/:objectType',
    { ...certifiedCall, summary: 'Make the key of an application', required: ['applicationId'] },
    generate,
  )
  post(
    '/generateECSignKey/:objectType',
    {
      ...certifiedCall,
      summary: 'Make a signing key on a curve',
      required: ['applicationId', 'referenceId'],
    },
    async (called) => {
      const { application, reference } = nameIn(called.fields)
      if (application === 'ROOT' || !curves.includes(reference))
        throw new MortiseError('MORTISE_INPUT_INVALID', `referenceId is one of ${curves.join(', ')}`, {
          details: { fault: 'curve' },
        })
      return generate(called)
    },
  )
  post(
    '/generateCSR',
    {
      summary: 'A request that another authority certifies the key of a name',
      required: ['applicationId'],
      refusals: { ...refusals, MORTISE_KEYMANAGER_REFERENCE: 'KER-KMS-022' },
      answers: { certSignRequest: Type.String(), ...dates, timestamp: Type.String() },
    },
    async (called) => {
      const key = await called.keymanager.key(nameIn(called.fields))
      return { ...(await request(called)), ...datesOf(key), timestamp: now() }
    },
  )
  const done = { status: Type.String(), timestamp: Type.String() }
  const uploads = { required: ['applicationId', 'certificateData'], answers: done }
  post(
    '/uploadCertificate',
    { ...uploads, summary: 'Give the key of a name the certificate of another authority' },
    async ({ keymanager, fields }) => {
      await keymanager.installCertificate(nameIn(fields), fields.text('certificateData'))
      return { status: 'Upload Success', timestamp: localNow() }
    },
  )
  post(
    '/uploadOtherDomainCertificate',
    {
      summary: 'Take in the certificate of a partner',
      required: ['applicationId', 'referenceId', 'certificateData'],
      answers: done,
    },
    async ({ keymanager, fields }) => {
      await keymanager.registerCertificate(nameIn(fields), fields.text('certificateData'))
      return { status: 'Upload Success', timestamp: localNow() }
    },
  )
  post(
    '/generateSymmetricKey',
    {
      summary: 'Make the symmetric key of a name',
      required: ['applicationId', 'referenceId'],
      answers: done,
      refusals: { MORTISE_KEYMANAGER_REFERENCE: 'KER-KMS-016' },
    },
    async ({ keymanager, fields }) => {
      const made = await keymanager.secrets.make(nameIn(fields), fields.flag('force'))
      return { status: made ? 'Generation Success' : 'Key Exists.', timestamp: localNow() }
    },
  )
  post(
    '/migrateBaseKey',
    {
      summary: 'Take in the key of a reference from another Keymanager',
      required: ['applicationId', 'referenceId', 'encryptedKeyData', 'certificateData'],
      answers: done,
      refusals: { MORTISE_KEYMANAGER_KEY_MISSING: 'KER-KMS-003' },
    },
    async ({ keymanager, fields }) => {
      const isNew = await migrated(keymanager, fields)
      const status = isNew ? 'Migration Success' : 'Migration Not Allowed. Valid Key Exists.'
      return { status, timestamp: localNow() }
    },
  )
  calls(app, 'PUT')(
    '/revokeKey',
    {
      summary: 'End the key of a name: another one is made when it is next wanted',
      required: ['applicationId', 'referenceId'],
      answers: done,
      refusals: { MORTISE_KEYMANAGER_REFERENCE: 'KER-KMS-021' },
    },
    async ({ keymanager, fields }) => {
      const name = nameIn(fields)
      if (name.application === 'KERNEL' && name.reference === 'SIGN')
        throw new MortiseError('MORTISE_KEYMANAGER_REFERENCE')
      await keymanager.revoke(name)
      return { status: 'Key Revoked', timestamp: localNow() }
    },
  )
}

/** Of a partner MOSIP has the certificate alone, and calls the key NA. */
async function migrated(keymanager: Called['keymanager'], fields: Fields): Promise<boolean> {
  const [name, certificate] = [nameIn(fields), fields.text('certificateData')]
  if (fields.text('encryptedKeyData') !== 'NA') {
    const ends = fields.date('notAfter')?.getTime()
    return keymanager.migrateKey(name, fields.bytes('encryptedKeyData'), certificate, ends)
  }
  try {
    await keymanager.registerCertificate(name, certificate)
    return true
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_KEYMANAGER_CERTIFICATE') && error.details['fault'] === 'same')
      return false
    throw error
  }
}

async function generate(called: Called): Promise<object> {
  const { keymanager, fields, params } = called
  const type = (params['objectType'] ?? '').toUpperCase()
  if (type !== 'CERTIFICATE' && type !== 'CSR')
    throw new MortiseError('MORTISE_INPUT_INVALID', 'objectType is CERTIFICATE or CSR', {
      details: { fault: 'type' },
    })
  const subject = subjectIn(fields)
  const key = await keymanager.makeKey(nameIn(fields), { force: fields.flag('force'), subject })
  return type === 'CERTIFICATE'
    ? certified(key)
    : { certificate: null, ...(await request(called)), ...datesOf(key), timestamp: now() }
}

function certified(key: KeyInfo) {
  return { certificate: pemOf(key), certSignRequest: null, ...datesOf(key), timestamp: now() }
}

async function request({ keymanager, fields }: Called) {
  const der = await keymanager.request(nameIn(fields), subjectIn(fields))
  return { certSignRequest: toPem('pkcs10', der) }
}

function subjectIn(fields: Fields) {
  const names = ['commonName', 'organizationUnit', 'organization', 'location', 'state', 'country'] as const
  return Object.fromEntries(names.map((name) => [name, fields.text(name)]))
}
