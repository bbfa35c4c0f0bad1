import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { signatureAlgorithm } from '../signature.js'

/** That it is the same inside and outside, the reader sees to. */
export const signatureHash: Lint<TbsCertificate> = {
  name: 'signature-hash',
  severity: 'error',
  citation: 'RFC 9155; CA/B Baseline Requirements section 7.1.3.2',
  find: ({ signatureAlgorithm: identifier }) => {
    const algorithm = signatureAlgorithm(identifier)
    if (algorithm === undefined)
      return `the algorithm of the signature (${identifier.algorithm}) is not known`
    return algorithm.hash === 'SHA-1' ? 'the signature is made with SHA-1' : undefined
  },
}
