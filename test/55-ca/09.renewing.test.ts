/** Authorities that get other certificates for their keys, and what they issue when something above them is not good. */
import t from 'tap'
import type { AuthorityInfo } from '../../lib/index.js'
import { openssl } from '../15-x509/openssl.js'
import { day } from '../support/clock.js'
import { outcome } from '../support/key_house.js'
import { CaHouse, read } from './house.js'

const keyOf = ({ certificate }: AuthorityInfo) =>
  String(read(certificate).publicKey.export({ format: 'pem', type: 'spki' }))

const shown = ({ certificate }: AuthorityInfo) =>
  openssl(['x509', '-in', 'c.pem', '-noout', '-text'], { 'c.pem': certificate ?? '' }).text

t.test('A root signs itself anew', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, clock } = ca
  await olga.createAuthority({ name: 'root', subject: 'CN=root' })
  const before = await olga.selfSign('root', {
    days: 100,
    pathLength: 1,
    nameConstraints: { permitted: { dns: ['example.org'] } },
  })
  const old = await ca.issue('root')
  const { token } = await olga.prepareCertificate('root', {
    profile: 'server',
    publicKey: keyOf(before),
    names: { dns: ['a.example.org'] },
  })
  clock.pass(60 * day)
  const after = await olga.renewAuthority('root', { days: 200 })
  t.equal(keyOf(after), keyOf(before))
  t.not(after.serial, before.serial)
  t.equal(after.id, before.id)
  t.equal(after.notAfter, new Date(clock.now() + 200 * day).toISOString())
  const fresh = await ca.issue('root')
  for (const root of [before, after])
    for (const { certificate } of [old, fresh]) t.match(ca.verify(root, certificate), { ok: true })
  const elsewhere = { subject: 'CN=www.example.com', names: { dns: ['www.example.com'] } }
  t.equal(await outcome(ca.issue('root', elsewhere)), 'MORTISE_CERTIFICATE_REFUSED', 'its constraints stay')
  t.equal(
    await outcome(olga.issueCertificate('root', token)),
    'MORTISE_CERTIFICATE_TOKEN',
    'what was looked at was another issuer',
  )
  const below = await olga.createAuthority({ name: 'below', subject: 'CN=below' })
  const { certificate } = await olga.certify('root', { profile: 'ca', request: below.request ?? '' })
  t.match(
    await olga.installCertificate('below', { certificate: certificate ?? '' }),
    { state: 'active' },
    'and so does its path length',
  )
  await olga.revokeCertificate('root', old.id, 'superseded')
  t.match(
    ca.verify(after, old.certificate, { crls: [(await olga.createCrl('root')).der], args: ['-crl_check'] }),
    { ok: false, text: /revoked/ },
  )
})

t.test('One below another is issued anew, or given what another one has signed', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, clock } = ca
  const root = await ca.root()
  const before = await ca.below(
    'root',
    'issuing',
    {},
    {
      pathLength: 0,
      days: 90,
      nameConstraints: {
        permitted: { dns: ['example.org'], ip: ['10.0.0.0/8'] },
        excluded: { email: ['example.net'] },
      },
    },
  )
  const old = await ca.issue('issuing')
  clock.pass(60 * day)
  const after = await olga.renewAuthority('issuing', { days: 90 })
  t.equal(keyOf(after), keyOf(before))
  t.equal(after.parent, root.id)
  for (const { certificate } of [before, after])
    t.match(ca.verify(root, old.certificate, { chain: [certificate] }), { ok: true })
  const constraints = (info: AuthorityInfo) =>
    /Name Constraints:[\s\S]*?(?=\n {12}X509|\n {4}Signature)/.exec(shown(info))?.[0]
  t.equal(constraints(after), constraints(before))
  t.ok(constraints(after))
  t.equal(
    await outcome(ca.below('issuing', 'too deep')),
    'MORTISE_CERTIFICATE_REFUSED',
    'its path length stays',
  )

  const there = await CaHouse.build(t)
  await there.olga.registerAuthority({ name: 'far', certificate: root.certificate ?? '' })
  const { request } = await there.olga.createAuthority({ name: 'here', subject: 'CN=here' })
  const signed = async (options: object = {}) =>
    (await olga.certify('root', { profile: 'ca', request: request ?? '', ...options })).certificate ?? ''
  there.clock.pass(60 * day)
  await there.olga.installCertificate('here', { certificate: await signed() })
  t.equal(await outcome(there.olga.renewAuthority('here')), 'MORTISE_CA_STATE', 'it cannot ask by itself')
  const certificate = await signed({ days: 365 })
  t.match(await there.olga.renewAuthority('here', { certificate }), { state: 'active', certificate })
  t.equal(
    await outcome(there.olga.renewAuthority('here', { certificate: after.certificate ?? '' })),
    'MORTISE_CERTIFICATE_REFUSED',
    'of another key',
  )
  t.equal(await outcome(there.olga.renewAuthority('far')), 'MORTISE_KEY_USAGE', 'its key is elsewhere')
})

t.test('Nothing is issued that would not be good', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, clock } = ca
  await ca.root()
  const middle = await ca.below('root', 'middle', {}, { days: 365 })
  await ca.below('middle', 'low', {}, { days: 100 })
  const { request } = await olga.createCertificateRequest({
    subject: '',
    names: { dns: ['www.example.org'] },
  })
  const prepared = await olga.prepareCertificate('low', { profile: 'server', request })
  const { certificates } = await olga.certificates('root')
  const [{ id: certificate } = { id: '' }] = certificates

  await olga.revokeCertificate('root', certificate, 'certificateHold')
  await t.rejects(olga.certify('middle', { profile: 'server', request }), {
    code: 'MORTISE_CA_STATE',
    message: /its certificate is held/,
  })
  await t.rejects(olga.certify('low', { profile: 'server', request }), {
    code: 'MORTISE_CA_STATE',
    message: /CN=middle,O=Example, which is above it, is held/,
  })
  t.equal(
    await outcome(olga.issueCertificate('low', prepared.token)),
    'MORTISE_CA_STATE',
    'nor what was prepared before',
  )
  await olga.resumeCertificate('root', certificate)
  t.ok(await olga.issueCertificate('low', prepared.token))

  await olga.revokeCertificate('root', certificate, 'keyCompromise')
  t.equal(await outcome(olga.certify('low', { profile: 'server', request })), 'MORTISE_CA_STATE')
  await t.rejects(olga.renewAuthority('middle'), { code: 'MORTISE_CA_STATE', message: /was revoked/ })
  t.ok(await olga.createCrl('middle'), 'it makes CRLs still')
  t.equal(keyOf(await olga.getAuthority('middle')), keyOf(middle))

  const other = await ca.below('root', 'other', {}, { days: 30 })
  await ca.below('other', 'last', {}, { days: 30 })
  clock.pass(31 * day)
  t.match(await olga.getAuthority('other'), { state: 'expired' })
  await olga.renewAuthority('other')
  await t.rejects(olga.certify('last', { profile: 'server', request }), {
    code: 'MORTISE_CA_STATE',
    message: /it is expired/,
  })
  await olga.renewAuthority('last')
  t.ok(await olga.certify('last', { profile: 'server', request }))
  t.equal(keyOf(await olga.getAuthority('other')), keyOf(other))
})

t.test('Another key for the same subject: the old one answers for what it has issued', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga } = ca
  const root = await ca.root()
  const [before, after] = [
    await ca.below('root', 'first', { subject: 'CN=issuing' }),
    await ca.below('root', 'second', { subject: 'CN=issuing' }),
  ]
  const [old, bad] = [await ca.issue('first'), await ca.issue('first')]
  await olga.setAuthority('first', { enabled: false })
  t.equal(await outcome(ca.issue('first')), 'MORTISE_CA_STATE')
  const fresh = await ca.issue('second')
  await olga.revokeCertificate('first', bad.id, 'superseded')
  const crls = [(await olga.createCrl('first')).der, (await olga.createCrl('second')).der]
  const verify = (certificate: string | null) =>
    ca.verify(root, certificate, {
      crls,
      chain: [before.certificate, after.certificate],
      args: ['-crl_check'],
    })
  t.match(verify(old.certificate), { ok: true })
  t.match(verify(fresh.certificate), { ok: true })
  t.match(verify(bad.certificate), { ok: false, text: /revoked/ })
})

t.test('Who may', async (t) => {
  const ca = await CaHouse.build(t)
  await ca.root()
  await ca.olga.createAuthority({ name: 'pending', subject: 'CN=pending' })
  t.equal(await outcome(ca.olga.renewAuthority('pending')), 'MORTISE_KEY_STATE')
  const ann = await ca.house.as('ann')
  await ca.olga.grant('root', { principal: 'ann' }, ['Get', 'Certify'])
  t.equal(await outcome(ann.renewAuthority('root')), 'MORTISE_ACCESS_DENIED')
})
