import type { Policy } from '../../crypto/index.js'
import type { Certificate } from '../certificate.js'
import type { KeyPurpose } from '../extensions/extended_key_usage.js'
import type { KeyUsage } from '../extensions/key_usage.js'
import type { RevocationOptions } from '../revocation/options.js'
import type { IsPublicSuffix, PeerName } from './peer_names.js'
import type { Profile } from './profile.js'

export interface PathOptions {
  readonly leaf: Certificate
  /** What may lie between, in any order; what is of no use does no harm. */
  readonly intermediates: readonly Certificate[]
  /** What is trusted. What their extensions constrain holds (RFC 5937), and so does their validity. */
  readonly anchors: readonly Certificate[]
  /** When it is to be valid. */
  readonly at: Date
  /** Default `path`. */
  readonly profile?: Profile
  /** Which algorithms and keys are admitted. RSA of less than 2,048 bits never is. Default `approved`. */
  readonly policy?: Policy
  /** What the key of the leaf is used for: the leaf and every authority above it may not be for other purposes alone. */
  readonly purpose?: KeyPurpose
  /** What the key usage of the leaf must have, where it has that extension. Default nothing. */
  readonly keyUsage?: readonly KeyUsage[]
  /** What the leaf must be called, all of it. Default nothing. */
  readonly names?: readonly PeerName[]
  /** Default: nothing is asked about revocation. */
  readonly revocation?: RevocationOptions
  /** Needed for wildcards, which otherwise are nobody's name. */
  readonly isPublicSuffix?: IsPublicSuffix
  /** Intermediates that are not self-issued, at most. Default 10. */
  readonly maximumDepth?: number
  /** The user-initial-policy-set (section 6.1.1), object identifiers. Default anyPolicy. */
  readonly initialPolicies?: readonly string[]
  /** initial-explicit-policy. Default false. */
  readonly explicitPolicy?: boolean
  /** initial-policy-mapping-inhibit. Default false. */
  readonly inhibitPolicyMapping?: boolean
  /** initial-any-policy-inhibit. Default false. */
  readonly inhibitAnyPolicy?: boolean
}

export const defaultDepth = 10
