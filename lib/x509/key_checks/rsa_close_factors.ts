import { rsaCheck } from './rsa.js'

/** As many as the Baseline Requirements want. */
const rounds = 100

export const rsaCloseFactors = rsaCheck({
  name: 'rsa-close-factors',
  severity: 'error',
  citation: 'CVE-2022-26320; CA/B Baseline Requirements section 6.1.1.3',
  find: ({ modulus }) =>
    modulus > 0n && hasCloseFactors(modulus)
      ? 'the factors of the RSA modulus are so close to one another that they can be found'
      : undefined,
})

/** Fermat's factorisation: the modulus is a^2 - b^2, with an a that is hardly larger than its root. */
function hasCloseFactors(modulus: bigint): boolean {
  let a = squareRoot(modulus)
  for (let round = 0; round <= rounds; round++, a++) {
    if (isSquare(a * a - modulus)) return true
  }
  return false
}

/** The remainders that squares have, which leave one number in ten for a root to be taken of. */
const remainders = [64, 63, 65].map((divisor) => ({
  divisor: BigInt(divisor),
  squares: new Set(Array.from({ length: divisor }, (_, n) => (n * n) % divisor)),
}))

function isSquare(number: bigint): boolean {
  if (number < 0n) return false
  const isPossible = remainders.every(({ divisor, squares }) => squares.has(Number(number % divisor)))
  return isPossible && squareRoot(number) ** 2n === number
}

/** Newton's method, from above. */
function squareRoot(number: bigint): bigint {
  if (number < 2n) return number
  let root = 1n << BigInt(Math.ceil(number.toString(2).length / 2))
  for (;;) {
    const next = (root + number / root) >> 1n
    if (next >= root) return root
    root = next
  }
}
