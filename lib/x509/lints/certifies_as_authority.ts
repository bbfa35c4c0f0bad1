import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { isAuthority } from './roles.js'

export const certifiesAsAuthority: Lint<TbsCertificate> = {
  name: 'certifies-as-authority',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.3',
  find: (certificate) =>
    certificate.extensions.keyUsage?.includes('keyCertSign') === true && !isAuthority(certificate)
      ? 'the key may sign certificates and is of no authority'
      : undefined,
}
