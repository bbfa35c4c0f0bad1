/** What MOSIP's Keymanager has besides: symmetric keys, zero knowledge, token ids, licences, keys of clients' machines. */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto'
import t from 'tap'
import { day, TestClock } from '../support/clock.js'
import { Face } from './face.js'
import { b64, fromB64, KeymanagerClient, timeStamp } from './keymanager.js'

const clock = new TestClock()
const face = await Face.open(
  t,
  { '--faces-keymanager': 'true', '--keymanager-zk-partners': 'PARTNER/IDA,ID_REPO/OWN' },
  // What the keys of people are made by is not approved.
  { clock, policy: 'compatible' },
  { MORTISE_KEYMANAGER_UIN_SALT: 'salt of UINs', MORTISE_KEYMANAGER_PARTNER_SALT: 'salt of partners' },
)
const admin = await face.keyManager.as('admin')
const client = await KeymanagerClient.on(face, ['KERNEL', 'ID_REPO', 'RESIDENT'])
const answered = client.answered.bind(client)
const refused = client.refused.bind(client)
const x509 = (pem: string) => new X509Certificate(pem)
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }

const somebody = '2345678901'
const attributes = [
  { identifier: 'name', value: 'माया' },
  { identifier: 'phone', value: '+977 1 4200000' },
]
/** A random key, once it is known. */
const identityKey = (randomKey: Buffer, id: string) =>
  createCipheriv('aes-256-ecb', randomKey, null)
    .setAutoPadding(false)
    .update(createHash('sha256').update(id).digest())
function opened(value: string, randomKey: Buffer, id: string) {
  const bytes = fromB64(value)
  const decipher = createDecipheriv('aes-256-gcm', identityKey(randomKey, id), bytes.subarray(4, 16))
  decipher.setAAD(bytes.subarray(16, 48)).setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(bytes.subarray(48, -16)), decipher.final()]).toString()
}

// The partner's key is elsewhere.
await admin.createAuthority({ name: 'other', subject: 'CN=Other', algorithm: 'RSA' })
await admin.selfSign('other', { days: 3650 })
const { certificate, key } = await admin.certifyPair(
  'other',
  { profile: 'client', subject: 'CN=ida' },
  { algorithm: 'RSA', length: 2048, format: 'pkcs8' },
)
const partner = { certificateData: certificate.certificate ?? '', key: key.toString() }

t.test('symmetric keys', async (t) => {
  const cache = { applicationId: 'KERNEL', referenceId: 'IDENTITY_CACHE' }
  const asked = { id: somebody, zkDataAttributes: attributes }
  t.same(await refused('/zkEncrypt', asked), [200, null, 'KER-ZKC-002'])
  t.match(await answered('/generateSymmetricKey', cache), { status: 'Generation Success', timestamp: /^2/ })
  t.match(await answered('/generateSymmetricKey', cache), { status: 'Key Exists.' })
  const find = async () =>
    (
      await admin.locate({
        purpose: 'keymanager',
        type: 'SymmetricKey',
        name: 'keymanager/secret/KERNEL/IDENTITY_CACHE',
      })
    ).items[0]
  const first = await find()
  t.match(await admin.get(first?.id ?? ''), {
    algorithm: 'AES',
    length: 256,
    usage: ['Encrypt', 'Decrypt'],
    extractable: false,
  })
  t.match(await answered('/generateSymmetricKey', { ...cache, force: true }), {
    status: 'Generation Success',
  })
  t.not((await find())?.id, first?.id)
  clock.set(3651 * day)
  t.match(await answered('/generateSymmetricKey', { ...cache, force: true }), {
    status: 'Generation Success',
  })
  clock.set(-3651 * day)
  const refusing = async (code: string, name: object) =>
    t.same(await refused('/generateSymmetricKey', name), [200, null, code])
  await refusing('KER-KMS-002', { applicationId: 'UNKNOWN', referenceId: 'x' })
  await refusing('KER-KMS-016', { applicationId: 'KERNEL', referenceId: 'SIGN' })
  await refusing('KER-KMS-005', { applicationId: 'KERNEL', referenceId: '' })
  await answered('/getCertificate?applicationId=ID_REPO&referenceId=pair')
  await refusing('KER-KMS-032', { applicationId: 'ID_REPO', referenceId: 'pair' })
})

t.test('zero knowledge', async (t) => {
  const asked = { id: somebody, zkDataAttributes: attributes }
  t.same(await refused('/zkEncrypt', asked), [200, null, 'KER-KMS-002'], 'a partner has no key')
  const ida = { applicationId: 'PARTNER', referenceId: 'IDA' }
  await answered('/uploadOtherDomainCertificate', { ...ida, certificateData: partner.certificateData })
  const sealed = await answered('/zkEncrypt', asked)
  t.match(sealed.rankomKeyIndex, /^\d{1,4}$/)
  t.same(
    sealed.zkDataAttributes.map(({ identifier }: { identifier: string }) => identifier),
    ['name', 'phone'],
  )
  const [forPartner = '', forUs = '', ...rest] = sealed.encryptedRandomKey.split('.')
  t.same(rest, [])
  const wrapped = fromB64(forPartner)
  t.same(wrapped.subarray(0, 32), createHash('sha256').update(x509(partner.certificateData).raw).digest())
  const randomKey = privateDecrypt({ key: partner.key, ...oaep }, wrapped.subarray(32))
  t.equal(randomKey.length, 32)
  for (const [i, { value }] of sealed.zkDataAttributes.entries()) {
    t.equal(fromB64(value).readUInt32BE(), Number(sealed.rankomKeyIndex))
    t.equal(opened(value, randomKey, somebody), attributes[i]?.value)
  }
  t.same(await answered('/zkDecrypt', { id: somebody, zkDataAttributes: sealed.zkDataAttributes }), {
    ...{ rankomKeyIndex: null, encryptedRandomKey: null },
    zkDataAttributes: attributes,
  })

  const [{ value }] = sealed.zkDataAttributes
  const decrypting = (value: string, id = somebody) =>
    refused('/zkDecrypt', { id, zkDataAttributes: [{ identifier: 'x', value }] })
  t.same(await decrypting(value, '2345678902'), [200, null, 'KER-ZKC-004'], 'of somebody else')
  for (const at of [3, 10, 40, 50, 70]) {
    const forged = fromB64(value)
    forged[at] = (forged[at] ?? 0) ^ 1
    t.same(await decrypting(b64(forged)), [200, null, 'KER-ZKC-004'], `byte ${at}`)
  }
  t.same(await decrypting(b64(fromB64(value).subarray(0, 60))), [200, null, 'KER-ZKC-004'])
  t.same(await refused('/zkEncrypt', { id: somebody, zkDataAttributes: [] }), [200, null, 'KER-ZKC-003'])
  t.same(await refused('/zkEncrypt', { id: '', zkDataAttributes: attributes }), [200, null, 'KER-KMS-005'])
  t.same(await refused('/zkEncrypt', { id: 'x', zkDataAttributes: [{ identifier: 'x' }] }), [
    200,
    null,
    'KER-KMS-005',
  ])

  await answered('/generateSymmetricKey', {
    applicationId: 'KERNEL',
    referenceId: 'IDENTITY_CACHE',
    force: true,
  })
  t.match(await answered('/zkDecrypt', { id: somebody, zkDataAttributes: sealed.zkDataAttributes }), {
    zkDataAttributes: attributes,
  })

  const { encryptedKey } = await answered(
    `/zkReEncryptRandomKey?encryptedKey=${forPartner}.${forUs}`,
    undefined,
    'POST',
  )
  t.equal(Buffer.from(encryptedKey, 'base64').length, 32, 'as MOSIP keeps it')
  const again = await answered(`/zkReEncryptRandomKey?encryptedKey=${forUs}`, undefined, 'POST')
  t.equal(again.encryptedKey, encryptedKey)
  t.same(await refused(`/zkReEncryptRandomKey?encryptedKey=${forPartner}`, undefined, 'POST'), [
    200,
    null,
    'KER-ZKC-006',
  ])
  const broken = b64(fromB64(forUs).fill(1, 100, 110))
  t.same(await refused(`/zkReEncryptRandomKey?encryptedKey=${broken}`, undefined, 'POST'), [
    200,
    null,
    'KER-ZKC-001',
  ])
  t.same(await refused('/zkReEncryptRandomKey?encryptedKey=', undefined, 'POST'), [200, null, 'KER-KMS-005'])

  const { json } = await client.ask('POST', '/zkEncrypt', asked, await face.tokenOf('stranger'))
  t.same([json.response, json.errors[0].errorCode], [null, 'KER-ATH-403'])
})

t.test('random keys of another Keymanager', async (t) => {
  const temporary = await answered('/getZKTempCertificate')
  t.equal((await answered('/getZKTempCertificate')).certificate, temporary.certificate)
  const randomKey = randomBytes(32)
  const encrypted = publicEncrypt({ key: x509(temporary.certificate).publicKey, ...oaep }, randomKey)
  const short = publicEncrypt({ key: x509(temporary.certificate).publicKey, ...oaep }, randomKey.subarray(1))
  const entry = (keyIndex: number, encryptedKeyData: Buffer) => ({
    keyIndex,
    encryptedKeyData: b64(encryptedKeyData),
  })
  const migrated = await answered('/migrateZKKeys', {
    zkEncryptedDataList: [
      entry(12_345, encrypted),
      entry(12_345, encrypted),
      entry(12_346, short),
      entry(12_347, randomBytes(256)),
    ],
    purgeTempKeyFlag: true,
  })
  t.same(migrated.zkEncryptedDataList, [
    { keyIndex: 12_345, statusMessage: 'Migration Success' },
    { keyIndex: 12_345, statusMessage: 'Migration Not Allowed. Valid Key Exists.' },
    { keyIndex: 12_346, statusMessage: 'Error in Migration' },
    { keyIndex: 12_347, statusMessage: 'Error in Migration' },
  ])
  t.not((await answered('/getZKTempCertificate')).certificate, temporary.certificate)

  // As the other one has encrypted it.
  const head = Buffer.alloc(48)
  randomBytes(44).copy(head, 4)
  head.writeUInt32BE(12_345)
  const cipher = createCipheriv('aes-256-gcm', identityKey(randomKey, somebody), head.subarray(4, 16))
  cipher.setAAD(head.subarray(16))
  const value = Buffer.concat([head, cipher.update('old'), cipher.final(), cipher.getAuthTag()])
  t.match(
    await answered('/zkDecrypt', {
      id: somebody,
      zkDataAttributes: [{ identifier: 'x', value: b64(value) }],
    }),
    {
      zkDataAttributes: [{ identifier: 'x', value: 'old' }],
    },
  )
})

t.test('a key of another Keymanager', async (t) => {
  const { certificate: module } = await answered('/getCertificate?applicationId=ID_REPO')
  const session = randomBytes(32)
  const iv = randomBytes(16)
  const wrap = (text: string | Buffer) => {
    const cipher = createCipheriv('aes-256-gcm', session, iv)
    const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
    const encryptedKey = publicEncrypt({ key: x509(module).publicKey, ...oaep }, session)
    return Buffer.concat([encryptedKey, Buffer.from('#KEY_SPLITTER#'), sealed, iv])
  }
  const pkcs8 = createPrivateKey(partner.key).export({ format: 'der', type: 'pkcs8' })
  const { certificateData } = partner
  const asked = {
    ...{
      applicationId: 'ID_REPO',
      referenceId: 'moved',
      certificateData,
      encryptedKeyData: b64(wrap(pkcs8)),
    },
    ...{ notBefore: '2030-01-01T00:00:00.000Z', notAfter: '2032-01-01T00:00:00.000Z' },
  }
  const refusing = async (code: string, more: object) =>
    t.same(await refused('/migrateBaseKey', { ...asked, ...more }), [200, null, code])
  await refusing('KER-KMS-003', { applicationId: 'DIGITAL_CARD' })
  await refusing('KER-KMS-013', { certificateData: 'x' })
  await refusing('KER-KMS-014', { certificateData: module })
  await refusing('KER-CRY-003', { encryptedKeyData: b64('x') })
  await refusing('KER-FSE-004', { encryptedKeyData: b64(wrap(pkcs8).fill(1, 300, 310)) })
  await refusing('KER-KMS-010', { referenceId: 'ED25519_SIGN' })
  t.match(await answered('/migrateBaseKey', asked), { status: 'Migration Success', timestamp: /^2/ })
  t.match(await answered('/migrateBaseKey', asked), { status: 'Migration Not Allowed. Valid Key Exists.' })
  t.equal((await client.certificatesOf('ID_REPO', 'moved'))[0]?.certificateData, certificateData)

  const key = randomBytes(32)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const old = Buffer.concat([
    createHash('sha256').update(x509(certificateData).raw).digest(),
    publicEncrypt({ key: x509(certificateData).publicKey, ...oaep }, key),
    ...[Buffer.from('#KEY_SPLITTER#'), cipher.update('old'), cipher.final(), cipher.getAuthTag(), iv],
  ])
  const opening = { applicationId: 'ID_REPO', referenceId: 'moved', timeStamp, data: b64(old) }
  t.same(await answered('/decrypt', opening), { data: b64('old') })

  const theirs = { applicationId: 'PARTNER', referenceId: 'MOVED', encryptedKeyData: 'NA' }
  t.match(await answered('/migrateBaseKey', { ...asked, ...theirs }), { status: 'Migration Success' })
  t.match(await answered('/migrateBaseKey', { ...asked, ...theirs }), { status: /Not Allowed/ })
})

t.test('token ids', async (t) => {
  const twice = (text: string) => {
    const once = createHash('sha256').update(text).digest()
    return createHash('sha256').update(once).digest('hex').toUpperCase()
  }
  const text = twice(`salt of partnersbank-1${twice(`${somebody}salt of UINs`)}`)
  const expected = BigInt(`0x${Buffer.from(text).toString('hex')}`)
    .toString()
    .slice(0, 36)
  t.same(await answered(`/tokenid/${somebody}/bank-1`), { tokenID: expected })
  t.not((await answered(`/tokenid/${somebody}/bank-2`)).tokenID, expected)
  t.same(await refused(`/tokenid/${somebody}/%20`), [200, null, 'KER-TIG-010'])
  const { status } = await client.ask(
    'GET',
    `/tokenid/${somebody}/bank-1`,
    undefined,
    await face.tokenOf('nobody'),
  )
  t.equal(status, 403)
})

t.test('licences', async (t) => {
  const generate = (licenseExpiryTime: string, tspId = 'telco') => ({ tspId, licenseExpiryTime })
  const soon = '2030-01-02T00:00:00.000Z'
  t.same(await refused('/license/generate', generate('2029-12-31T00:00:00.000Z')), [200, null, 'KER-LKM-008'])
  t.same(await refused('/license/generate', generate(soon, ' ')), [200, null, 'KER-LKM-001'])
  t.same(await refused('/license/generate', generate('soon')), [200, null, 'KER-KMS-005'])
  const { licenseKey } = await answered('/license/generate', generate(soon))
  t.match(licenseKey, /^[A-Za-z0-9]{16}$/)
  const query = (key = licenseKey, tspId = 'telco') => `/license/permission?tspId=${tspId}&licenseKey=${key}`
  t.same(await refused(query()), [200, null, 'KER-LKM-009'])
  const map = (permissions: string[], key = licenseKey) => ({ tspId: 'telco', licenseKey: key, permissions })
  t.same(await refused('/license/permission', map(['OTP Trigger', 'fly'])), [200, null, 'KER-LKM-003'])
  t.same(await refused('/license/permission', map([' '])), [200, null, 'KER-LKM-007'])
  t.same(await refused('/license/permission', map(['OTP Trigger'], 'x')), [200, null, 'KER-LKM-004'])
  t.same(await answered('/license/permission', map(['OTP Trigger'])), {
    status: 'Mapped License with the permissions',
  })
  await answered('/license/permission', map(['eKYC - Full', 'OTP Trigger']))
  t.same(await answered(query()), { permissions: ['OTP Trigger', 'eKYC - Full'] })
  t.same(await refused(query(licenseKey, 'other')), [200, null, 'KER-LKM-004'])
  t.same(await refused(query('')), [200, null, 'KER-LKM-006'])
  clock.set(2 * day)
  t.same(await refused(query()), [200, null, 'KER-LKM-005'])
  clock.set(-2 * day)
  const { status } = await client.ask(
    'POST',
    '/license/generate',
    generate(soon),
    await face.tokenOf('someone'),
  )
  t.equal(status, 403)
})

t.test('the keys of machines', async (t) => {
  const profile = { serverProfile: 'PROD' }
  const { publicKey } = await answered('/tpmsigning/publickey', profile)
  t.same(await answered('/tpmencryption/publickey', profile), { publicKey })
  t.same(await refused('/tpmsigning/publickey', {}), [200, null, 'KER-KMS-005'])
  const other = await face.tokenOf('passer-by')
  for (const [path, request] of [
    ['/tpmsigning/publickey', profile],
    ['/cssign', { data: b64('x') }],
    ['/tpmdecrypt', { value: b64(randomBytes(400)), publicKey }],
  ] as const)
    t.equal((await client.ask('POST', path, request, other)).status, 403, path)
  const own = { key: fromB64(publicKey), format: 'der', type: 'spki' } as const
  const data = 'to be signed'
  const signed = await answered('/cssign', { data: b64(data) })
  t.ok(verify('sha256', Buffer.from(data), own, fromB64(signed.data)))
  const verifying = { data: b64(data), signature: signed.data, publicKey }
  t.same(await answered('/csverifysign', verifying), { verified: true })
  t.same(await answered('/csverifysign', { ...verifying, data: b64('x') }), { verified: false })
  t.same(await refused('/csverifysign', { ...verifying, publicKey: b64('x') }), [200, null, 'KER-CC-004'])

  const value = b64('a secret')
  const sealed = await answered('/tpmencrypt', { value, publicKey })
  t.same(await answered('/tpmdecrypt', { value: sealed.value, publicKey }), { value })
  for (const [at, end] of [
    [0, 256],
    [256, 300],
    [300, 310],
  ] as const) {
    const forged = b64(fromB64(sealed.value).fill(7, at, end))
    t.same(await refused('/tpmdecrypt', { value: forged, publicKey }), [200, null, 'KER-CC-004'])
  }
  t.same(await refused('/tpmdecrypt', { value: b64('x'), publicKey }), [200, null, 'KER-CC-004'])
  t.same(await refused('/tpmencrypt', { value, publicKey, clientType: 'X' }), [200, null, 'KER-KMS-005'])

  const sealedTo = (key: Buffer, iv: Buffer, aad: Buffer) => {
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad)
    return Buffer.concat([iv, aad, cipher.update('a secret'), cipher.final(), cipher.getAuthTag()])
  }
  const session = randomBytes(32)
  const encryptedKey = publicEncrypt({ ...own, ...oaep }, session)
  const old = Buffer.concat([encryptedKey, sealedTo(session, randomBytes(16), randomBytes(12))])
  t.same(
    await answered('/tpmdecrypt', { value: b64(old), publicKey }),
    { value },
    'as the first versions sealed',
  )

  const machine = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const openedBy = (sealedValue: string, open: (block: Buffer) => Buffer) => {
    const bytes = fromB64(sealedValue)
    const decipher = createDecipheriv('aes-256-gcm', open(bytes.subarray(0, 256)), bytes.subarray(256, 268))
    decipher.setAAD(bytes.subarray(268, 300)).setAuthTag(bytes.subarray(-16))
    return Buffer.concat([decipher.update(bytes.subarray(300, -16)), decipher.final()]).toString()
  }
  const spki = b64(machine.publicKey.export({ format: 'der', type: 'spki' }))
  const local = await answered('/tpmencrypt', { value, publicKey: spki })
  t.equal(
    openedBy(local.value, (block) => privateDecrypt({ key: machine.privateKey, ...oaep }, block)),
    'a secret',
  )

  const tpm = b64(tpmPublic(machine.publicKey))
  const toTpm = await answered('/tpmencrypt', { value, publicKey: tpm, isTpm: true })
  const label = { key: machine.privateKey, ...oaep, oaepLabel: Buffer.of(0) }
  t.equal(
    openedBy(toTpm.value, (block) => privateDecrypt(label, block)),
    'a secret',
  )
  const signature = b64(sign('sha256', Buffer.from(data), machine.privateKey))
  t.same(await answered('/csverifysign', { data: b64(data), signature, publicKey: tpm }), { verified: true })
  t.same(await refused('/csverifysign', { data: b64(data), signature, publicKey: tpm.slice(0, -8) }), [
    200,
    null,
    'KER-CC-004',
  ])

  const toAndroid = await answered('/tpmencrypt', { value, publicKey: spki, clientType: 'ANDROID' })
  const android = { key: machine.privateKey, padding: constants.RSA_NO_PADDING }
  t.equal(
    openedBy(toAndroid.value, (block) => unpadded(privateDecrypt(android, block))),
    'a secret',
  )
})

/** TPMT_PUBLIC of a key for RSA-OAEP with SHA-256. */
function tpmPublic(publicKey: KeyObject): Buffer {
  const n = Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url')
  const head = Buffer.from('0001000b0003007200000010' + '0017000b' + '0800' + '00000000' + '0100', 'hex')
  return Buffer.concat([head, n])
}

/** RSAES-OAEP (RFC 8017 section 7.1.2) with SHA-256, and MGF1 with SHA-1: Node has one hash for both. */
function unpadded(block: Buffer): Buffer {
  const mask = (seed: Buffer, length: number) => {
    const parts = Array.from({ length: Math.ceil(length / 20) }, (_, i) =>
      createHash('sha1')
        .update(seed)
        .update(Buffer.of(0, 0, 0, i))
        .digest(),
    )
    return Buffer.concat(parts).subarray(0, length)
  }
  const xor = (a: Buffer, b: Buffer) => a.map((byte, i) => byte ^ (b[i] ?? 0))
  const [maskedSeed, maskedData] = [block.subarray(1, 33), block.subarray(33)]
  const seed = Buffer.from(xor(maskedSeed, mask(maskedData, 32)))
  const data = Buffer.from(xor(maskedData, mask(seed, maskedData.length)))
  return data.subarray(data.indexOf(1, 32) + 1)
}

t.test('health', async (t) => {
  t.same((await face.ask('GET', '/v1/keymanager/actuator/health', { token: null })).json, { status: 'UP' })
  const { status, headers } = await face.ask('GET', '/v1/keymanager/v3/api-docs', { token: null })
  t.match([status, headers['location']], [302, '/openapi.json'])
})
