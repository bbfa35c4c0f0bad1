import { rsaCheck } from './rsa.js'

export const rsaExponent = rsaCheck({
  name: 'rsa-exponent',
  severity: 'error',
  citation: 'FIPS 186-5 section 5.4 (e); CA/B Baseline Requirements section 6.1.6',
  find: ({ exponent }) => {
    // The native core takes no more than 64 bits, though FIPS 186-5 allows 256.
    const isSound = exponent % 2n === 1n && exponent > 2n ** 16n && exponent < 2n ** 64n
    return isSound ? undefined : 'the RSA exponent is not an odd number between 2^16 and 2^64'
  },
})
