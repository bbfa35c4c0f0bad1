import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

export const validityOrder: Lint<TbsCertificate> = {
  name: 'validity-order',
  severity: 'error',
  citation: 'RFC 5280 section 4.1.2.5',
  find: ({ notBefore, notAfter }) =>
    notBefore > notAfter ? 'the validity ends before it begins' : undefined,
}
