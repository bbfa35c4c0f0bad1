import { primesBelow, rsaCheck } from './rsa.js'

const primes = primesBelow(752).map(BigInt)

export const rsaSmallFactors = rsaCheck({
  name: 'rsa-small-factors',
  severity: 'error',
  citation: 'CA/B Baseline Requirements section 6.1.6; SP 800-89 section 5.3.3',
  find: ({ modulus }) => {
    const factor = primes.find((prime) => modulus % prime === 0n)
    return factor === undefined ? undefined : `the RSA modulus is a multiple of ${factor}`
  },
})
