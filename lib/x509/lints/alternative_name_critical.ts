import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

export const alternativeNameCritical: Lint<TbsCertificate> = {
  name: 'alternative-name-critical',
  severity: 'error',
  citation: 'RFC 5280 section 4.1.2.6',
  find: ({ subject, extensions }) =>
    subject.isEmpty && !extensions.critical.has('subjectAltName')
      ? 'there is neither a subject nor a critical alternative name'
      : undefined,
}
