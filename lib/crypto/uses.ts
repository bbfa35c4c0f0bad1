import type { KdfMethod } from '../native/index.js'
import type { Judged } from './policy.js'

/** PBKDF2 with fewer iterations is for what others have derived so (SP 800-132 section 5.2). */
export const leastIterations = 1000

const compatible = <Name extends string>(name: Name) => ({ name, standing: 'compatible' }) as const

/** What is not approved of keys and algorithms that are. */
export const uses = {
  /** One key for two purposes (SP 800-57 part 1 section 5.2). */
  hmacOfAes: compatible('HMAC of an AES key'),
  /** Nobody knows what was signed (FIPS 186-5 section 3). */
  bareDigest: compatible('signature of a bare digest'),
  /** SP 800-132 section 5.2. */
  shortPbkdf2: compatible(`PBKDF2 of fewer than ${leastIterations} iterations`),
  /** None of SP 800-56C and SP 800-108. */
  derivationByHash: compatible('derivation by Hash'),
  derivationByHmac: compatible('derivation by HMAC'),
  derivationByEncryption: compatible('derivation by encryption'),
  derivationByAgreed: compatible('derivation by Agreed'),
} as const satisfies Record<string, Judged>

/** What there is to say against a way of deriving keys. */
export function judgedDerivation(method: KdfMethod): readonly Judged[] {
  switch (method) {
    case 'Hash':
      return [uses.derivationByHash]
    case 'HMAC':
      return [uses.derivationByHmac]
    case 'Encrypted':
      return [uses.derivationByEncryption]
    case 'Agreed':
      return [uses.derivationByAgreed]
    default:
      return []
  }
}
