import t from 'tap'
import { isMortiseError, MortiseError } from '../../lib/errors/index.js'
import { decodeAuditRecord } from '../../lib/operation/index.js'
import { SqliteStore } from '../../lib/storage/sqlite/sqlite_store.js'
import { CaHouse } from './house.js'

t.test('What was signed and could not be recorded is on record, and can be revoked', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga } = ca
  await ca.root()
  const { request } = await olga.createCertificateRequest({ subject: 'CN=www.example.org' })
  const prepared = await olga.prepareCertificate('root', { profile: 'server', request })

  const apply = SqliteStore.prototype.apply
  t.teardown(() => {
    SqliteStore.prototype.apply = apply
  })
  let lost = 0
  SqliteStore.prototype.apply = function (change) {
    if (decodeAuditRecord(change.audit)?.operation !== 'CertificateIssued') return apply.call(this, change)
    lost++
    return Promise.reject(new MortiseError('MORTISE_STORAGE_FULL'))
  }
  await t.rejects(olga.issueCertificate('root', prepared.token), { code: 'MORTISE_STORAGE_FULL' })
  SqliteStore.prototype.apply = apply
  t.ok(lost >= 1, 'it was signed')

  const { certificates } = await olga.certificates('root', { state: 'unconfirmed' })
  t.match(certificates, [
    { id: prepared.id, serial: prepared.serial, state: 'unconfirmed', certificate: null, fingerprints: null },
  ])
  t.match(await olga.findCertificates({ serial: prepared.serial }), { total: 1 })
  await t.rejects(olga.issueCertificate('root', prepared.token), { code: 'MORTISE_CERTIFICATE_TOKEN' })
  t.match(await olga.revokeCertificate('root', prepared.id, 'superseded'), { state: 'revoked' })
  t.match(await olga.createCrl('root'), { entries: 1 })
  t.match(await olga.certificates('root', { state: 'unconfirmed' }), { total: 0 })
  t.match(await olga.certificates('root'), { certificates: [{ serial: prepared.serial, state: 'revoked' }] })
})

t.test('What cannot be put on record is not signed', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga } = ca
  await ca.root()
  const { request } = await olga.createCertificateRequest({ subject: 'CN=www.example.org' })
  const prepared = await olga.prepareCertificate('root', { profile: 'server', request })
  const apply = SqliteStore.prototype.apply
  const operations: (string | undefined)[] = []
  SqliteStore.prototype.apply = function (change) {
    const operation = decodeAuditRecord(change.audit)?.operation
    operations.push(operation)
    if (operation !== 'IssueCertificate' || !change.records) return apply.call(this, change)
    return Promise.reject(new MortiseError('MORTISE_STORAGE_FULL'))
  }
  try {
    await olga.issueCertificate('root', prepared.token)
    t.fail('it was issued')
  } catch (error) {
    t.ok(isMortiseError(error, 'MORTISE_STORAGE_FULL'))
  } finally {
    SqliteStore.prototype.apply = apply
  }
  t.notOk(operations.includes('CertificateIssued'))
  t.ok(await olga.issueCertificate('root', prepared.token), 'the token is not used up')
})
