import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

export const nameConstraintsCritical: Lint<TbsCertificate> = {
  name: 'name-constraints-critical',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.10',
  find: ({ extensions }) =>
    extensions.nameConstraints !== undefined && !extensions.critical.has('nameConstraints')
      ? 'the name constraints are not critical'
      : undefined,
}
