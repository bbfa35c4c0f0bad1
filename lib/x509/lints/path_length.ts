import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { isAuthority } from './roles.js'

export const pathLength: Lint<TbsCertificate> = {
  name: 'path-length',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.9',
  find: (certificate) =>
    certificate.extensions.basicConstraints?.pathLength !== undefined && !isAuthority(certificate)
      ? 'the length of a path is limited that cannot begin here'
      : undefined,
}
