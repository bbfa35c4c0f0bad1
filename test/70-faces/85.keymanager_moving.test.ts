/** What a MOSIP Keymanager leaves behind works here as it did there. */
import { randomBytes, X509Certificate } from 'node:crypto'
import { compactVerify, importX509, SignJWT } from 'jose'
import t from 'tap'
import { TestClock } from '../support/clock.js'
import { Mosip, type MosipKey, sealedTo } from '../support/mosip.js'
import { Face } from './face.js'
import { b64, fromB64, KeymanagerClient, timeStamp } from './keymanager.js'

const old = '2027-06-01T10:00:00Z'
const mosip = new Mosip()
const root = mosip.add('ROOT', '', { made: old, days: 2920 })
const before = mosip.add('REGISTRATION', '', { parent: root, made: old, days: 800 })
const module = mosip.add('REGISTRATION', '', { parent: root })
const records = [
  mosip.add('REGISTRATION', 'ENCRYPT', { parent: before, place: 'database', made: old, days: 730 }),
  mosip.add('REGISTRATION', 'ENCRYPT', { parent: module, place: 'database', days: 730 }),
] as const
const revoked = mosip.add('REGISTRATION', 'STOLEN', {
  ...{ parent: module, place: 'database', days: 730, revoked: 5 },
})
const signing = mosip.add('ID_REPO', '', { parent: root })
const edwards = mosip.add('ID_REPO', 'ED25519_SIGN', { parent: signing, place: 'database', kind: 'ed25519' })
const partner = mosip.add('PARTNER', 'PARTNER_X', { place: 'foreign', parent: root })
// One of a name that others bear too.
const lost = mosip.add('REGISTRATION', 'ENCRYPT', {
  ...{ parent: before, place: 'database', made: '2028-06-01T10:00:00Z', days: 730 },
})
mosip.replace(lost, before)
const locked = mosip.add('ID_REPO', 'LOCKED', { parent: signing, place: 'database', kind: 'ed25519' })
mosip.replace(locked, root)
const identityCache = mosip.addSecret()
const nowhere = ['00000000-0000-0000-0000-000000000000', 'PMS', '', null, null, null, 'x', null, null]

const password = 'keystore päss'
const keystore = mosip.keystore(password)
const face = await Face.open(
  t,
  { '--faces-keymanager': 'true', '--limits-failures': '0' },
  { clock: new TestClock() },
)
const admin = await face.keyManager.as('admin')
const group = 'KEYMANAGER_ADMIN'
await admin.createGroup({ name: group })
const moveIn = (form: 'copy' | 'insert' | 'columns', secret = password) =>
  admin.keymanager.moveFromMosip(
    { dump: mosip.dump(form, [nowhere as string[]]), keystore, password: secret },
    { group },
  )

const report = await moveIn('copy')
const client = await KeymanagerClient.of(face)
const answered = client.answered.bind(client)
const jwtOf = (key: MosipKey, alg: string) =>
  new SignJWT({ name: 'Ram' }).setProtectedHeader({ alg, kid: key.kid }).sign(key.privateKey)

t.test('what is moved, and what is not', async (t) => {
  t.equal(report.moved.length, 9)
  t.same(
    report.moved.map(({ keyId }) => keyId).sort(),
    mosip.keys
      .filter((key) => key !== lost && key !== locked)
      .map((key) => key.kid)
      .sort(),
  )
  t.same([report.present, report.policies], [0, ['OURS']], 'those that are shipped stay')
  t.same(
    new Map(report.notMoved.map(({ row, why }) => [row, why])),
    new Map([
      [`key_alias ${lost.alias} (REGISTRATION/ENCRYPT)`, 'the certificate is of another key'],
      [
        `key_alias ${locked.alias} (ID_REPO/LOCKED)`,
        `its private key does not open with the key ${signing.alias}`,
      ],
      [`key_alias ${identityCache} (KERNEL/IDENTITY_CACHE)`, 'it is a secret key, which is not moved'],
      [`key_alias ${nowhere[0]} (PMS/)`, 'neither the keystore nor key_store has a key of this id'],
    ]),
  )
  for (const form of ['insert', 'columns'] as const)
    t.match(await moveIn(form), { moved: [], present: 9, policies: [], notMoved: report.notMoved }, form)
  t.equal((await client.certificatesOf('REGISTRATION', 'ENCRYPT')).length, 2)
})

t.test('old ciphertexts open', async (t) => {
  const salt = randomBytes(32)
  for (const [key, reference] of [
    [records[0], 'ENCRYPT'],
    [records[1], 'ENCRYPT'],
    [before, 'ENCRYPT'],
    [revoked, 'STOLEN'],
  ] as const) {
    const { data } = await answered('/decrypt', {
      ...{ applicationId: 'REGISTRATION', referenceId: reference, timeStamp },
      ...{ data: b64(sealedTo(key, 'a record', salt)), salt: b64(salt) },
    })
    t.equal(fromB64(data).toString(), 'a record')
  }
})

t.test('old kids verify, and old certificates are listed', async (t) => {
  for (const [key, application, alg] of [
    [before, 'REGISTRATION', 'RS256'],
    [module, 'REGISTRATION', 'RS256'],
    [signing, 'ID_REPO', 'RS256'],
    [edwards, 'ID_REPO', 'EdDSA'],
    [partner, 'PARTNER', 'RS256'],
  ] as const) {
    const asked = { applicationId: application, referenceId: key.reference }
    const { signatureValid } = await answered('/jwtVerify', {
      jwtSignatureData: await jwtOf(key, alg),
      ...asked,
    })
    t.ok(signatureValid, `${application}/${key.reference}`)
    const listed = await client.certificatesOf(application, key.reference)
    const found = listed.find(({ keyId }) => keyId === key.kid)
    t.same(new X509Certificate(found?.certificateData ?? '').raw, key.certificate)
  }
})

t.test('the keys go on', async (t) => {
  const payload = b64('{"a":1}')
  const sign = { dataToSign: payload, applicationId: 'ID_REPO', referenceId: '', includePayload: true }
  const { jwtSignedData } = await answered('/jwtSign', sign)
  const pem = new X509Certificate(signing.certificate).toString()
  const verified = await compactVerify(jwtSignedData, await importX509(pem, 'RS256'))
  t.equal(verified.protectedHeader.kid, signing.kid)

  const fields = { applicationId: 'REGISTRATION', timeStamp, data: payload }
  const thumbprintIn = async (referenceId: string) =>
    fromB64((await answered('/encrypt', { ...fields, referenceId, salt: b64(randomBytes(12)) })).data)
      .subarray(0, 32)
      .toString('hex')
  const fingerprint = (der: Buffer) =>
    new X509Certificate(der).fingerprint256.replaceAll(':', '').toLowerCase()
  t.equal(await thumbprintIn('ENCRYPT'), fingerprint(records[1].certificate), 'with the newest of there')
  t.not(await thumbprintIn('STOLEN'), fingerprint(revoked.certificate), 'what was revoked protects nothing')

  const forced = { applicationId: 'REGISTRATION', referenceId: '', force: true }
  const { certificate } = await answered('/generateMasterKey/CERTIFICATE', forced)
  t.ok(new X509Certificate(certificate).verify(root.publicKey), 'ROOT certifies what comes after')
  const verify = { jwtSignatureData: await jwtOf(before, 'RS256'), applicationId: 'REGISTRATION' }
  t.match(await answered('/jwtVerify', verify), { signatureValid: true })
  t.match(await moveIn('copy'), { moved: [], present: 9 }, 'and a move again still changes nothing')

  const stranger = await face.tokenOf('stranger')
  t.match(await client.ask('POST', '/jwtSign', sign, stranger), { status: 403 })
  const { signatureValid } = await answered('/jwtVerify', {
    ...{ jwtSignatureData: await jwtOf(lost, 'RS256'), applicationId: 'ID_REPO', referenceId: '' },
  })
  t.notOk(signatureValid)
})

t.test('what cannot be read at all', async (t) => {
  await t.rejects(moveIn('copy', 'wrong'), { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' })
  const dump = mosip.dump('copy')
  for (const bytes of [
    Buffer.from('no keystore'),
    keystore.subarray(0, -1),
    Buffer.concat([keystore, keystore]),
  ])
    await t.rejects(admin.keymanager.moveFromMosip({ dump, keystore: bytes, password }, { group }), {
      code: 'MORTISE_CRYPTO_KEY_INVALID',
    })
  await t.rejects(
    admin.keymanager.moveFromMosip({ dump, keystore: Buffer.alloc(2 ** 24 + 1), password }, { group }),
    { code: 'MORTISE_INPUT_TOO_LARGE' },
  )
  for (const [dump, message] of [
    ['PGDMP', /pg_restore/],
    ['SELECT 1;', /no dump/],
    ['COPY keymgr.key_alias (id) FROM stdin;\na', /not whole/],
  ] as const)
    await t.rejects(admin.keymanager.moveFromMosip({ dump, keystore, password }, { group }), {
      ...{ code: 'MORTISE_INPUT_INVALID', message },
    })
})
