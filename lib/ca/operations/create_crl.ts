import { judge, newJob, originOf, type StoredJob } from '../../keys/index.js'
import {
  AlreadyDone,
  type ManagedObject,
  type ObjectOperation,
  type Prepared,
  type RecordWrite,
  states,
} from '../../operation/index.js'
import { buildCrl, type RevokedCertificate } from '../../x509/index.js'
import { wrongState } from '../authorities.js'
import type { Crl } from '../crls.js'
import { type CrlInfo, crlInfo } from '../info.js'
import type { CaServices } from '../services.js'
import { judgedSignature, signerOf } from '../signing.js'
import { authorityIdentifier } from '../template.js'

const day = 86_400_000
/** Of the time for which a CRL holds, after so much the next one is made. */
const part = 2 / 3

const asks = {
  name: 'CreateCRL',
  permission: 'CertificateRevoke',
  durability: 'synced',
  states: ['Active'],
  purposes: ['ca'],
  usage: 'CRLSign',
} as const

/** Makes the next CRL of an authority now (RFC 5280 section 5), disabled or expired as it may be. */
export const createCrl: ObjectOperation<CaServices, { readonly authority: string }, CrlInfo> = {
  ...asks,
  target: ({ authority }) => ({ object: authority }),
  prepare: (services, actor, _input, object) => made(services, object, actor.id, undefined),
}

/** What the scheduler runs. */
export const crlDue: ObjectOperation<CaServices, StoredJob, CrlInfo | null> = {
  ...asks,
  states,
  target: (input) => input,
  async prepare(services, _actor, { key }, object) {
    const job = await services.jobs.read(key)
    if (!job) throw new AlreadyDone()
    if (object.state !== 'Active') {
      // It was deleted while somebody revoked something.
      const removed = { records: [services.jobs.remove(job)] }
      return {
        answer: null,
        rows: removed,
        detail: { ...originOf(job), result: 'there is no such authority any more' },
      }
    }
    return made(services, object, job.setBy, job)
  },
}

async function made(
  services: CaServices,
  object: ManagedObject,
  setBy: string,
  job: StoredJob | undefined,
): Promise<Prepared<CrlInfo>> {
  const { authorities, certificates, crls, jobs, clock } = services
  const { record, certificate } = await authorities.of(object)
  if (!certificate) throw wrongState(record, 'it has no certificate')
  const mark = judge(services, 'protect', object, judgedSignature(object))
  const before = await crls.head(object.id)
  const thisUpdate = Math.floor(clock.now() / 1000) * 1000
  const nextUpdate = thisUpdate + record.settings.crlDays * day
  const number = (before?.value.number ?? 0) + 1
  const revoked: RevokedCertificate[] = []
  for await (const { revocation, notAfter, serial } of certificates.revoked(object.id)) {
    // One that has expired stays on one CRL after that (section 3.3).
    if (!revocation || notAfter < (before?.value.thisUpdate ?? 0)) continue
    revoked.push({
      serialNumber: padded(serial),
      revocationDate: new Date(revocation.date),
      reason: revocation.reason,
      ...(revocation.invalidityDate !== null && { invalidityDate: new Date(revocation.invalidityDate) }),
    })
  }
  const der = await buildCrl(
    {
      issuer: certificate.subject,
      thisUpdate: new Date(thisUpdate),
      nextUpdate: new Date(nextUpdate),
      revoked,
      extensions: {
        cRLNumber: BigInt(number),
        authorityKeyIdentifier: { keyIdentifier: authorityIdentifier(certificate) },
      },
    },
    signerOf(services, object),
  )
  const crl: Crl = { authority: object.id, number, thisUpdate, nextUpdate, entries: revoked.length, der }
  const due = Math.floor(thisUpdate + record.settings.crlDays * day * part)
  const next = jobs.write(newJob('crl', object.id, due, setBy))
  const nextKey = 'row' in next ? next.row.key : ''
  return {
    answer: crlInfo(crl),
    rows: {
      records: [
        ...(await superseded(services, job, before?.value.job, nextKey)),
        ...(nextKey === before?.value.job ? [] : [next]),
        ...crls.write(crl, nextKey, before),
      ],
    },
    detail: { number, entries: revoked.length, ...mark, ...(job && originOf(job)) },
  }
}

/** The job that this was, and the regular one, which is set anew; those of revocations of later stay. */
async function superseded(
  { jobs }: CaServices,
  job: StoredJob | undefined,
  regular: string | undefined,
  next: string,
): Promise<RecordWrite[]> {
  const keys = new Set([job?.key, regular])
  const written: RecordWrite[] = []
  for (const key of keys) {
    if (key !== undefined && key !== next && (await jobs.read(key))) written.push(jobs.remove({ key }))
  }
  return written
}

/** Whole bytes, in two's complement. */
function padded(serial: string): string {
  const whole = serial.length % 2 === 0 ? serial : `0${serial}`
  return /^[89a-f]/.test(whole) ? `00${whole}` : whole
}
