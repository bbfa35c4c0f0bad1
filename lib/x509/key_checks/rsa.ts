import type { Lint } from '../lint.js'
import { type PublicKeyInfo, type RsaPublicKey, rsaPublicKey } from '../public_key.js'

/** A check that only RSA keys have. */
export function rsaCheck(check: Lint<RsaPublicKey>): Lint<PublicKeyInfo> {
  return {
    ...check,
    find: (publicKey) => {
      const numbers = rsaPublicKey(publicKey)
      return numbers && check.find(numbers)
    },
  }
}

/** The primes below a bound. */
export function primesBelow(bound: number): readonly number[] {
  const primes: number[] = []
  for (let n = 2; n < bound; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
}
