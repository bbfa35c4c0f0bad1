import { type Finding, findings, type Lint } from '../lint.js'
import type { PublicKeyInfo } from '../public_key.js'
import { rsaCloseFactors } from './rsa_close_factors.js'
import { rsaExponent } from './rsa_exponent.js'
import { rsaRoca } from './rsa_roca.js'
import { rsaSize } from './rsa_size.js'
import { rsaSmallFactors } from './rsa_small_factors.js'
import { sound } from './sound.js'
import { supportedKind } from './supported_kind.js'

const checks: readonly Lint<PublicKeyInfo>[] = [
  supportedKind,
  rsaSize,
  rsaExponent,
  rsaSmallFactors,
  rsaRoca,
  rsaCloseFactors,
  sound,
]

/**
 * Why an authority must not sign a public key; empty of one that it may. Whether a policy admits the algorithm is not asked
 * here. A millisecond for RSA, a tenth of it for others.
 *
 * @throws MORTISE_X509_INVALID where an RSA key has not the numbers of one
 */
export function keyFindings(publicKey: PublicKeyInfo): readonly Finding[] {
  return findings(checks, publicKey)
}
