import { isSelfIssued, type TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

export const authorityKeyIdentifier: Lint<TbsCertificate> = {
  name: 'authority-key-identifier',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.1',
  find: (certificate) => {
    const identifier = certificate.extensions.authorityKeyIdentifier
    const isMissing =
      identifier === undefined ? !isSelfIssued(certificate) : identifier.keyIdentifier === undefined
    return isMissing ? 'the key of the issuer is not identified' : undefined
  },
}
