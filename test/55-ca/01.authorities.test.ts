import t from 'tap'
import { openssl } from '../15-x509/openssl.js'
import { day } from '../support/clock.js'
import { outcome } from '../support/key_house.js'
import { CaHouse, read } from './house.js'

const data = Buffer.from('data')

for (const [algorithm, more] of [
  ['EC', {}],
  ['EC', { curve: 'P-384' }],
  ['EC', { curve: 'P-521' }],
  ['RSA', { length: 2048 }],
  ['Ed25519', {}],
  ['Ed448', {}],
] as const) {
  t.test(`An authority of ${algorithm} ${Object.values(more)} makes itself a root`, async (t) => {
    const ca = await CaHouse.build(t)
    const { olga } = ca
    const made = await olga.createAuthority({
      name: 'root',
      subject: 'CN=Root 1,O=Example,C=DE',
      algorithm,
      ...more,
    })
    t.match(made, {
      name: 'root',
      kind: 'local',
      state: 'pending',
      subject: 'CN=Root 1,O=Example,C=DE',
      certificate: null,
      serial: null,
      parent: null,
      chain: [],
    })
    const request = openssl(['req', '-in', 'r.pem', '-verify', '-noout', '-subject'], {
      'r.pem': made.request ?? '',
    })
    t.ok(request.ok, request.text)
    const root = await olga.selfSign('root', { pathLength: 1 })
    t.match(root, { id: made.id, state: 'active', issuer: made.subject, parent: null })
    const verified = ca.verify(root, root.certificate)
    t.ok(verified.ok, verified.text)
    const certificate = read(root.certificate)
    t.ok(certificate.ca)
    t.equal(certificate.fingerprint256.replaceAll(':', '').toLowerCase(), root.fingerprints?.sha256)
    t.ok(Buffer.from(root.serial ?? '', 'hex').length >= 16)
    const text = openssl(['x509', '-in', 'c.pem', '-noout', '-text'], { 'c.pem': root.certificate ?? '' })
    t.match(text.text, /Basic Constraints: critical\s+CA:TRUE, pathlen:1/)
    t.match(text.text, /Key Usage: critical\s+Certificate Sign, CRL Sign\n/)
    t.same(await olga.getAuthority('root'), root)
    t.equal(await outcome(olga.selfSign('root')), 'MORTISE_KEY_STATE', 'once')
  })
}

t.test('The key of an authority signs nothing else, whoever asks', async (t) => {
  const ca = await CaHouse.build(t)
  const root = await ca.root()
  const administrator = await ca.house.administrator()
  for (const [session, refusal] of [
    [ca.olga, 'MORTISE_KEY_PURPOSE'],
    [administrator, 'MORTISE_ACCESS_DENIED'],
  ] as const) {
    t.equal(await outcome(session.sign(root.id, data)), refusal)
    t.equal(await outcome(session.openSigner(root.id)), refusal)
    t.equal(await outcome(session.export(root.id)), refusal)
  }
  t.equal(await outcome(ca.olga.rekey(root.id)), 'MORTISE_KEY_PURPOSE')
  t.equal(await outcome(ca.olga.destroy(root.id)), 'MORTISE_KEY_PURPOSE')
  t.same((await ca.olga.locate({ name: 'root' })).items, [])
})

t.test('An authority is signed by another one, and issues with its chain', async (t) => {
  const ca = await CaHouse.build(t)
  const root = await ca.root()
  const middle = await ca.below('root', 'middle', { algorithm: 'RSA', length: 2048 })
  const issuing = await ca.below('middle', 'issuing')
  t.match(issuing, { parent: middle.id, issuer: middle.subject, state: 'active' })
  t.same(issuing.chain, [middle.certificate, root.certificate])
  const leaf = await ca.issue('issuing')
  const chain = [issuing.certificate, middle.certificate]
  const verified = ca.verify(root, leaf.certificate, { chain, args: ['-purpose', 'sslserver'] })
  t.ok(verified.ok, verified.text)
  t.notOk(
    ca.verify(root, leaf.certificate, { chain: [issuing.certificate] }).ok,
    'not without the one between',
  )

  await ca.olga.deleteAuthority('middle')
  t.same((await ca.olga.getAuthority('issuing')).chain, [middle.certificate, root.certificate], 'it stays')
  t.ok(ca.verify(root, (await ca.issue('issuing')).certificate, { chain }).ok)
})

t.test('A certificate that is installed is of the key, and leads to a parent', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga } = ca
  await ca.root()
  await ca.root('stranger')
  const { request } = await olga.createAuthority({ name: 'pending', subject: 'CN=pending' })
  const { request: other } = await olga.createAuthority({ name: 'other', subject: 'CN=pending' })
  const certify = async (parent: string, options: Partial<Parameters<typeof olga.certify>[1]>) =>
    (await olga.certify(parent, { profile: 'ca', ...options })).certificate ?? ''
  const refusals: Record<string, [string, string?]> = {
    'of another key': [await certify('root', { request: other ?? '' })],
    'of another subject': [await certify('root', { request: request ?? '', subject: 'CN=someone' })],
    'of no authority': [(await ca.issue('root')).certificate ?? ''],
    'of another parent': [await certify('stranger', { request: request ?? '' }), 'root'],
  }
  for (const [name, [certificate, parent]] of Object.entries(refusals)) {
    const input = { certificate, ...(parent !== undefined && { parent }) }
    t.equal(await outcome(olga.installCertificate('pending', input)), 'MORTISE_CERTIFICATE_REFUSED', name)
  }
  t.equal(
    await outcome(olga.installCertificate('pending', { certificate: 'nothing' })),
    'MORTISE_INPUT_INVALID',
  )
  t.equal(
    await outcome(olga.certify('pending', { profile: 'ca', request: other ?? '' })),
    'MORTISE_KEY_STATE',
    'pending as it is it issues nothing',
  )
  const certificate = await certify('stranger', { request: request ?? '' })
  t.match(
    await olga.installCertificate('pending', { certificate }),
    { state: 'active' },
    'whichever it leads to',
  )
})

t.test('Authorities elsewhere are trusted, and have parents', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga } = ca
  const elsewhere = await CaHouse.build(t)
  const theirs = await elsewhere.root()
  const below = await elsewhere.below('root', 'theirs')
  const input = { certificate: theirs.certificate ?? '' }
  const external = await olga.registerAuthority({ ...input, name: 'corp' })
  t.match(external, { kind: 'external', state: 'active', name: 'corp', request: null, parent: null })
  const again = await olga.registerAuthority({ ...input, name: 'corp again' })
  t.not(again.id, external.id, 'the same one under another name')
  t.equal(await outcome(olga.registerAuthority({ ...input, name: 'corp' })), 'MORTISE_NAME_TAKEN')
  const child = { certificate: below.certificate ?? '' }
  t.match(await olga.registerAuthority({ ...child, parent: 'corp' }), {
    parent: external.id,
    chain: [theirs.certificate],
  })
  const own = await ca.root()
  t.equal(await outcome(olga.registerAuthority({ ...child, parent: 'root' })), 'MORTISE_CERTIFICATE_REFUSED')
  const leaf = await elsewhere.issue('theirs')
  t.equal(
    await outcome(olga.registerAuthority({ certificate: leaf.certificate ?? '' })),
    'MORTISE_CERTIFICATE_REFUSED',
  )

  const { request } = await olga.createAuthority({ name: 'ours', subject: 'CN=ours' })
  const signed = await elsewhere.olga.certify('theirs', { profile: 'ca', request: request ?? '' })
  const certificate = (signed.certificate ?? '') + below.certificate
  const ours = await olga.installCertificate('ours', { certificate, parent: 'corp' })
  t.same(ours.chain, [below.certificate, theirs.certificate], 'those between come along')
  t.equal(await outcome(olga.setAuthority('corp', { enabled: false })), 'MORTISE_CA_STATE')
  t.equal(await outcome(olga.createCrl('corp')), 'MORTISE_KEY_USAGE')
  await olga.deleteAuthority('corp')
  t.match(await olga.authorities({ kind: 'external' }), { total: 2 })
  t.match(await olga.authorities({ kind: 'local', limit: 1 }), { total: 2, authorities: [{ id: own.id }] })
  t.match(await olga.authorities({ subject: 'cn=ROOT, o=example', kind: 'local' }), { total: 1 })
  t.match(await olga.authorities({ issuer: 'CN=root,O=Example' }), { total: 3 })
  t.match(await olga.authorities({ serial: (theirs.serial ?? '').toUpperCase(), limit: 1 }), {
    authorities: [{ serial: theirs.serial }],
  })
  await t.rejects(olga.authorities({ serial: 'x' }), { code: 'MORTISE_INPUT_INVALID' })
  t.match(await olga.authorities({ fingerprint: theirs.fingerprints?.sha256 ?? '' }), {
    authorities: [{ id: again.id }],
  })
})

t.test(
  'An authority is changed, disabled, expires by the clock, and is deleted with what it has issued',
  async (t) => {
    const ca = await CaHouse.build(t)
    const { olga, clock } = ca
    await olga.createAuthority({ name: 'short', subject: 'CN=short' })
    await olga.selfSign('short', { days: 10 })
    const leaf = await ca.issue('short')
    const settings = { crlUrls: ['http://crl.example.org/short.crl'], crlDays: 3 }
    t.match(await olga.setAuthority('short', { settings }), { settings: { ...settings, ocspUrls: [] } })
    for (const bad of [{ crlDays: 0 }, { crlUrls: ['ftp://x'] }, { ocspUrls: ['http://a b'] }])
      t.equal(await outcome(olga.setAuthority('short', { settings: bad })), 'MORTISE_INPUT_INVALID')

    const prepared = await olga.prepareCertificate('short', {
      profile: 'client',
      request: (await olga.createCertificateRequest({ subject: 'CN=x' })).request,
    })
    t.match(await olga.setAuthority('short', { enabled: false }), { state: 'disabled' })
    t.equal(await outcome(olga.issueCertificate('short', prepared.token)), 'MORTISE_CA_STATE')
    t.equal(await outcome(ca.issue('short')), 'MORTISE_CA_STATE')
    t.match(await olga.revokeCertificate('short', leaf.id), { state: 'revoked' }, 'it still revokes')
    t.match(await olga.createCrl('short'), { entries: 1 })
    await olga.setAuthority('short', { enabled: true })
    t.ok(await olga.issueCertificate('short', prepared.token))

    clock.pass(11 * day)
    t.match(await olga.getAuthority('short'), { state: 'expired' })
    t.match(await olga.authorities({ state: 'expired' }), { total: 1 })
    t.equal(await outcome(ca.issue('short')), 'MORTISE_CA_STATE')
    await olga.deleteAuthority('short')
    t.equal(await outcome(olga.getAuthority('short')), 'MORTISE_KEY_NOT_FOUND')
    t.match(await olga.findCertificates({ serial: leaf.serial }), { total: 0 })
    t.match(await olga.authorities(), { total: 0 })
    t.match(await ca.root('short'), { state: 'active' }, 'the name is free')
  },
)

t.test('Bad input is refused', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga } = ca
  const make = (input: Partial<Parameters<typeof olga.createAuthority>[0]>) =>
    outcome(olga.createAuthority({ subject: 'CN=x', ...input }))
  t.equal(await make({ subject: '' }), 'MORTISE_INPUT_INVALID')
  t.equal(await make({ subject: 'nonsense' }), 'MORTISE_X509_INVALID')
  t.equal(await make({ algorithm: 'X25519' }), 'MORTISE_CRYPTO_UNSUPPORTED')
  t.equal(await make({ curve: 'secp256k1' }), 'MORTISE_CRYPTO_POLICY')
  t.equal(await make({ length: 1024, algorithm: 'RSA' }), 'MORTISE_CRYPTO_POLICY')
  t.equal(await make({ names: { ip: ['nowhere'] } }), 'MORTISE_CERTIFICATE_REFUSED')
  await olga.createAuthority({ name: 'a', subject: 'CN=a' })
  t.equal(await make({ name: 'a' }), 'MORTISE_NAME_TAKEN')
  const sign = (input: Parameters<typeof olga.selfSign>[1]) => outcome(olga.selfSign('a', input))
  t.equal(await sign({ days: -1 }), 'MORTISE_INPUT_INVALID')
  t.equal(await sign({ notAfter: 0 }), 'MORTISE_CERTIFICATE_REFUSED')
  t.equal(await sign({ pathLength: -1 }), 'MORTISE_CERTIFICATE_REFUSED')
  t.equal(await sign({ nameConstraints: { permitted: { ip: ['10.0.0.0'] } } }), 'MORTISE_CERTIFICATE_REFUSED')
  t.equal(await outcome(olga.getAuthority('nobody')), 'MORTISE_KEY_NOT_FOUND')
  const { id } = await (await ca.house.as('ann')).createKey({ algorithm: 'AES' })
  t.equal(await outcome((await ca.house.as('ann')).getAuthority(id)), 'MORTISE_KEY_PURPOSE')
})
