import t from 'tap'
import { Certificates } from '../../lib/ca/certificates.js'
import { certificateReasons } from '../../lib/index.js'
import { openssl } from '../15-x509/openssl.js'
import { day, hour, minute, until } from '../support/clock.js'
import { outcome } from '../support/key_house.js'
import { CaHouse, crlPem } from './house.js'

function crlText(der: Uint8Array): string {
  return openssl(['crl', '-in', 'c.pem', '-noout', '-text'], { 'c.pem': crlPem(der) }).text
}

t.test('Certificates are revoked for every reason of RFC 5280, and openssl refuses them', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga } = ca
  const root = await ca.root()
  const good = await ca.issue('root')
  const names: Record<string, string> = {
    keyCompromise: 'Key Compromise',
    cACompromise: 'CA Compromise',
    affiliationChanged: 'Affiliation Changed',
    superseded: 'Superseded',
    cessationOfOperation: 'Cessation Of Operation',
    certificateHold: 'Certificate Hold',
    privilegeWithdrawn: 'Privilege Withdrawn',
    aACompromise: 'AA Compromise',
  }
  const revoked = new Map<string, string>()
  for (const reason of certificateReasons) {
    const { id, serial, certificate } = await ca.issue('root')
    if (reason === 'removeFromCRL') {
      t.equal(await outcome(olga.revokeCertificate('root', id, reason)), 'MORTISE_CERTIFICATE_STATE')
      continue
    }
    const held = reason === 'certificateHold'
    t.match(await olga.revokeCertificate('root', id, reason), {
      state: held ? 'held' : 'revoked',
      reason,
      revoked: new Date(ca.clock.now()).toISOString(),
    })
    t.equal(await outcome(olga.revokeCertificate('root', id, reason)), 'MORTISE_CERTIFICATE_STATE', 'once')
    revoked.set(serial, certificate ?? '')
  }
  const crl = await olga.createCrl('root')
  t.match(crl, { number: 1, entries: revoked.size })
  const text = crlText(crl.der)
  t.match(text, /X509v3 CRL Number: \s+1\n/)
  for (const name of Object.values(names)) t.ok(text.includes(name), name)
  for (const [serial, certificate] of revoked) {
    t.ok(text.toLowerCase().includes(serial), serial)
    const verdict = ca.verify(root, certificate, { crls: [crl.der], args: ['-crl_check'] })
    t.notOk(verdict.ok)
    t.match(verdict.text, /certificate revoked/)
  }
  const verdict = ca.verify(root, good.certificate, { crls: [crl.der], args: ['-crl_check'] })
  t.ok(verdict.ok, verdict.text)
  t.equal(
    await outcome(olga.revokeCertificate('root', good.id, 'nonsense' as 'unspecified')),
    'MORTISE_INPUT_INVALID',
  )
  t.same((await olga.certificates('root', { state: 'held' })).total, 1)
  t.same((await olga.certificates('root', { state: 'revoked' })).total, revoked.size - 1)
  t.same((await olga.certificates('root', { state: 'active' })).total, 2)
})

t.test('A hold is taken back, or becomes final', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, clock } = ca
  const root = await ca.root()
  const { id, certificate } = await ca.issue('root')
  t.equal(await outcome(olga.resumeCertificate('root', id)), 'MORTISE_CERTIFICATE_STATE', 'it is not held')
  const held = await olga.revokeCertificate('root', id, 'certificateHold')
  const before = await olga.createCrl('root')
  t.notOk(ca.verify(root, certificate, { crls: [before.der], args: ['-crl_check'] }).ok)
  clock.pass(minute)
  t.match(await olga.resumeCertificate('root', id), { state: 'active', reason: null, revoked: null })
  const after = await olga.createCrl('root')
  t.match(after, { number: 2, entries: 0 })
  t.ok(ca.verify(root, certificate, { crls: [after.der], args: ['-crl_check'] }).ok)
  await olga.revokeCertificate('root', id, 'certificateHold')
  t.match(await olga.revokeCertificate('root', id, 'removeFromCRL'), { state: 'active' }, 'the same')
  await olga.revokeCertificate('root', id, 'certificateHold')
  clock.pass(minute)
  const final = await olga.revokeCertificate('root', id, 'keyCompromise', {
    invalidityDate: clock.now() - day,
  })
  t.match(final, { state: 'revoked', reason: 'keyCompromise' })
  t.equal(Date.parse(final.revoked ?? '') - Date.parse(held.revoked ?? ''), minute, 'since it was held')
  t.match(crlText((await olga.createCrl('root')).der), /Invalidity Date/)
  t.equal(await outcome(olga.resumeCertificate('root', id)), 'MORTISE_CERTIFICATE_STATE')
  t.equal(await outcome(olga.revokeCertificate('root', id, 'superseded')), 'MORTISE_CERTIFICATE_STATE')
  const other = await ca.issue('root')
  const later = { invalidityDate: clock.now() + day }
  t.equal(
    await outcome(olga.revokeCertificate('root', other.id, 'keyCompromise', later)),
    'MORTISE_INPUT_INVALID',
  )
})

t.test('What is deleted stays revoked, and what has expired leaves the CRL after one more', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, clock } = ca
  await ca.root()
  const deleted = await ca.issue('root', {}, { days: 30 })
  const short = await ca.issue('root', {}, { days: 1 })
  await olga.revokeCertificate('root', deleted.id)
  await olga.revokeCertificate('root', short.id)
  await olga.deleteCertificate('root', deleted.id)
  t.match(await olga.createCrl('root'), { entries: 2 })
  clock.pass(2 * day)
  t.match(await olga.createCrl('root'), { number: 2, entries: 2 }, 'on one after it has expired')
  clock.pass(hour)
  t.match(await olga.createCrl('root'), { number: 3, entries: 1 })
  t.equal(await outcome(olga.revokeCertificate('root', deleted.id)), 'MORTISE_CERTIFICATE_NOT_FOUND')
  const gone = await ca.issue('root')
  await olga.deleteCertificate('root', gone.id)
  t.match(await olga.createCrl('root'), { entries: 1 }, 'what is deleted is not revoked by that')
  const inside = await ca.house.inside()
  const certificates = new Certificates(inside.store, inside.barrier)
  const known = (serial: string) => certificates.ofSerial(gone.authority, serial)
  t.match(
    await known(gone.serial),
    { revocation: null, deleted: true },
    'whoever asks for it by its number is told',
  )
  t.match(await known(deleted.serial), { revocation: { reason: 'unspecified' } })
  t.match(await known(short.serial), { deleted: false })
  t.equal(await known('1234'), undefined)
})

t.test('The scheduler makes CRLs: the first one, one soon after a revocation, and in time', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, clock, house } = ca
  await ca.root('root', { settings: { crlDays: 3 } })
  t.equal(await outcome(olga.crl('root')), 'MORTISE_CA_STATE', 'there is none yet')
  t.match(await olga.jobs(), { items: [{ kind: 'crl', name: 'root' }] })
  await house.km.runDueJobs()
  const first = await olga.crl('root')
  t.match(first, { number: 1, entries: 0, nextUpdate: new Date(clock.now() + 3 * day).toISOString() })
  t.match(await olga.jobs(), { items: [{ due: new Date(clock.now() + 2 * day).toISOString() }] })
  await house.km.runDueJobs()
  t.match(await olga.crl('root'), { number: 1 }, 'nothing is due')

  for (let i = 0; i < 3; i++) await olga.revokeCertificate('root', (await ca.issue('root')).id)
  t.equal((await olga.jobs()).items.length, 2, 'revocations share a CRL')
  await house.km.runDueJobs()
  t.match(await olga.crl('root'), { number: 1 })
  clock.pass(minute)
  await house.km.runDueJobs()
  t.match(await olga.crl('root'), { number: 2, entries: 3 })
  t.equal((await olga.jobs()).items.length, 1)
  t.match(await olga.crl('root', 1), { entries: 0 }, 'the one before is still there')
  await olga.createCrl('root')
  t.equal((await olga.jobs()).items.length, 1, 'nor is there another job after one on demand')
  clock.pass(2 * day)
  await house.km.runDueJobs()
  t.match(await olga.crl('root'), { number: 4 })
  clock.pass(40 * day)
  await house.km.runDueJobs()
  t.match(await olga.crl('root'), { number: 5 })
  t.equal(await outcome(olga.crl('root', 1)), 'MORTISE_CA_STATE', 'CRLs of long ago are gone')
  const { records } = await house.km.asHost().audit({ limit: 5 })
  t.match(
    records.find(({ operation }) => operation === 'CreateCRL'),
    {
      principalName: 'system',
      detail: { job: 'crl', setBy: olga.principal.id, number: 5 },
    },
  )
  await olga.deleteAuthority('root')
  t.match(await olga.jobs(), { items: [] }, 'they go with the authority')
})

t.test('A key manager with a scheduler makes them of itself', async (t) => {
  const ca = await CaHouse.build(t, { scheduler: true })
  await ca.root()
  await until(async () => (await outcome(ca.olga.crl('root'))) === 'ok')
  t.match(await ca.olga.crl('root'), { number: 1 })
})

t.test('Issuing and revoking at the same time', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga } = ca
  const root = await ca.root()
  const { request } = await olga.createCertificateRequest({ subject: 'CN=www.example.org' })
  const other = await ca.house.open()
  const beside = await other.as('olga')
  const lives = Array.from({ length: 40 }, async (_, i) => {
    const session = i % 2 ? olga : beside
    const { id, certificate } = await session.certify('root', { profile: 'server', request })
    if (i % 4 === 0) return certificate
    await (i % 3 ? olga : beside).revokeCertificate(
      'root',
      id,
      i % 4 === 1 ? 'certificateHold' : 'superseded',
    )
    if (i % 4 === 1) await session.resumeCertificate('root', id)
    return i % 4 === 1 ? certificate : null
  })
  const crls = Array.from({ length: 5 }, () => outcome(olga.createCrl('root')))
  const valid = (await Promise.all(lives)).filter((one) => one !== null)
  t.same(await Promise.all(crls), ['ok', 'ok', 'ok', 'ok', 'ok'])
  t.match(await olga.certificates('root'), { total: 40 })
  const crl = await beside.createCrl('root')
  t.match(crl, { number: 6, entries: 20 })
  t.equal(valid.length, 20)
  for (const certificate of valid.slice(0, 3)) {
    const verdict = ca.verify(root, certificate, { crls: [crl.der], args: ['-crl_check'] })
    t.ok(verdict.ok, verdict.text)
  }
  const ended = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const { id } = await olga.certify('root', { profile: 'server', request })
      return Promise.all([1, 2, 3].map(() => outcome(olga.revokeCertificate('root', id, 'superseded'))))
    }),
  )
  for (const outcomes of ended)
    t.same(outcomes.sort(), ['MORTISE_CERTIFICATE_STATE', 'MORTISE_CERTIFICATE_STATE', 'ok'], 'once')
})

t.test('A job of an authority that is gone makes nothing, and goes too', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, house } = ca
  const { id } = await ca.root()
  const inside = await house.inside()
  const [job] = await inside.store.records('job', { limit: 1 })
  if (!job) throw new Error('there is no job')
  await olga.deleteAuthority('root')
  await inside.apply({ records: [{ row: { ...job, version: 1 } }] })
  await house.km.runDueJobs()
  t.match(await olga.jobs(), { items: [] })
  t.same(await inside.store.records('job', { limit: 1 }), [])
  t.equal(await outcome(olga.crl(id)), 'MORTISE_KEY_STATE')
})
