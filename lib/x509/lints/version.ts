import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

export const version: Lint<TbsCertificate> = {
  name: 'version',
  severity: 'error',
  citation: 'RFC 5280 section 4.1.2.1; CA/B Baseline Requirements section 7.1.1',
  find: ({ version }) => (version === 3 ? undefined : `the version is ${version}, and not 3`),
}
