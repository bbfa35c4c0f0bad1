import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

export const keyUsageEmpty: Lint<TbsCertificate> = {
  name: 'key-usage-empty',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.3',
  find: ({ extensions }) =>
    extensions.keyUsage?.length === 0 ? 'the key may be used for nothing' : undefined,
}
