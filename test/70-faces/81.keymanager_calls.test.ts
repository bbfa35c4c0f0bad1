/** The calls of MOSIP's Keymanager that OpenG2P and MOSIP itself make, beside those of OpenSPP. */
import {
  constants,
  createDecipheriv,
  createHash,
  createPrivateKey,
  pbkdf2Sync,
  verify,
  X509Certificate,
} from 'node:crypto'
import { CompactEncrypt, compactDecrypt, compactVerify, flattenedVerify, importX509, SignJWT } from 'jose'
import t from 'tap'
import { day, TestClock } from '../support/clock.js'
import { Face } from './face.js'
import { b64, fromB64, KeymanagerClient, timeStamp } from './keymanager.js'

const clock = new TestClock()
// ES256K is not approved.
const face = await Face.open(
  t,
  { '--faces-keymanager': 'true', '--keymanager-any-payload': 'CREDENTIALS' },
  { policy: 'compatible', clock },
)
const admin = await face.keyManager.as('admin')
for (const application of ['CREDENTIALS', 'G2PBRIDGE'])
  await admin.keymanager.setPolicy(application, { days: 100, preExpireDays: 10 })
const client = await KeymanagerClient.on(face, ['KERNEL', 'CREDENTIALS', 'REGISTRATION'])
const answered = client.answered.bind(client)
const refused = client.refused.bind(client)
const x509 = (pem: string) => new X509Certificate(pem)
const headerOf = (token: string) => JSON.parse(fromB64(token.split('.')[0] ?? '').toString())

const rsa = { algorithm: 'RSA', length: 2048 }

t.test('keys and certificates', async (t) => {
  const asked = { applicationId: 'G2PBRIDGE', referenceId: '' }
  t.same(await refused('/getCertificate?applicationId=G2PBRIDGE'), [200, null, 'KER-KMS-012'])
  t.same(await refused('/getCertificate?applicationId=UNKNOWN'), [200, null, 'KER-KMS-002'])
  t.same(await refused('/generateMasterKey/else', asked), [200, null, 'KER-KMS-009'])
  const subject = { commonName: 'bridge', organization: 'Example', country: 'NP' }
  const made = await answered('/generateMasterKey/CERTIFICATE', { ...asked, ...subject })
  t.match(x509(made.certificate).subject, /C=NP\nO=Example\nCN=bridge/)
  t.match(made, { certSignRequest: null, issuedAt: timeStamp, expiryAt: /^2030-04-11T.*\.000Z$/ })
  const again = await answered('/generateMasterKey/certificate', asked)
  t.equal(again.certificate, made.certificate, 'a key that is current is not made again')
  const base = await answered('/getCertificate?applicationId=G2PBRIDGE&referenceId=centre_machine')
  t.match(x509(base.certificate).subject, 'CN=G2PBRIDGE-centre_machine')
  t.ok(x509(base.certificate).verify(x509(made.certificate).publicKey))
  const { certificatesTrustPath } = await answered(
    '/getCertificateChain?applicationId=G2PBRIDGE&referenceId=centre_machine',
  )
  t.match(certificatesTrustPath, /^-----BEGIN PKCS7-----/)
  const bundle = Buffer.from(certificatesTrustPath.split('\n').slice(1, -2).join(''), 'base64')
  for (const { certificateData } of [
    ...(await client.certificatesOf('ROOT')),
    { certificateData: made.certificate },
  ])
    t.ok(bundle.includes(x509(certificateData).raw))
  t.same(await refused('/getCertificate?applicationId=KERNEL&referenceId=BASE'), [200, null, 'KER-KMS-016'])
  const { certSignRequest } = await answered('/generateCSR', { ...asked, ...subject })
  t.match(certSignRequest, /^-----BEGIN CERTIFICATE REQUEST-----/)
  t.match(await answered('/generateMasterKey/csr', asked), { certificate: null, certSignRequest: /REQUEST/ })

  const before = await answered('/encrypt', { ...asked, referenceId: 'x', timeStamp, data: b64('old') })
  const request = { profile: 'ca', request: certSignRequest }
  await admin.createAuthority({ name: 'other', subject: 'CN=Other', algorithm: 'RSA' })
  await admin.selfSign('other', { days: 36_500 })
  const { certificate } = await admin.certify('other', { ...request, profile: 'ca', days: 3650 })
  const upload = (certificateData: unknown, more = {}) => ({ ...asked, certificateData, ...more })
  t.match(await answered('/uploadCertificate', upload(certificate)), { status: 'Upload Success' })
  t.equal((await answered('/getCertificate?applicationId=G2PBRIDGE')).certificate, certificate)
  t.equal((await client.certificatesOf('G2PBRIDGE')).length, 1, 'the key is the same')
  t.same(await refused('/uploadCertificate', upload(base.certificate)), [200, null, 'KER-KMS-014'])
  t.same(await refused('/uploadCertificate', upload('nonsense')), [200, null, 'KER-KMS-013'])
  const opened = await answered('/decrypt', { ...asked, referenceId: 'x', timeStamp, data: before.data })
  t.equal(fromB64(opened.data).toString(), 'old')
  t.same(await refused('/revokeKey', { applicationId: 'KERNEL', referenceId: 'SIGN' }, 'PUT'), [
    200,
    null,
    'KER-KMS-021',
  ])
})

t.test('keys of applications are seen by who may see them', async (t) => {
  const query = { purpose: 'keymanager', type: 'PrivateKey', name: 'keymanager/private/G2PBRIDGE/' } as const
  for (const who of ['admin', 'openspp']) {
    const session = await face.keyManager.as(who)
    const [{ id = '' } = {}] = (await session.locate(query)).items
    t.match(await session.get(id), {
      owner: /^[0-9a-f-]{36}$/,
      usage: ['Sign', 'Decrypt', 'CertificateSign'],
    })
  }
  await face.keyManager.ensurePrincipal({ name: 'nobody' })
  t.same((await (await face.keyManager.as('nobody')).locate(query)).items, [])
  const { records } = await admin.audit({ operation: 'CreateKeymanagerKey', limit: 10 })
  t.ok(records.some(({ detail }) => detail['application'] === 'G2PBRIDGE'))
})

t.test('a certificate that was uploaded does not put a rotation off', async (t) => {
  const own = { applicationId: 'CREDENTIALS', referenceId: '' }
  const { certSignRequest } = await answered('/generateCSR', own)
  const { certificate } = await admin.certify('other', {
    profile: 'ca',
    request: certSignRequest,
    days: 3650,
  })
  await answered('/uploadCertificate', { ...own, certificateData: certificate })
  const { keymanager } = await face.keyManager.as('openspp')
  const first = await keymanager.key({ application: 'CREDENTIALS', reference: '' })
  clock.set(95 * day)
  const next = await keymanager.key({ application: 'CREDENTIALS', reference: '' })
  t.not(next.keyId, first.keyId)
  clock.set(-95 * day)
})

t.test('a partner’s certificate', async (t) => {
  const name = { applicationId: 'PARTNER', referenceId: 'PARTNER_BANK_1' }
  // Somebody elsewhere, with a key that is not of here.
  const partner = (common: string) =>
    admin.certifyPair('other', { profile: 'client', subject: `CN=${common}` }, { ...rsa, format: 'pkcs8' })
  const bank = await partner('bank')
  const certificateData = bank.certificate.certificate ?? ''
  t.match(await answered('/uploadOtherDomainCertificate', { ...name, certificateData }), {
    status: 'Upload Success',
  })
  t.same(await refused('/uploadOtherDomainCertificate', { ...name, certificateData }), [
    200,
    null,
    'KER-KMS-035',
  ])
  const mine = { applicationId: 'G2PBRIDGE', referenceId: 'x', certificateData }
  t.same(await refused('/uploadOtherDomainCertificate', mine), [200, null, 'KER-KMS-034'])
  const key = createPrivateKey(Buffer.from(bank.key))
  const message = '{"message":"disburse"}'
  const token = await new SignJWT(JSON.parse(message)).setProtectedHeader({ alg: 'RS256' }).sign(key)
  const [header, , signature] = token.split('.')
  // As the bridge of OpenG2P asks it.
  const asked = {
    ...name,
    jwtSignatureData: `${header}..${signature}`,
    certificateData: '',
    domain: 'AUTH',
    validateTrust: false,
  }
  t.match(await answered('/jwtVerify', { ...asked, actualData: b64(message) }), { signatureValid: true })
  t.match(await answered('/jwtVerify', { ...asked, actualData: b64('{}') }), { signatureValid: false })
  const trusting = { jwtSignatureData: token, certificateData }
  t.match(
    await answered('/jwtVerify', trusting),
    { signatureValid: true },
    'by the certificate that is given',
  )
  t.match(await answered('/jwtVerify', { ...asked, actualData: b64(message), validateTrust: true }), {
    trustValid: 'TRUST_CERT_PATH_NOT_VALID',
  })
  const other = await partner('bank again')
  await answered('/uploadOtherDomainCertificate', { ...name, certificateData: other.certificate.certificate })
  t.equal((await client.certificatesOf('PARTNER', 'PARTNER_BANK_1')).length, 2)
  const { data } = await answered('/encrypt', { ...name, timeStamp, data: b64('to the bank') })
  t.same(
    fromB64(data).subarray(6, 38),
    createHash('sha256')
      .update(x509(other.certificate.certificate ?? '').raw)
      .digest(),
  )
  t.same(await refused('/decrypt', { ...name, timeStamp, data }), [200, null, 'KER-KMS-018'])
})

t.test('signing keys', async (t) => {
  const data = JSON.stringify({ a: 1 })
  const dataToSign = b64(data)
  await answered('/generateMasterKey/certificate', { applicationId: 'KERNEL', referenceId: 'SIGN' })
  for (const [referenceId, alg] of [
    ['EC_SECP256R1_SIGN', 'ES256'],
    ['EC_SECP256K1_SIGN', 'ES256K'],
    ['ED25519_SIGN', 'EdDSA'],
  ] as const) {
    const name = { applicationId: 'CREDENTIALS', referenceId }
    const { certificate } = await answered('/generateECSignKey/certificate', name)
    const { jwtSignedData } = await answered('/jwtSign', { ...name, dataToSign, includePayload: true })
    t.equal(headerOf(jwtSignedData).alg, alg)
    if (alg !== 'ES256K') await compactVerify(jwtSignedData, await importX509(certificate, alg))
    t.match(await answered('/jwtVerify', { ...name, jwtSignatureData: jwtSignedData }), {
      signatureValid: true,
    })
  }
  t.same(
    await refused('/generateECSignKey/certificate', { applicationId: 'CREDENTIALS', referenceId: 'OTHER' }),
    [200, null, 'KER-KMS-030'],
  )
  const raw = Buffer.from([0, 255, ...Buffer.alloc(62)])
  const credentials = { applicationId: 'CREDENTIALS', referenceId: '' }
  const { jwtSignedData } = await answered('/jwtSign', {
    ...credentials,
    dataToSign: b64(raw),
    includePayload: true,
  })
  t.same(fromB64(jwtSignedData.split('.')[1]), raw, 'whatever bytes, where the application may')
  const v2 = await answered('/jwtSign/v2', {
    ...credentials,
    dataToSign,
    includeCertificateChain: true,
    additionalHeaders: { kid: 'did:example', typ: 'vc', alg: 'none' },
  })
  t.match(headerOf(v2.jwtSignedData), { kid: /^did:example#[\w-]{43}$/, typ: 'vc', alg: 'RS256' })
  t.match(
    await answered('/jwtVerify/v2', {
      ...credentials,
      jwtSignatureData: v2.jwtSignedData,
      actualData: dataToSign,
    }),
    { signatureValid: true },
  )

  const [{ certificateData = '' } = {}] = (await client.certificatesOf('CREDENTIALS')).slice(-1)
  const key = await importX509(certificateData, 'PS256')
  const jws = await answered('/jwsSign', { ...credentials, dataToSign, includePayload: true })
  t.match((await compactVerify(jws.jwtSignedData, key)).protectedHeader, { alg: 'PS256' })
  const unencoded = (await answered('/jwsSign', { ...credentials, dataToSign, b64JWSHeaderParam: false }))
    .jwtSignedData
  const [header, , signature] = unencoded.split('.')
  await flattenedVerify({ protected: header, payload: data, signature }, key)
  t.match(
    await answered('/jwtVerify', { ...credentials, jwtSignatureData: unencoded, actualData: dataToSign }),
    { signatureValid: true },
  )
  t.same(await refused('/jwsSign', { ...credentials, dataToSign: b64('x'), validateJson: true }), [
    200,
    null,
    'KER-JWS-103',
  ])
  t.same(await refused('/jwsSign', { ...credentials, dataToSign, signAlgorithm: 'HS256' }), [
    200,
    null,
    'KER-KMS-004',
  ])

  const signed = await answered('/signRawData', {
    ...credentials,
    dataToSign,
    responseEncodingFormat: 'base64url',
  })
  const pss = {
    key: x509(signed.certificate).publicKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 32,
  }
  t.ok(verify('sha256', Buffer.from(data), pss, fromB64(signed.signedData)))
  t.match(await answered('/signV2', { ...credentials, dataToSign }), {
    signature: /^z[1-9A-HJ-NP-Za-km-z]+$/,
  })
  const { raw: certificate } = x509(certificateData)
  const inside = certificate.subarray(4, 8 + certificate.readUInt16BE(6))
  t.same(
    await refused('/signRawData', { ...credentials, dataToSign: b64(inside) }),
    [200, null, 'KER-KMS-020'],
    'no certificate by the back door',
  )

  const { signature: own } = await answered('/sign', { data: dataToSign })
  t.match(await answered('/validate', { signature: own, data: dataToSign, timestamp: timeStamp }), {
    status: 'success',
  })
  t.same(await refused('/validate', { signature: own, data: b64('x'), timestamp: timeStamp }), [
    200,
    null,
    'KER-CSS-101',
  ])
})

t.test('JWE', async (t) => {
  const name = { applicationId: 'REGISTRATION', referenceId: 'JWE' }
  const text = JSON.stringify({ long: 'x'.repeat(1000) })
  const { data } = await answered('/jwtEncrypt', { ...name, data: b64(text) })
  t.match(headerOf(data), { alg: 'RSA-OAEP-256', enc: 'A256GCM', zip: 'DEF', cty: 'JWT', typ: 'JWT' })
  t.ok(data.length < 800, 'compressed')
  t.equal(fromB64((await answered('/jwtDecrypt', { ...name, encData: data })).data).toString(), text)
  const { certificate } = await answered('/getCertificate?applicationId=REGISTRATION&referenceId=JWE')
  const kid = createHash('sha256').update(x509(certificate).raw).digest('base64url')
  const theirs = await new CompactEncrypt(Buffer.from(text))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid })
    .encrypt(await importX509(certificate, 'RSA-OAEP-256'))
  t.equal(fromB64((await answered('/jwtDecrypt', { ...name, encData: theirs })).data).toString(), text)
  const forged = `${theirs.slice(0, -2)}${theirs.endsWith('AA') ? 'BB' : 'AA'}`
  t.match((await refused('/jwtDecrypt', { ...name, encData: forged }))[1], null)
  t.same(await refused('/jwtDecrypt', { ...name, encData: 'a.b.c' }), [200, null, 'KER-CRY-015'])
  t.same(await refused('/jwtEncrypt', { ...name, data: b64('no JSON') }), [200, null, 'KER-CRY-013'])
  const elsewhere = { applicationId: 'G2PBRIDGE', referenceId: 'JWE' }
  t.same(await refused('/jwtDecrypt', { ...elsewhere, encData: theirs }), [200, null, 'KER-KMS-024'])

  // A partner opens with jose what is encrypted to its certificate.
  const pair = await admin.certifyPair(
    'other',
    { profile: 'client', subject: 'CN=p' },
    { ...rsa, format: 'pkcs8' },
  )
  const sent = await answered('/jwtEncrypt', {
    data: b64(text),
    x509Certificate: pair.certificate.certificate,
    enableDefCompression: false,
    includeCertHash: true,
  })
  const { plaintext } = await compactDecrypt(sent.data, createPrivateKey(Buffer.from(pair.key)))
  t.equal(Buffer.from(plaintext).toString(), text)
})

t.test('PINs and hashes', async (t) => {
  const { data } = await answered('/encryptWithPin', { data: 'not base64', userPin: '1234' })
  const blob = fromB64(data)
  const salt = blob.subarray(0, 32)
  const key = pbkdf2Sync('1234', salt, 100_000, 32, 'sha512')
  const opener = createDecipheriv('aes-256-gcm', key, blob.subarray(32, 44))
    .setAAD(salt)
    .setAuthTag(blob.subarray(-16))
  t.equal(Buffer.concat([opener.update(blob.subarray(44, -16)), opener.final()]).toString(), 'not base64')
  t.match(await answered('/decryptWithPin', { data, userPin: '1234' }), { data: 'not base64' })
  t.same(await refused('/decryptWithPin', { data, userPin: '1235' }), [200, null, 'KER-FSE-004'])
  const first = await answered('/generateArgon2Hash', { inputData: 'x' })
  t.same(await answered('/generateArgon2Hash', { inputData: 'x', salt: first.salt }), first)
})
