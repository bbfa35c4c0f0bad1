import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

export const issuerName: Lint<TbsCertificate> = {
  name: 'issuer-name',
  severity: 'error',
  citation: 'RFC 5280 section 4.1.2.4',
  find: ({ issuer }) => (issuer.isEmpty ? 'the issuer has no name' : undefined),
}
