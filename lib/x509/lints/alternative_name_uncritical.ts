import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

export const alternativeNameUncritical: Lint<TbsCertificate> = {
  name: 'alternative-name-uncritical',
  severity: 'warning',
  citation: 'RFC 5280 section 4.2.1.6; CA/B Baseline Requirements section 7.1.2.7.12',
  find: ({ subject, extensions }) =>
    !subject.isEmpty && extensions.critical.has('subjectAltName')
      ? 'the alternative names are critical beside a subject'
      : undefined,
}
