import type { RevokedCertificate } from '../x509/index.js'
import type { IssuingSettings } from './authorities.js'
import type { CertificateRecord } from './certificates.js'
import type { CrlHead, CrlPart } from './crls.js'
import type { CaServices } from './services.js'
import { paths } from './settings.js'

const day = 86_400_000
/** Of the time for which a whole CRL holds, after so much the next one is made. */
export const lifePart = 2 / 3
/** Between the look at the clock and the commit of a revocation: what is older is on the base. */
const margin = 60_000
/** More do not fit into the 16 MiB that a CRL has at most. */
const mostOnOne = 300_000

/** Which CRLs of an authority there are beside the whole one about all. */
export interface Division {
  /** 0: none. */
  readonly partitions: number
  readonly hasDeltas: boolean
  readonly bases: readonly string[]
}

/** What the settings want, and what certificates of before name. Both take an address. */
export function division(
  before: CrlHead | undefined,
  { crlPartitions, deltaCrls }: IssuingSettings,
  publicUrl: string | undefined,
): Division {
  const known = before?.bases ?? []
  const isWanted = crlPartitions > 1 || deltaCrls || known.length > 0
  const bases = [...new Set([...known, ...(isWanted && publicUrl !== undefined ? [publicUrl] : [])])]
  if (bases.length === 0) return { partitions: 0, hasDeltas: false, bases }
  const wanted = crlPartitions > 1 ? crlPartitions : 0
  return { partitions: Math.max(before?.partitions ?? 0, wanted), hasDeltas: deltaCrls, bases }
}

/** Whether it is enough to say what has changed: there is a base that says where, and the next one is not due. */
export function mayBeDelta(
  before: CrlHead,
  { partitions, hasDeltas, bases }: Division,
  { crlDays }: IssuingSettings,
  now: number,
): boolean {
  return (
    hasDeltas &&
    before.delta !== undefined &&
    partitions === before.partitions &&
    bases.length === before.bases?.length &&
    now < before.thisUpdate + crlDays * day * lifePart
  )
}

/** What is on CRLs, or was until a hold was taken back: of all, or (1, 2, ...) of a partition. */
export async function listings(
  { certificates }: CaServices,
  authority: string,
  before: CrlHead | undefined,
  partitions: number,
): Promise<(partition: number) => readonly CertificateRecord[]> {
  const all: CertificateRecord[] = []
  const divided = Array.from({ length: partitions }, (): CertificateRecord[] => [])
  for await (const record of certificates.revoked(authority)) {
    // One that has expired stays on one CRL after that (section 3.3).
    if (record.notAfter < (before?.thisUpdate ?? 0)) continue
    all.push(record)
    if (record.partition !== undefined) divided[record.partition - 1]?.push(record)
  }
  return (partition) => (partition === 0 ? all : (divided[partition - 1] ?? []))
}

/** The one about all is made as long as it can be: beyond that what has a partition is on that alone. */
export function firstPart(listed: number, partitions: number): 0 | 1 {
  return listed > mostOnOne && partitions > 0 ? 1 : 0
}

export function whole(listed: readonly CertificateRecord[]): readonly RevokedCertificate[] {
  return listed.flatMap((record) => entryOf(record))
}

/** What has changed since a base, which nobody else may have seen: too much does no harm. */
export function sinceThen(listed: readonly CertificateRecord[], base: number): readonly RevokedCertificate[] {
  return listed.flatMap((record) => {
    if (record.updated < base - margin) return []
    if (record.revocation || record.resumed === undefined) return entryOf(record)
    const revocationDate = new Date(record.resumed)
    return [{ serialNumber: padded(record.serial), revocationDate, reason: 'removeFromCRL' as const }]
  })
}

/** The distribution point of one of them, by every address that certificates may name it by. */
export function pointOf(bases: readonly string[], authority: string, part: CrlPart) {
  const fullName = bases.map((base) => ({
    form: 'uniformResourceIdentifier' as const,
    value: base + paths.crl(authority, part),
  }))
  return { distributionPoint: { fullName } }
}

function entryOf({ serial, revocation }: CertificateRecord): RevokedCertificate[] {
  if (!revocation) return []
  const { date, reason, invalidityDate } = revocation
  return [
    {
      serialNumber: padded(serial),
      revocationDate: new Date(date),
      reason,
      ...(invalidityDate !== null && { invalidityDate: new Date(invalidityDate) }),
    },
  ]
}

/** Whole bytes, in two's complement. */
function padded(serial: string): string {
  const whole = serial.length % 2 === 0 ? serial : `0${serial}`
  return /^[89a-f]/.test(whole) ? `00${whole}` : whole
}
