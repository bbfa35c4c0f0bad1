import type { RevocationReason } from '../extensions/reasons.js'

/** What is said of a certificate that is revoked, or on hold. */
export interface Revocation {
  /** `removeFromCRL` in a delta CRL alone, where it says the opposite. */
  readonly reason: RevocationReason
  readonly revocationDate: Date
  /** Since when the key is known or suspected to be compromised. */
  readonly invalidityDate?: Date | undefined
}
