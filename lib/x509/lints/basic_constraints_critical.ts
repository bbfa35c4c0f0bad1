import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { isAuthority } from './roles.js'

export const basicConstraintsCritical: Lint<TbsCertificate> = {
  name: 'basic-constraints-critical',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.9',
  find: (certificate) =>
    isAuthority(certificate) && !certificate.extensions.critical.has('basicConstraints')
      ? 'the basic constraints of an authority are not critical'
      : undefined,
}
