import {
  certifyingSigner,
  judge,
  judgedCertifying,
  newJob,
  originOf,
  type StoredJob,
} from '../../keys/index.js'
import {
  AlreadyDone,
  type ManagedObject,
  type ObjectOperation,
  type Prepared,
  type RecordWrite,
  states,
} from '../../operation/index.js'
import { buildCrl } from '../../x509/index.js'
import { wrongState } from '../authorities.js'
import {
  division,
  firstPart,
  lifePart,
  listings,
  mayBeDelta,
  pointOf,
  sinceThen,
  whole,
} from '../crl_parts.js'
import type { Crl, CrlHead, CrlPart } from '../crls.js'
import { type CrlInfo, crlInfo } from '../info.js'
import type { CaServices } from '../services.js'
import { settingsOf } from '../settings.js'
import { authorityIdentifier } from '../template.js'
import { orphaned } from './orphaned.js'

const day = 86_400_000

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
    // It may have been deleted while somebody revoked something.
    return object.state === 'Active' ? made(services, object, job.setBy, job) : orphaned(services, job)
  },
}

async function made(
  services: CaServices,
  object: ManagedObject,
  setBy: string,
  job: StoredJob | undefined,
): Promise<Prepared<CrlInfo>> {
  const { authorities, crls, jobs, clock } = services
  const { record, certificate } = await authorities.of(object)
  if (!certificate) throw wrongState(record, 'it has no certificate')
  const settings = settingsOf(record)
  const mark = judge(services, 'protect', object, judgedCertifying(object))
  const before = await crls.head(object.id)
  const thisUpdate = Math.floor(clock.now() / 1000) * 1000
  const nextUpdate = thisUpdate + settings.crlDays * day
  const number = Math.max(before?.value.number ?? 0, before?.value.delta ?? 0) + 1
  const divided = division(before?.value, settings, services.publicUrl)
  const isDelta =
    job !== undefined && before !== undefined && mayBeDelta(before.value, divided, settings, thisUpdate)
  const listed = await listings(services, object.id, before?.value, divided.partitions)
  const signer = certifyingSigner(services, object)
  const build = async (partition: number, delta: boolean): Promise<Crl> => {
    const base = isDelta ? before.value : { number, thisUpdate }
    const revoked = delta ? sinceThen(listed(partition), base.thisUpdate) : whole(listed(partition))
    const part = { ...(partition > 0 && { partition }), ...(delta && { delta }) }
    const point = (of: CrlPart) => pointOf(divided.bases, object.id, of)
    const der = await buildCrl(
      {
        issuer: certificate.subject,
        thisUpdate: new Date(thisUpdate),
        nextUpdate: new Date(nextUpdate),
        revoked,
        extensions: {
          authorityKeyIdentifier: { keyIdentifier: authorityIdentifier(certificate) },
          cRLNumber: BigInt(number),
          ...(delta && { deltaCRLIndicator: BigInt(base.number) }),
          ...(partition > 0 && { issuingDistributionPoint: point({ partition }) }),
          ...(!delta && divided.hasDeltas && { freshestCRL: [point({ ...part, delta: true })] }),
        },
      },
      signer,
    )
    return {
      ...{ authority: object.id, number, thisUpdate, nextUpdate, entries: revoked.length, der },
      ...part,
    }
  }
  const made: Crl[] = []
  const from = firstPart(listed(0).length, divided.partitions)
  for (let partition: number = from; partition <= divided.partitions; partition++) {
    if (!isDelta) made.push(await build(partition, false))
    if (divided.hasDeltas) made.push(await build(partition, true))
  }
  const [first] = made as [Crl]
  const detail = {
    ...{ number, entries: first.entries, delta: isDelta, partitions: divided.partitions },
    ...mark,
    ...(job && originOf(job)),
  }
  if (isDelta) {
    const head = { ...before.value, delta: number }
    const records = [jobs.remove(job), ...crls.write(made, object.id, head, before)]
    return { answer: crlInfo(first), rows: { records }, detail }
  }
  const due = Math.floor(thisUpdate + settings.crlDays * day * lifePart)
  const next = jobs.write(newJob('crl', object.id, due, setBy))
  const nextKey = 'row' in next ? next.row.key : ''
  const { partitions, bases, hasDeltas } = divided
  const head: CrlHead = {
    ...{ number, thisUpdate, job: nextKey },
    ...(hasDeltas && { delta: number }),
    ...(bases.length > 0 && { partitions, bases }),
  }
  return {
    answer: crlInfo(first),
    rows: {
      records: [
        ...(await superseded(services, job, before?.value.job, nextKey)),
        ...(nextKey === before?.value.job ? [] : [next]),
        ...crls.write(made, object.id, head, before),
      ],
    },
    detail,
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
