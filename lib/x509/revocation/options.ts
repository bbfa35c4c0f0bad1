import type { Crl } from './crl.js'
import type { RevocationIndex } from './revocation_index.js'

/** By what it is found out whether the certificates of a path are revoked. */
export interface RevocationOptions {
  /** Complete and delta CRLs, in any order; what is of no use does no harm. */
  readonly crls?: readonly Crl[]
  /** Of authorities whose records are at hand: what they say is the last word. */
  readonly indexes?: readonly RevocationIndex[]
  /** What becomes of a path with a certificate of which nothing is known. Default `refuse`. */
  readonly whereUnknown?: 'refuse' | 'accept'
}
