import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { isAuthority } from './roles.js'

export const authorityName: Lint<TbsCertificate> = {
  name: 'authority-name',
  severity: 'error',
  citation: 'RFC 5280 section 4.1.2.6',
  find: (certificate) =>
    isAuthority(certificate) && certificate.subject.isEmpty ? 'an authority has no name' : undefined,
}
