import { MortiseError } from '../errors/index.js'

/** RFC 5280 section 5.3.1, in the order of its numbers; `removeFromCRL` is of delta CRLs alone, and is what resuming is. */
export const certificateReasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const
export type CertificateReason = (typeof certificateReasons)[number]

/** Why and when a certificate was revoked. */
export interface Revocation {
  readonly reason: Exclude<CertificateReason, 'removeFromCRL'>
  /** Milliseconds since 1970. */
  readonly date: number
  /** Since when the key is known or suspected to have been in other hands (section 5.3.2), where that is said. */
  readonly invalidityDate: number | null
}

/** @throws MORTISE_INPUT_INVALID */
export function checkedReason(reason: string): CertificateReason {
  const known = certificateReasons.find((one) => one === reason)
  if (known) return known
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `the reason must be one of ${certificateReasons.join(', ')}`,
  )
}
