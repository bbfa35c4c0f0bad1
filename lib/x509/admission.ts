import { admit, type Judged, judgedKey, type Policy } from '../crypto/index.js'
import { isMortiseError } from '../errors/index.js'
import { importKey } from './import_key.js'
import type { PublicKeyInfo } from './public_key.js'
import { isSignedWith, judgedHash, type Signed, signatureAlgorithm } from './signature.js'

/** Bits: 112 bits of strength (SP 800-131A section 3). */
const smallestModulus = 2048

/** Why a key is not admitted, to stand behind the name of who has it. */
export function keyFault({ kind }: PublicKeyInfo, policy: Policy | undefined): string | undefined {
  if (!kind) return 'has a key of a kind that is not supported'
  if (kind.algorithm === 'RSA' && kind.length < smallestModulus) {
    return `has an RSA key of only ${kind.length} bits`
  }
  return policyFault(policy, [judgedKey(kind.algorithm, kind.length, kind.curve)])
}

/** @param policy default `approved` */
export function policyFault(policy: Policy = 'approved', judged: readonly Judged[]): string | undefined {
  try {
    admit(policy, 'process', ...judged)
    return undefined
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_CRYPTO_POLICY')) throw error
    return `needs ${error.details['refused']}, which the policy approved refuses`
  }
}

/** Why something is not validly signed with an admitted key. */
export function signatureFault(
  signed: Signed,
  publicKey: PublicKeyInfo,
  policy: Policy | undefined,
): string | undefined {
  const { algorithm: type } = signed.signatureAlgorithm
  const algorithm = signatureAlgorithm(signed.signatureAlgorithm)
  if (algorithm === undefined) return `is signed by an algorithm (${type}) that is not supported`
  const fault = keyFault(publicKey, policy) ?? policyFault(policy, judgedHash(algorithm))
  if (fault !== undefined) return fault
  const key = importKey(publicKey.der)
  if (typeof key === 'string') return `has a key that is not valid: ${key}`
  return isSignedWith(signed, algorithm, key) ? undefined : 'is not signed by the key'
}
