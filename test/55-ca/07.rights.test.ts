import t from 'tap'
import type { ErrorCode, Session } from '../../lib/index.js'
import { outcome } from '../support/key_house.js'
import { CaHouse } from './house.js'

const denied = 'MORTISE_ACCESS_DENIED'
const hidden = 'MORTISE_KEY_NOT_FOUND'

t.test('Who may do what', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, house } = ca
  const root = await ca.root()
  await olga.createAuthority({ name: 'pending', subject: 'CN=pending' })
  const { request } = await olga.createCertificateRequest({ subject: 'CN=www.example.org' })
  const { id } = await olga.certify('root', { profile: 'server', request })
  const host = house.km.asHost()
  const [ann, administrator] = [await house.as('ann'), await house.administrator()]
  await house.km.ensurePrincipal({ name: 'aud', roles: ['auditor'] })
  const auditor = await house.km.as('aud')

  const acts: Record<string, (session: Session) => Promise<unknown>> = {
    create: (session) => session.createAuthority({ subject: 'CN=x' }),
    register: (session) => session.registerAuthority({ certificate: root.certificate ?? '' }),
    profile: (session) => session.setCertificateProfile('x', {}),
    get: (session) => session.getAuthority('root'),
    list: (session) => session.certificates('root'),
    crl: (session) => session.crl('root'),
    set: (session) => session.setAuthority('root', {}),
    'self-sign': (session) => session.selfSign('pending', { days: 0 }),
    prepare: (session) => session.prepareCertificate('root', { profile: 'server', request }),
    revoke: (session) => session.revokeCertificate('root', id, 'removeFromCRL'),
    'make a CRL': (session) => session.createCrl('root'),
  }
  const table: readonly [string, Session, Readonly<Record<string, ErrorCode | 'ok'>>][] = [
    [
      'a stranger',
      ann,
      {
        ...{ create: denied, register: denied, profile: denied, get: hidden, list: hidden, crl: hidden },
        ...{ set: hidden, 'self-sign': hidden, prepare: hidden, revoke: hidden, 'make a CRL': hidden },
      },
    ],
    [
      'an auditor',
      auditor,
      {
        ...{ create: denied, register: denied, profile: denied, get: 'ok', list: 'ok' },
        ...{ set: denied, 'self-sign': denied, prepare: denied, revoke: denied, 'make a CRL': denied },
      },
    ],
    [
      'an administrator',
      administrator,
      {
        ...{ create: 'ok', register: 'ok', profile: 'ok', get: 'ok', list: 'ok', set: 'ok' },
        'self-sign': 'MORTISE_INPUT_INVALID',
        ...{ prepare: denied, revoke: 'MORTISE_CERTIFICATE_STATE', 'make a CRL': 'ok' },
      },
    ],
  ]
  for (const [who, session, expected] of table)
    for (const [act, code] of Object.entries(expected)) {
      const work = acts[act]
      if (work) t.equal(await outcome(work(session)), code, `${who}: ${act}`)
    }

  t.match(await ann.authorities(), { total: 0 })
  t.match(await ann.findCertificates({ commonName: 'www.example.org' }), { total: 0 })
  await olga.grant('root', { principal: 'ann' }, ['Get', 'Certify'])
  t.match(await ann.authorities(), { total: 1 })
  t.match(await ann.findCertificates({ commonName: 'www.example.org' }), { total: 1 })
  t.ok(await ann.certify('root', { profile: 'server', request }), 'a grant is on one authority')
  t.equal(await outcome(ann.revokeCertificate('root', id)), denied)
  t.match(await olga.grants('root'), [{ name: 'ann', permissions: ['Certify', 'Get'] }])
  await olga.withdraw('root', { principal: 'ann' })
  t.equal(await outcome(ann.certify('root', { profile: 'server', request })), hidden)

  await host.createRole({ name: 'issuer', objects: ['Certify', 'Get'] })
  await host.setPrincipal('ann', { roles: ['issuer'] })
  t.ok(await ann.certify('root', { profile: 'server', request }), 'a role is on all')
  const explained = await host.explainAccess({
    principal: 'ann',
    operation: 'PrepareCertificate',
    object: 'root',
  })
  t.match(explained, { allowed: true })
  await host.addMember('CA Admins', 'ann')
  t.ok(await ann.createAuthority({ name: 'own', subject: 'CN=own' }))
})

t.test('Every act is on the audit trail, a refusal too', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, house } = ca
  await ca.root()
  const { id, serial } = await ca.issue('root')
  await olga.revokeCertificate('root', id, 'keyCompromise')
  await outcome((await house.as('eve')).prepareCertificate('root', { profile: 'server', request: 'x' }))
  const { records } = await house.km.asHost().audit({ limit: 100 })
  const of = (operation: string) => records.find((one) => one.operation === operation)
  for (const operation of [
    'CreateAuthority',
    'SelfSign',
    'PrepareCertificate',
    'IssueCertificate',
    'CertificateIssued',
  ])
    t.ok(of(operation), operation)
  t.notOk(
    of('PrepareCertificate')?.outcome === 'success',
    'what is issued at once is prepared in one with it',
  )
  t.match(of('IssueCertificate'), { detail: { certificate: id, serial, profile: 'server' } })
  t.match(of('CertificateIssued'), { detail: { certificate: id, serial, profile: 'server' } })
  t.match(of('RevokeCertificate'), { detail: { serial, reason: 'keyCompromise' } })
  t.match(of('PrepareCertificate'), { principalName: 'eve', outcome: 'denied' })
  t.notMatch(JSON.stringify(records), /PRIVATE KEY/)
})
