import { primesBelow, rsaCheck } from './rsa.js'

/**
 * Infineon's library made primes k * M + (65537^a mod M), M being the product of the first primes: modulo each of them such a prime, and
 * so the modulus, is a power of 65537. Of other keys one in 2^27 looks so by chance.
 */
const marks = primesBelow(168)
  .slice(1)
  .map((prime) => ({ prime: BigInt(prime), powers: powersOf(65_537 % prime, prime) }))

function powersOf(base: number, prime: number): ReadonlySet<number> {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * base) % prime) powers.add(power)
  return powers
}

export const rsaRoca = rsaCheck({
  name: 'rsa-roca',
  severity: 'error',
  citation: 'CVE-2017-15361 (ROCA); CA/B Baseline Requirements section 6.1.1.3',
  find: ({ modulus }) => {
    const isMarked = marks.every(({ prime, powers }) => powers.has(Number(modulus % prime)))
    return isMarked ? 'the RSA key was made by a library whose keys can be factored' : undefined
  },
})
