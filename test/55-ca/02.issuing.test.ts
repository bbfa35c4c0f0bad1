import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import t from 'tap'
import { openssl } from '../15-x509/openssl.js'
import { day, hour, minute } from '../support/clock.js'
import { outcome } from '../support/key_house.js'
import { CaHouse, read } from './house.js'

t.test('Certificates of each profile are what they say, and openssl agrees', async (t) => {
  const ca = await CaHouse.build(t)
  const root = await ca.root()
  const issuing = await ca.below('root', 'issuing', {
    settings: {
      crlUrls: ['http://pki.example.org/issuing.crl'],
      ocspUrls: ['http://ocsp.example.org/'],
      issuerUrls: ['http://pki.example.org/issuing.cer'],
    },
  })
  const text = (pem: string | null) =>
    openssl(['x509', '-in', 'c.pem', '-noout', '-text'], { 'c.pem': pem ?? '' }).text
  const expected = {
    server: [/TLS Web Server Authentication\n/, /Key Usage: critical\s+Digital Signature\n/, /sslserver/],
    client: [/TLS Web Client Authentication\n/, /Key Usage: critical\s+Digital Signature\n/, /sslclient/],
    'ocsp-signer': [/OCSP Signing\n/, /OCSP No Check/, /ocsphelper/],
    'code-signing': [/Code Signing\n/, /Digital Signature\n/, /any/],
    ca: [/CA:TRUE/, /Certificate Sign, CRL Sign\n/, /any/],
  } as const
  for (const [profile, [usage, other, purpose]] of Object.entries(expected)) {
    const named = profile === 'server' || profile === 'client'
    const subject = `CN=${profile}.example.org,O=Example`
    const names = named ? { dns: [`${profile}.example.org`], ip: ['192.0.2.1', '2001:db8::1'] } : {}
    const issued = await ca.issue('issuing', { subject, names }, { profile, name: profile })
    t.match(issued, { profile, name: profile, subject, state: 'active', authority: issuing.id, reason: null })
    t.equal(issued.issuer, issuing.subject)
    const shown = text(issued.certificate)
    t.match(shown, usage)
    t.match(shown, other)
    t.match(shown, /URI:http:\/\/pki.example.org\/issuing.crl/)
    t.match(shown, /OCSP - URI:http:\/\/ocsp.example.org\//)
    t.match(shown, /CA Issuers - URI:http:\/\/pki.example.org\/issuing.cer/)
    if (named) t.match(shown, /DNS:\w+.example.org, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1/i)
    const verified = ca.verify(root, issued.certificate, {
      chain: [issuing.certificate],
      args: ['-purpose', String(purpose).slice(1, -1)],
    })
    t.ok(verified.ok, verified.text)
    const certificate = read(issued.certificate)
    t.equal(certificate.serialNumber.toLowerCase(), issued.serial)
    t.equal(certificate.ca, profile === 'ca')
  }
  const rsa = await ca.issue('issuing', { algorithm: 'RSA', length: 2048 })
  t.match(text(rsa.certificate), /Key Usage: critical\s+Digital Signature, Key Encipherment\n/)
})

t.test('What is issued does mutual TLS', async (t) => {
  const ca = await CaHouse.build(t, { clock: { now: () => Date.now() } })
  for (const algorithm of ['EC', 'RSA', 'Ed25519']) {
    const root = await ca.root(`root ${algorithm}`, { algorithm })
    const issuing = await ca.below(`root ${algorithm}`, `issuing ${algorithm}`, { algorithm })
    const own = { algorithm, subject: 'CN=localhost', names: { dns: ['localhost'] } }
    const server = await ca.issue(issuing.id, own)
    const client = await ca.issue(
      issuing.id,
      { algorithm, subject: 'CN=ann', names: {} },
      { profile: 'client' },
    )
    const shown = ({ certificate, privateKey }: typeof server) => ({
      cert: (certificate ?? '') + issuing.certificate,
      key: privateKey,
      ca: root.certificate ?? '',
    })
    const listening = createServer({ ...shown(server), requestCert: true, rejectUnauthorized: true })
    listening.listen(0, '127.0.0.1')
    await once(listening, 'listening')
    t.teardown(() => listening.close())
    const accepted = once(listening, 'secureConnection') as Promise<[TLSSocket]>
    const { port } = listening.address() as AddressInfo
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ...shown(client) })
    await once(socket, 'secureConnect')
    t.ok(socket.authorized, `${algorithm}: the client trusts the server`)
    const [peer] = await accepted
    t.ok(peer.authorized, 'and the server the client')
    t.equal(peer.getPeerX509Certificate()?.subject, 'CN=ann')
    socket.destroy()
    // A server's certificate does not make a client.
    const wrong = connect({ port, host: '127.0.0.1', servername: 'localhost', ...shown(server) })
    const [refusal] = await Promise.race([once(wrong, 'error'), once(wrong, 'close').then(() => [undefined])])
    t.ok(refusal === undefined || refusal instanceof Error)
    wrong.destroy()
  }
})

t.test('A token issues once, for whoever prepared it, by the same authority, for five minutes', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, clock, house } = ca
  await ca.root()
  await ca.root('other')
  await house.km.ensurePrincipal({ name: 'otto', roles: ['ca-officer'] })
  const otto = await house.km.as('otto')
  const prepare = async () => {
    const { request } = await olga.createCertificateRequest({ subject: 'CN=www.example.org' })
    return olga.prepareCertificate('root', { profile: 'server', request })
  }
  const prepared = await prepare()
  t.match(prepared, { subject: 'CN=www.example.org', warnings: [], ignored: [] })
  t.match(await olga.certificates('root'), { total: 0 }, 'nothing is issued yet')
  const wrong = 'MORTISE_CERTIFICATE_TOKEN'
  t.equal(await outcome(otto.issueCertificate('root', prepared.token)), wrong, 'not for somebody else')
  t.equal(await outcome(olga.issueCertificate('other', prepared.token)), wrong, 'nor by another authority')
  for (const bad of [
    '',
    'x',
    'a.b.c',
    `${prepared.token}A`,
    prepared.token.replace(/^./, 'f'),
    'x'.repeat(500_000),
  ])
    t.equal(await outcome(olga.issueCertificate('root', bad)), wrong)
  const [id, expires, value] = prepared.token.split('.')
  t.equal(await outcome(olga.issueCertificate('root', `${id}.${Number(expires) + day}.${value}`)), wrong)
  const issued = await olga.issueCertificate('root', prepared.token)
  t.match(issued, { id: prepared.id, serial: prepared.serial, notAfter: prepared.notAfter })
  t.equal(await outcome(olga.issueCertificate('root', prepared.token)), wrong, 'not twice')
  await olga.deleteCertificate('root', issued.id)
  t.equal(await outcome(olga.issueCertificate('root', prepared.token)), wrong, 'nor once it is deleted')

  const late = await prepare()
  clock.pass(5 * minute)
  t.equal(await outcome(olga.issueCertificate('root', late.token)), wrong, 'nor later')
  const both = await prepare()
  const outcomes = await Promise.all(
    [1, 2, 3, 4].map(() => outcome(olga.issueCertificate('root', both.token))),
  )
  t.same(outcomes.sort(), [
    'MORTISE_CERTIFICATE_TOKEN',
    'MORTISE_CERTIFICATE_TOKEN',
    'MORTISE_CERTIFICATE_TOKEN',
    'ok',
  ])

  const { request } = await otto.createCertificateRequest({ subject: 'CN=www.example.org' })
  const after = await otto.prepareCertificate('root', { profile: 'server', request })
  await house.km.asHost().setPrincipal('otto', { roles: [] })
  t.equal(
    await outcome(otto.issueCertificate('root', after.token)),
    'MORTISE_KEY_NOT_FOUND',
    'nor without the right',
  )
})

t.test('Validity is what was asked for, within the profile and the issuer', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, clock } = ca
  await olga.createAuthority({ name: 'root', subject: 'CN=root' })
  const root = await olga.selfSign('root', { days: 100 })
  const issue = async (options: Partial<Parameters<typeof olga.certify>[1]>) => ca.issue('root', {}, options)
  const usual = await issue({})
  t.equal(Date.parse(usual.notAfter), clock.now() + 90 * day)
  t.equal(Date.parse(usual.notBefore), clock.now() - 5 * minute)
  t.equal(Date.parse((await issue({ days: 1 })).notAfter), clock.now() + day)
  t.equal((await issue({ days: 200 })).notAfter, root.notAfter, 'no certificate outlives its issuer')
  const until = clock.now() + 3 * hour
  t.equal(
    Date.parse((await issue({ days: 9, notAfter: until })).notAfter),
    until,
    'the date goes before the days',
  )
  const notBefore = clock.now() + hour
  t.equal(Date.parse((await issue({ notBefore })).notBefore), notBefore)
  t.equal((await issue({ notBefore: 0, days: 1 })).notBefore, root.notBefore)
  t.equal(await outcome(issue({ days: 1000 })), 'MORTISE_CERTIFICATE_REFUSED')
  t.equal(await outcome(issue({ days: 0 })), 'MORTISE_INPUT_INVALID')
  t.equal(await outcome(issue({ notAfter: clock.now() - 1 })), 'MORTISE_CERTIFICATE_REFUSED')
  t.equal(await outcome(issue({ notBefore: clock.now() + 200 * day })), 'MORTISE_CERTIFICATE_REFUSED')
})

t.test('Serial numbers are random', async (t) => {
  const ca = await CaHouse.build(t)
  await ca.root()
  const serials = new Set<string>()
  const { request } = await ca.olga.createCertificateRequest({ subject: 'CN=www.example.org' })
  for (let i = 0; i < 50; i++)
    serials.add((await ca.olga.prepareCertificate('root', { profile: 'server', request })).serial)
  t.equal(serials.size, 50)
  const bits = [...serials].map((serial) => BigInt(`0x${serial}`))
  for (const bit of [0n, 20n, 63n, 64n, 100n, 128n, 157n]) {
    const ones = bits.filter((serial) => (serial >> bit) & 1n).length
    t.ok(ones > 5 && ones < 45, `bit ${bit} is neither`)
  }
})

t.test('From a public key, with a subject and names of the caller', async (t) => {
  const ca = await CaHouse.build(t)
  await ca.root()
  const pair = await ca.olga.createKeyPair({ algorithm: 'EC', name: 'k', publicName: 'k.pub' })
  const spki = (await ca.olga.export('k.pub', { encoding: 'pem' })).material.toString()
  const input = { profile: 'client', publicKey: spki, subject: 'CN=ann,O=Example' }
  const issued = await ca.olga.certify('root', { ...input, names: { email: ['ann@example.org'] } })
  t.match(read(issued.certificate).subjectAltName, /email:ann@example.org/)
  const signature = await ca.olga.sign(pair.privateKey.id, Buffer.from('x'))
  t.ok(await ca.olga.verify('k.pub', Buffer.from('x'), signature))
  t.equal(
    read(issued.certificate).publicKey.export({ type: 'spki', format: 'pem' }).toString().trim(),
    spki.trim(),
  )
  t.equal(await outcome(ca.olga.certify('root', { profile: 'client' })), 'MORTISE_INPUT_INVALID')
  t.equal(
    await outcome(ca.olga.certify('root', { ...input, request: 'x' })),
    'MORTISE_INPUT_INVALID',
    'one or the other',
  )
  t.equal(
    await outcome(ca.olga.certify('root', { profile: 'client', publicKey: spki })),
    'MORTISE_CERTIFICATE_REFUSED',
  )
})

t.test('Profiles are data, and say what names there may be', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga } = ca
  await ca.root()
  const fields = {
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['serverAuth', '1.3.6.1.4.1.99999.1'],
    names: ['dns'],
    namesRequired: true,
    dnsSuffixes: ['internal.example.org'],
    requiredSubject: ['O'],
    policies: ['1.3.6.1.4.1.99999.2'],
    days: 7,
    maximumDays: 10,
  } as const
  const profile = await olga.setCertificateProfile('internal', fields)
  t.match(profile, { ...fields, origin: 'store', authority: false })
  t.match(
    (await olga.certificateProfiles()).map(({ name }) => name),
    [...['server', 'client', 'ca', 'ocsp-signer', 'code-signing'], 'internal'],
  )
  const issue = (subject: string, dns: readonly string[], more = {}) =>
    ca.issue('root', { subject, names: { dns } }, { profile: 'internal', ...more })
  const issued = await issue('CN=a,O=Example', ['a.internal.example.org'])
  const text = openssl(['x509', '-in', 'c.pem', '-noout', '-text'], {
    'c.pem': issued.certificate ?? '',
  }).text
  t.match(text, /1\.3\.6\.1\.4\.1\.99999\.1/)
  t.match(text, /Policy: 1\.3\.6\.1\.4\.1\.99999\.2/)
  const refused = 'MORTISE_CERTIFICATE_REFUSED'
  t.equal(await outcome(issue('CN=a', ['a.internal.example.org'])), refused, 'no organization')
  t.equal(await outcome(issue('CN=a,O=Example', ['a.example.org'])), refused, 'another domain')
  t.equal(await outcome(issue('CN=a,O=Example', ['evilinternal.example.org'])), refused)
  t.equal(await outcome(issue('CN=a,O=Example', ['*.internal.example.org'])), refused, 'a wildcard')
  t.equal(await outcome(issue('CN=a,O=Example', ['a.internal.example.org'], { days: 11 })), refused)
  t.equal(await outcome(issue('CN=a b,O=Example', [])), refused, 'no names')
  const standIn = await issue('CN=b.internal.example.org,O=Example', [])
  t.equal(
    read(standIn.certificate).subjectAltName,
    'DNS:b.internal.example.org',
    'the common name stands for one',
  )
  t.equal(
    await outcome(ca.issue('root', { names: { email: ['a@example.org'] } })),
    refused,
    'a server has no e-mail address',
  )
  t.ok(await ca.issue('root', { names: { dns: ['*.example.org'] } }))

  const set = (name: string, more: object) => outcome(olga.setCertificateProfile(name, more))
  t.equal(await set('server', {}), 'MORTISE_ACCESS_BUILT_IN')
  t.equal(await set('a/b', {}), 'MORTISE_INPUT_INVALID')
  t.equal(await set('x', { keyUsage: ['keyCertSign'] }), 'MORTISE_INPUT_INVALID')
  t.equal(await set('x', { authority: true }), 'MORTISE_INPUT_INVALID')
  t.equal(await set('x', { keyUsage: ['signEverything'] }), 'MORTISE_INPUT_INVALID')
  t.equal(await set('x', { extendedKeyUsage: ['everything'] }), 'MORTISE_INPUT_INVALID')
  t.equal(await set('x', { days: 100, maximumDays: 10 }), 'MORTISE_INPUT_INVALID')
  t.equal(await set('x', { pathLength: 1 }), 'MORTISE_INPUT_INVALID')
  t.match(await olga.setCertificateProfile('internal', { days: 3 }), { days: 3, dnsSuffixes: null })
  await olga.deleteCertificateProfile('internal')
  const gone = 'MORTISE_CERTIFICATE_PROFILE_NOT_FOUND'
  t.equal(await outcome(olga.deleteCertificateProfile('internal')), gone)
  t.equal(await outcome(issue('CN=a,O=Example', [])), gone)
  t.equal(await outcome(olga.deleteCertificateProfile('server')), 'MORTISE_ACCESS_BUILT_IN')
})

t.test('Path length and name constraints hold for everything below', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga } = ca
  await olga.createAuthority({ name: 'root', subject: 'CN=root' })
  const root = await olga.selfSign('root', {
    pathLength: 1,
    nameConstraints: { permitted: { dns: ['example.org'], ip: ['10.0.0.0/8', '2001:db8::/32'] } },
  })
  const issuing = await ca.below('root', 'issuing')
  t.match(
    openssl(['x509', '-in', 'c.pem', '-noout', '-text'], { 'c.pem': issuing.certificate ?? '' }).text,
    /pathlen:0/,
  )
  const ok = await ca.issue('issuing', { names: { dns: ['www.example.org'], ip: ['10.1.2.3'] } })
  const chain = [issuing.certificate]
  t.ok(ca.verify(root, ok.certificate, { chain }).ok)
  const refused = 'MORTISE_CERTIFICATE_REFUSED'
  const outside = { names: { dns: ['www.example.com'] } }
  t.equal(await outcome(ca.issue('issuing', outside)), refused, 'outside, two levels below')
  t.equal(await outcome(ca.issue('issuing', { names: { ip: ['11.0.0.1'] } })), refused)
  t.equal(await outcome(ca.issue('issuing', {}, { profile: 'ca' })), refused, 'no authority below this one')
  t.equal(await outcome(ca.issue('root', {}, { profile: 'server', pathLength: 0 })), refused)
  t.equal(await outcome(ca.issue('root', outside)), refused)
  const narrow = { nameConstraints: { excluded: { dns: ['secret.example.org'] } } }
  await ca.below('root', 'narrow', {}, narrow)
  t.ok(await ca.issue('narrow'))
  t.equal(await outcome(ca.issue('narrow', { names: { dns: ['a.secret.example.org'] } })), refused)
})

t.test('A request is made here, with a key that is kept nowhere', async (t) => {
  const ca = await CaHouse.build(t)
  const ann = await ca.house.as('ann')
  for (const input of [
    {},
    { algorithm: 'RSA', length: 2048 },
    { curve: 'P-384' },
    { algorithm: 'Ed25519' },
  ]) {
    const made = await ann.createCertificateRequest({
      subject: 'CN=ann,O=Example',
      names: { dns: ['a.example.org'], email: ['ann@example.org'] },
      password: 'a password',
      ...input,
    })
    const request = openssl(['req', '-in', 'r.pem', '-verify', '-noout', '-text'], { 'r.pem': made.request })
    t.ok(request.ok, request.text)
    t.match(request.text, /DNS:a.example.org, email:ann@example.org/)
    t.match(made.privateKey, /BEGIN ENCRYPTED PRIVATE KEY/)
    const key = openssl(['pkey', '-in', 'k.pem', '-passin', 'pass:a password', '-pubout'], {
      'k.pem': made.privateKey,
    })
    const asked = openssl(['req', '-in', 'r.pem', '-noout', '-pubkey'], { 'r.pem': made.request })
    t.equal(key.text, asked.text, 'it is the key of the request')
    t.notOk(openssl(['pkey', '-in', 'k.pem', '-passin', 'pass:wrong'], { 'k.pem': made.privateKey }).ok)
  }
  t.match(await ann.locate(), { items: [] })
  t.equal(
    await outcome(ann.createCertificateRequest({ subject: 'CN=x', algorithm: 'X25519' })),
    'MORTISE_CRYPTO_UNSUPPORTED',
  )
  t.equal(
    await outcome(ann.createCertificateRequest({ subject: 'CN=x', algorithm: 'AES' })),
    'MORTISE_CRYPTO_UNSUPPORTED',
  )
  t.equal(
    await outcome(ann.createCertificateRequest({ subject: 'CN=x', password: '' })),
    'MORTISE_INPUT_INVALID',
  )
})

t.test('Certificates are found', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, clock } = ca
  await ca.root()
  await ca.root('other')
  const first = await ca.issue(
    'root',
    { subject: 'CN=One,O=Example', names: { dns: ['one.example.org'] } },
    { name: 'Web 1' },
  )
  const second = await ca.issue(
    'root',
    { subject: 'CN=two,O=Example', names: { dns: ['two.example.org'] } },
    { days: 1 },
  )
  const third = await ca.issue('other', { subject: 'CN=two,O=Example', names: { dns: ['two.example.org'] } })
  const ids = ({ certificates }: { certificates: readonly { id: string }[] }) =>
    certificates.map(({ id }) => id)
  t.same(ids(await olga.certificates('root')), [first.id, second.id])
  t.match(await olga.certificates('root', { skip: 1, limit: 1 }), {
    total: 2,
    certificates: [{ id: second.id }],
  })
  t.match(await olga.certificates('root', { skip: 9 }), { total: 2, certificates: [] })
  t.same(ids(await olga.certificates('root', { subject: 'cn=one, O=example' })), [first.id])
  t.same(ids(await olga.certificates('root', { name: 'WEB 1' })), [first.id])
  t.same(ids(await olga.findCertificates({ commonName: 'TWO' })).sort(), [second.id, third.id].sort())
  t.same(ids(await olga.findCertificates({ serial: third.serial.toUpperCase() })), [third.id])
  t.same(ids(await olga.findCertificates({ fingerprint: first.fingerprints?.sha256 ?? '' })), [first.id])
  t.same(ids(await olga.findCertificates({ subject: 'CN=two,O=Example', serial: second.serial })), [
    second.id,
  ])
  t.same(ids(await olga.certificates('root', { expiresBy: clock.now() + 2 * day })), [second.id])
  t.same(ids(await olga.certificates('root', { state: 'active' })), [first.id, second.id])
  clock.pass(2 * day)
  t.same(ids(await olga.certificates('root', { state: 'active' })), [first.id])
  t.same(ids(await olga.certificates('root', { state: 'expired' })), [second.id])
  t.match(await olga.getCertificate('root', second.id), { state: 'expired' })
  t.same(
    ids(await olga.certificates('root', { expiresBy: clock.now() + 2 * day })),
    [],
    'it has expired already',
  )
  t.equal(await outcome(olga.findCertificates({})), 'MORTISE_INPUT_INVALID')
  t.equal(await outcome(olga.findCertificates({ serial: 'no' })), 'MORTISE_INPUT_INVALID')
  t.equal(await outcome(olga.getCertificate('other', first.id)), 'MORTISE_CERTIFICATE_NOT_FOUND')
  t.equal(await outcome(olga.getCertificate('root', 'nothing')), 'MORTISE_CERTIFICATE_NOT_FOUND')
  await olga.deleteCertificate('root', first.id)
  t.equal(await outcome(olga.getCertificate('root', first.id)), 'MORTISE_CERTIFICATE_NOT_FOUND')
  t.match(await olga.certificates('root'), { total: 1 })
  t.match(await olga.findCertificates({ serial: first.serial }), { total: 0 })
  t.ok(new X509Certificate(first.certificate ?? ''))
})
