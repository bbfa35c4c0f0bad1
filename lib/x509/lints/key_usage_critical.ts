import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

export const keyUsageCritical: Lint<TbsCertificate> = {
  name: 'key-usage-critical',
  severity: 'warning',
  citation: 'RFC 5280 section 4.2.1.3',
  find: ({ extensions }) =>
    extensions.keyUsage !== undefined && !extensions.critical.has('keyUsage')
      ? 'the key usage is not critical'
      : undefined,
}
