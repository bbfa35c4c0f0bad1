/** The trust store of MOSIP's Keymanager: authorities of partners, and partners. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { SignJWT } from 'jose'
import t from 'tap'
import { toPem } from '../../lib/crypto/index.js'
import { buildCertificateBundle, parseCertificateBundle } from '../../lib/x509/index.js'
import { make, makeAuthority, type Party, type Request } from '../15-x509/authority.js'
import { name, text } from '../15-x509/der.js'
import { day, TestClock } from '../support/clock.js'
import { Face } from './face.js'
import { fromB64, KeymanagerClient } from './keymanager.js'

const clock = new TestClock()
const face = await Face.open(t, { '--faces-keymanager': 'true' }, { clock })
const client = await KeymanagerClient.on(face, ['PMS', 'KERNEL'])
const answered = client.answered.bind(client)
const refused = client.refused.bind(client)

const dates = { notBefore: '290601000000Z', notAfter: '450101000000Z' }
const pem = ({ der }: Pick<Party, 'der'>) => toPem('x509', der)
const subject = (organization: string, common: string) =>
  name(['2.5.4.10', text(organization)], ['2.5.4.3', text(common)])
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const leaf = (issuer: Party | undefined, more: Request = {}) =>
  make({ ...dates, keys, subject: subject('Bank', 'bank'), ...(issuer && { issuer }), ...more })

const root = makeAuthority('partners', dates)
const intermediate = makeAuthority('partners 1', { ...dates, issuer: root })
const bank = leaf(intermediate)
const trust = (certificateData: string, partnerDomain = 'AUTH') =>
  ({ certificateData, partnerDomain }) as const

t.test('authorities of partners', async (t) => {
  const call = '/uploadCACertificate'
  const refusing = async (code: string, party: Party, domain?: string) =>
    t.same(await refused(call, trust(pem(party), domain)), [200, null, code])
  await refusing('KER-PCM-011', root, 'OTHER')
  await refusing('KER-PCM-005', intermediate)
  await refusing('KER-PCM-001', make({ ...dates, subject: subject('x', 'no authority') }))
  await refusing('KER-PCM-017', makeAuthority('short', { ...dates, notAfter: '301231000000Z' }))
  await refusing('KER-PMS-020', makeAuthority('later', { ...dates, notBefore: '300102000000Z' }))
  await refusing('KER-PCM-004', makeAuthority('ended', { ...dates, notAfter: '291231000000Z' }))
  await refusing('KER-PCM-007', makeAuthority('old', { ...dates, version: 1, extensions: [] }))
  const forged = makeAuthority('partners', dates)
  await refusing(
    'KER-PCM-005',
    makeAuthority('by another key', { ...dates, issuer: { ...root, privateKey: forged.privateKey } }),
  )
  t.same(await refused(call, trust('nonsense')), [200, null, 'KER-PCM-001'])
  t.same(await refused(call, trust('-----BEGIN CERTIFICATE-----')), [200, null, 'KER-PCM-001'])
  t.same(await refused(call, { certificateData: pem(root) }), [200, null, 'KER-KMS-005'])

  t.match(await answered(call, trust(pem(root), 'auth')), { status: 'Upload Success.', timestamp: /^2/ })
  await refusing('KER-PCM-003', root)
  t.match(await answered(call, trust(pem(intermediate))), { status: 'Upload Success.' })
  t.match(await answered(call, trust(pem(root), 'DEVICE')), { status: 'Upload Success.' }, 'another domain')

  const second = makeAuthority('second', dates)
  const below = makeAuthority('second 1', { ...dates, issuer: second })
  const lost = makeAuthority('lost', { ...dates, issuer: makeAuthority('nowhere', dates) })
  // As tools write them: the authority that is signed before the one that signs.
  const bundle = buildCertificateBundle([below, second, lost].map((one) => one.der))
  t.equal(parseCertificateBundle(bundle, 3).length, 3)
  t.match(await answered(call, trust(bundle.toString('base64url'))), { status: 'Partial Upload Success.' })
  t.match(await answered(call, trust(toPem('pkcs7', bundle))), { status: 'Upload Failed.' })
})

t.test('what is known of them', async (t) => {
  const all = await answered('/getCaCertificates', { pageNumber: 1, pageSize: 3, excludeMosipCA: true })
  t.match(all, { pageNumber: 1, pageSize: 3, totalRecords: 5, totalPages: 2 })
  t.equal(all.allPartnerCertificates.length, 3)
  const found = async (more: object) =>
    (await answered('/getCaCertificates', more)).allPartnerCertificates as Record<string, string>[]
  const names = (more: object) => found(more).then((list) => list.map(({ issuedTo }) => issuedTo))
  t.match((await names({})).slice(0, 2), [/ROOT/, /PMS/], 'and those of here')
  const own = { excludeMosipCA: true, partnerDomain: 'AUTH', sortByFieldName: 'issuedTo' }
  t.same(await names({ ...own, caCertificateType: 'intermediate' }), ['CN=partners 1', 'CN=second 1'])
  const sorting = { ...own, sortByFieldName: 'certSubject', sortOrder: 'DESC' }
  t.same(await names({ ...sorting, issuedTo: 'SECOND' }), ['CN=second 1', 'CN=second'])
  t.same(await names({ ...own, expiringWithinDate: '2031-01-01T00:00:00.000Z' }), [])
  t.equal((await names({ ...own, validTillDate: '2045-01-01T00:00:00.000Z' })).length, 4)
  t.same(await refused('/getCaCertificates', { caCertificateType: 'LEAF' }), [200, null, 'KER-PCM-018'])
  t.same(await refused('/getCaCertificates', { sortByFieldName: 'x' }), [200, null, 'KER-KMS-005'])

  const [one] = await found({ ...own, issuedTo: 'partners 1' })
  t.match(one, {
    caCertificateType: 'INTERMEDIATE',
    issuedBy: 'CN=partners',
    certThumbprint: /^[0-9a-f]{40}$/,
    validFromDate: '2029-06-01T00:00:00.000Z',
    status: true,
  })
  const { p7bFile } = await answered(`/getCACertificateTrustPath/${one?.['certId']}`)
  t.same(
    parseCertificateBundle(p7bFile, 3).map(({ subject }) => subject.text),
    ['CN=partners 1', 'CN=partners'],
  )
  t.same(await refused('/getCACertificateTrustPath/x'), [200, null, 'KER-PMS-019'])
})

const upload = (party: Party, more = {}) => ({
  ...trust(pem(party)),
  ...{ organizationName: 'Bank', ...more },
})

t.test('partners', async (t) => {
  const call = '/uploadPartnerCertificate'
  const refusing = async (code: string, party: Party, more = {}) =>
    t.same(await refused(call, upload(party, more)), [200, null, code])
  await refusing('KER-PCM-008', bank, { organizationName: 'bank' })
  await refusing('KER-PCM-011', bank, { partnerDomain: 'X' })
  await refusing('KER-PCM-006', bank, { partnerDomain: 'DEVICE' })
  await refusing('KER-PCM-006', leaf({ ...intermediate, privateKey: root.privateKey }))
  await refusing('KER-PCM-015', make({ ...dates, subject: subject('Bank', 'itself') }))
  await refusing('KER-KMS-021', leaf(intermediate, { notAfter: '301101000000Z' }))
  await refusing('KER-PMS-020', leaf(intermediate, { notBefore: '300102000000Z' }))
  await refusing('KER-PCM-004', leaf(intermediate, { notAfter: '291101000000Z' }))
  await refusing('KER-PCM-007', leaf(intermediate, { version: 1 }))
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
  await refusing('KER-PCM-013', leaf(intermediate, { keys: small }))

  const { certificateId, signedCertificateData } = await answered(call, upload(bank))
  const [signed, pms, top] = parseCertificateBundle(fromB64(signedCertificateData), 3)
  t.match(pms?.subject.text, /PMS/)
  t.match(top?.subject.text, /ROOT/)
  const { certificateData } = await answered(`/getPartnerCertificate/${certificateId}`)
  const x509 = new X509Certificate(certificateData)
  t.same(x509.raw, Buffer.from(signed?.der ?? []))
  t.match(x509.subject, 'O=Bank\nCN=bank')
  t.ok(x509.verify(new X509Certificate(toPem('x509', pms?.der ?? Buffer.alloc(0))).publicKey))
  t.same(x509.publicKey, new X509Certificate(bank.der).publicKey)
  t.equal(Date.parse(x509.validTo) - clock.now(), 365 * day)
  t.match(await answered(`/getPartnerSignedCertificate/${certificateId}`), {
    caSignedCertificateData: pem(bank),
    mosipSignedCertificateData: certificateData,
  })
  t.same(await refused('/getPartnerCertificate/unknown'), [200, null, 'KER-PCM-012'])
  t.same(await answered('/verifyCertificateTrust', trust(certificateData)), { status: true })
  t.notSame((await answered(call, upload(bank))).certificateId, certificateId, 'a certificate is renewed')

  await answered('/uploadCACertificate', trust(pem(root), 'FTM'))
  await answered('/uploadCACertificate', trust(pem(intermediate), 'FTM'))
  const chip = await answered(call, upload(bank, { partnerDomain: 'FTM' }))
  const own = parseCertificateBundle(fromB64(chip.signedCertificateData), 3)
  t.same(
    own.map(({ subject }) => subject.text),
    ['CN=bank,O=Bank', 'CN=partners 1', 'CN=partners'],
  )
})

t.test('who is trusted, and where', async (t) => {
  const trusted = async (party: Party, domain?: string) =>
    (await answered('/verifyCertificateTrust', trust(pem(party), domain))).status
  t.equal(await trusted(bank), true)
  t.equal(await trusted(root), true)
  t.equal(await trusted(bank, 'DEVICE'), false, 'the intermediate is not known there')
  t.equal(await trusted(bank, 'TRUST_CA'), false)
  t.equal(await trusted(make({ ...dates, subject: subject('Bank', 'bank') })), false)
  t.equal(await trusted(leaf(intermediate, { notAfter: '291231000000Z' })), false)
  t.same(await refused('/verifyCertificateTrust', trust('x')), [200, null, 'KER-PCM-001'])
  t.same(await refused('/verifyCertificateTrust', trust(pem(root), 'X')), [200, null, 'KER-PCM-011'])
})

t.test(
  'a token of a partner is believed where its certificate is trusted, and only if that is asked',
  async (t) => {
    const x5c = [bank, intermediate].map((one) => one.der.toString('base64'))
    const sign = (chain: string[], key = keys.privateKey) =>
      new SignJWT({ a: 1 }).setProtectedHeader({ alg: 'RS256', x5c: chain }).sign(key)
    const verify = (jwtSignatureData: string, more: object) =>
      answered('/jwtVerify/v2', { jwtSignatureData, applicationId: 'PMS', referenceId: '', ...more })
    const asking = { validateTrust: true, domain: 'AUTH' }
    const valid = { signatureValid: true, trustValid: 'TRUST_CERT_PATH_VALID' }
    const invalid = { signatureValid: false, trustValid: 'TRUST_CERT_PATH_NOT_VALID' }
    const token = await sign(x5c)
    t.match(await verify(token, asking), valid)
    t.match(
      await verify(token, { ...asking, domain: 'DEVICE' }),
      valid,
      'with the chain that the token brings',
    )
    t.match(await verify(await sign(x5c.slice(0, 1)), { ...asking, domain: 'DEVICE' }), invalid)
    t.match(await verify(token, { ...asking, domain: 'TRUST_CA' }), invalid)
    t.match(await verify(token, { validateTrust: false }), { signatureValid: false })
    t.match(await verify(token, { validateTrust: true }), {
      signatureValid: false,
      trustValid: 'TRUST_NOT_VERIFIED_NO_DOMAIN',
    })
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
    t.match(await verify(await sign(x5c, other.privateKey), asking), invalid, 'by another key')
    const plain = await new SignJWT({ a: 1 }).setProtectedHeader({ alg: 'RS256' }).sign(keys.privateKey)
    t.match(await verify(plain, { ...asking, certificateData: pem(bank) }), valid)
    t.match(await verify(plain, { ...asking, domain: 'TRUST_CA', certificateData: pem(bank) }), {
      ...invalid,
      signatureValid: true,
    })
    const unknown = { jwtSignatureData: plain, applicationId: 'PMS', ...asking, domain: 'X' }
    t.same(await refused('/jwtVerify', { ...unknown, certificateData: pem(bank) }), [
      200,
      null,
      'KER-PCM-011',
    ])
  },
)

t.test('a chain goes with a signature', async (t) => {
  const { jwtSignedData } = await answered('/jwtSign/v2', {
    ...{ applicationId: 'PMS', referenceId: '', dataToSign: Buffer.from('{}').toString('base64url') },
    includeCertificateChain: true,
  })
  const { x5c } = JSON.parse(fromB64(jwtSignedData.split('.')[0]).toString())
  const subjects = x5c.map((one: string) => new X509Certificate(Buffer.from(one, 'base64')).subject)
  t.match(subjects, [/PMS/, /ROOT/])
})

t.test('who may say whom to trust', async (t) => {
  const stranger = await face.tokenOf('stranger')
  for (const [path, request] of [
    ['/uploadCACertificate', trust(pem(root), 'TRUST_CA')],
    ['/getCaCertificates', {}],
  ] as const) {
    const { status, json } = await client.ask('POST', path, request, stranger)
    t.same([status, json.response, json.errors[0].errorCode], [403, null, 'KER-ATH-403'])
  }
  const uploading = await client.ask('POST', '/uploadPartnerCertificate', upload(bank), stranger)
  t.equal(uploading.status, 403)
  const admin = await face.keyManager.as('admin')
  const { privateKey } = await (await face.keyManager.as('openspp')).keymanager.key({
    application: 'PMS',
    reference: '',
  })
  await admin.grant(privateKey ?? '', { principal: 'stranger' }, ['Get'])
  const { json } = await client.ask('POST', '/uploadPartnerCertificate', upload(bank), stranger)
  t.same([json.response, json.errors[0].errorCode], [null, 'KER-PCM-016'], 'who may see the key alone')
  const { records } = await admin.audit({
    operation: 'TrustKeymanagerAuthorities',
    limit: 20,
  })
  t.ok(records.some(({ detail }) => String(detail['subjects']).includes('CN=partners')))
})

t.test('what SP 800-131A does not approve of', async (t) => {
  await answered('/generateSymmetricKey', { applicationId: 'KERNEL', referenceId: 'IDENTITY_CACHE' })
  const asked = { id: '2345678901', zkDataAttributes: [{ identifier: 'name', value: 'x' }] }
  t.same(await refused('/zkEncrypt', asked), [200, null, 'KER-KMS-004'])
  const publicKey = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url')
  const android = { value: 'eA', publicKey, clientType: 'ANDROID' }
  t.same(await refused('/tpmencrypt', android), [200, null, 'KER-KMS-004'])
})
