import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { isAuthority } from './roles.js'

export const subjectKeyIdentifier: Lint<TbsCertificate> = {
  name: 'subject-key-identifier',
  severity: 'notice',
  citation: 'RFC 5280 section 4.2.1.2',
  find: (certificate) =>
    !isAuthority(certificate) && certificate.extensions.subjectKeyIdentifier === undefined
      ? 'the key of the subject is not identified'
      : undefined,
}
