import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { isAuthority } from './roles.js'

export const authoritySubjectKey: Lint<TbsCertificate> = {
  name: 'authority-subject-key',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.2',
  find: (certificate) =>
    isAuthority(certificate) && certificate.extensions.subjectKeyIdentifier === undefined
      ? 'the key of an authority is not identified'
      : undefined,
}
