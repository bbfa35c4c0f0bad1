import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { isAuthority } from './roles.js'

export const authorityCertifies: Lint<TbsCertificate> = {
  name: 'authority-certifies',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.3',
  find: (certificate) =>
    isAuthority(certificate) && certificate.extensions.keyUsage?.includes('keyCertSign') !== true
      ? 'the key of an authority may not sign certificates'
      : undefined,
}
