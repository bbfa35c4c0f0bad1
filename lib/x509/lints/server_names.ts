import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { isOfServer } from './roles.js'

export const serverNames: Lint<TbsCertificate> = {
  name: 'server-names',
  severity: 'warning',
  citation: 'RFC 9525 section 2; CA/B Baseline Requirements section 7.1.2.7.12',
  find: (certificate) =>
    isOfServer(certificate) && certificate.extensions.subjectAltName === undefined
      ? 'a server has no alternative names, and clients look at nothing else'
      : undefined,
}
