import type { DerReader } from '../der/reader.js'
import { tags } from '../der/tags.js'
import { enumerated, namedBits } from '../der/writer.js'
import { malformed } from '../malformed.js'

/** CRLReason (RFC 5280 section 5.3.1). */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  /** Only in delta CRLs. */
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const

export type RevocationReason = keyof typeof revocationReasons

const reasonsByNumber = new Map(
  Object.entries(revocationReasons).map(([reason, number]) => [number as number, reason as RevocationReason]),
)

export function readReason(reader: DerReader, tag: number = tags.enumerated): RevocationReason {
  const reason = reasonsByNumber.get(reader.count(tag))
  if (reason === undefined) throw malformed('a reason of revocation is none of RFC 5280 section 5.3.1')
  return reason
}

export function writeReason(reason: RevocationReason): Buffer {
  return enumerated(revocationReasons[reason])
}

/** ReasonFlags (RFC 5280 section 4.2.1.13), in the order of the bits; the first is not used. */
const flaggedReasons = [
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
] as const

export type FlaggedReason = (typeof flaggedReasons)[number]

export const allReasons: readonly FlaggedReason[] = flaggedReasons

export function readReasonFlags(reader: DerReader, tag: number): readonly FlaggedReason[] {
  const { bytes } = reader.bitString(tag)
  return flaggedReasons.filter((_, i) => ((bytes[(i + 1) >> 3] ?? 0) & (0x80 >> ((i + 1) & 7))) !== 0)
}

export function writeReasonFlags(reasons: readonly FlaggedReason[], tag: number): Buffer {
  return namedBits([false, ...flaggedReasons.map((reason) => reasons.includes(reason))], tag)
}
