import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { isAuthority } from './roles.js'

export const nameConstraintsOfAuthority: Lint<TbsCertificate> = {
  name: 'name-constraints-of-authority',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.10',
  find: (certificate) =>
    certificate.extensions.nameConstraints !== undefined && !isAuthority(certificate)
      ? 'names are constrained, and this is no authority'
      : undefined,
}
