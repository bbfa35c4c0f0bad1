import { MortiseError } from '../errors/index.js'
import { type RevocationReason, revocationReasons } from '../x509/index.js'

/** Why a certificate is revoked (RFC 5280 section 5.3.1): one of {@link certificateReasons}. */
export type CertificateReason = RevocationReason
/** In the order of their numbers; `removeFromCRL` is of delta CRLs alone, and is what resuming is. */
export const certificateReasons = Object.keys(revocationReasons) as readonly CertificateReason[]

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
