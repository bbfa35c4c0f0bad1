import { rsaCheck } from './rsa.js'

/** Bits. Above, OpenSSL's and our own verification grow slow, so that somebody else's key costs us. */
const [smallest, largest] = [2048, 4096]

export const rsaSize = rsaCheck({
  name: 'rsa-size',
  severity: 'error',
  citation: 'SP 800-131A revision 2 section 3; CA/B Baseline Requirements section 6.1.5',
  find: ({ modulus }) => {
    const bits = modulus > 0n ? modulus.toString(2).length : 0
    if (bits >= smallest && bits <= largest && bits % 8 === 0) return undefined
    return `the RSA modulus has ${bits} bits, and not ${smallest} to ${largest} in whole bytes`
  },
})
