import type { KeyUsage } from '../x509/index.js'
import type { NameKind } from './names.js'

/** What a kind of certificate says, whoever asks for it: a request has no say in these. */
export interface CertificateProfile {
  /** 1 to 64 letters, digits, `.`, `_` and `-`. */
  readonly name: string
  /** Whether it is in the program, or in the store, where alone it can be changed. */
  readonly origin: 'built-in' | 'store'
  readonly description: string
  /** RFC 5280 section 4.2.1.3. `keyEncipherment` is left out of certificates whose key is not RSA. */
  readonly keyUsage: readonly KeyUsage[]
  /** Section 4.2.1.12: `serverAuth`, `clientAuth`, ... or object identifiers. */
  readonly extendedKeyUsage: readonly string[]
  /** Types of attributes that the subject must have: `CN`, `O`. */
  readonly requiredSubject: readonly string[]
  /** The kinds of alternative names that it may have. */
  readonly names: readonly NameKind[]
  /** Whether it must have one; then the common name stands for it where it is a DNS name. */
  readonly namesRequired: boolean
  /** Domains that its DNS names are in or below. Null: any. */
  readonly dnsSuffixes: readonly string[] | null
  /** Whether the first label of a DNS name may be `*`. */
  readonly wildcards: boolean
  /** Whether it is a certificate of an authority. */
  readonly authority: boolean
  /** How many authorities may follow below such a one at most. Null: as many as its issuer allows. */
  readonly pathLength: number | null
  /** Certificate policies: object identifiers. */
  readonly policies: readonly string[]
  /** Whether nobody is to ask if it is revoked (RFC 6960 section 4.2.2.2.1). */
  readonly noCheck: boolean
  /** Days for which it is valid, unless said otherwise, and at most. */
  readonly days: number
  readonly maximumDays: number
}

/** A profile that allows nothing. */
export const emptyProfile: Omit<CertificateProfile, 'name' | 'origin'> = {
  description: '',
  keyUsage: [],
  extendedKeyUsage: [],
  requiredSubject: [],
  names: [],
  namesRequired: false,
  dnsSuffixes: null,
  wildcards: false,
  authority: false,
  pathLength: null,
  policies: [],
  noCheck: false,
  days: 90,
  maximumDays: 397,
}
