import { randomBytes } from 'node:crypto'
import t from 'tap'
import { type CertificateRecord, Certificates, serialText, subjectFacts } from '../../lib/ca/certificates.js'
import type { Session } from '../../lib/index.js'
import { nameOfText } from '../../lib/x509/index.js'
import { day } from '../support/clock.js'
import { timed } from '../support/timed.js'
import { CaHouse } from './house.js'

const many = 100_000
const batch = 2000

/** Puts certificates into the store, a tenth of them revoked, as if each had been issued. */
async function stock(ca: CaHouse, authority: string, like: CertificateRecord): Promise<CertificateRecord> {
  const inside = await ca.house.inside()
  const certificates = new Certificates(inside.store, inside.barrier)
  let last = like
  for (let i = 0; i < many; i += batch) {
    const records = Array.from({ length: batch }, (_, at) => {
      const number = i + at
      const time = (1_900_000_000_000 + number).toString(16).padStart(12, '0')
      last = {
        ...like,
        id: `${time.slice(0, 8)}-${time.slice(8)}-7${randomBytes(2).toString('hex').slice(1)}-8000-${randomBytes(6).toString('hex')}`,
        serial: serialText(randomBytes(16).toString('hex')),
        ...subjectFacts(nameOfText(`CN=host-${number}.example.org,O=Example`)),
        notAfter: ca.clock.now() + (number % 1000) * day + 1,
        der: Buffer.concat([Buffer.from(like.der ?? '', 'base64'), randomBytes(8)]).toString('base64'),
        revocation:
          number % 10 === 0 ? { reason: 'superseded', date: ca.clock.now(), invalidityDate: null } : null,
      }
      return certificates.write(last, 1)
    })
    await inside.apply({ records })
  }
  t.equal(like.authority, authority)
  return last
}

t.test(
  'A hundred thousand certificates are listed, found, issued among, revoked and put on a CRL',
  async (t) => {
    t.setTimeout(1_200_000)
    const ca = await CaHouse.build(t)
    const { olga, clock } = ca
    const root = await ca.root()
    const { id } = await ca.issue('root')
    const inside = await ca.house.inside()
    const like = await new Certificates(inside.store, inside.barrier).find(root.id, id)
    const last = await timed(t, `put ${many}`, () => stock(ca, root.id, like.value))

    const list = (what: string, query: Parameters<Session['certificates']>[1]) =>
      timed(t, what, () => olga.certificates('root', query))
    t.equal((await list('the first page', { limit: 50 })).total, many + 1)
    const far = await list('a page in the middle', { skip: many / 2, limit: 50 })
    t.equal(far.certificates.length, 50)
    t.match(await list('by subject', { subject: last.subject }), {
      total: 1,
      certificates: [{ id: last.id }],
    })
    t.match(await list('by common name', { commonName: 'HOST-5.example.org' }), { total: 1 })
    t.match(await list('by serial number', { serial: last.serial }), { total: 1 })
    t.equal((await list('those that expire', { expiresBy: clock.now() + 5 * day, limit: 10 })).total, 500)
    t.equal((await list('the revoked ones', { state: 'revoked', limit: 10 })).total, many / 10)
    t.equal((await list('the active ones', { state: 'active', limit: 10 })).total, (many * 9) / 10 + 1)
    const found = await timed(t, 'found among all', () => olga.findCertificates({ serial: last.serial }))
    t.equal(found.total, 1)
    const issued = await timed(t, 'issued among them', () => ca.issue('root'))
    await timed(t, 'revoked among them', () => olga.revokeCertificate('root', issued.id))
    const crl = await timed(t, 'a CRL', () => olga.createCrl('root'))
    t.equal(crl.entries, many / 10 + 1)
    const verdict = ca.verify(root, issued.certificate, { crls: [crl.der], args: ['-crl_check'] })
    t.match(verdict.text, /certificate revoked/)
    const good = await ca.issue('root')
    t.ok(ca.verify(root, good.certificate, { crls: [crl.der], args: ['-crl_check'] }).ok)
  },
)
