import type { TbsCertificate } from '../certificate.js'
import { type Lint, quoted } from '../lint.js'
import { textsOf } from '../name/general_name.js'
import { isHostPattern } from '../name/hosts.js'

/** Nor a NUL, an underscore, or what may be taken for an address; a wildcard is the whole first label. */
export const dnsNames: Lint<TbsCertificate> = {
  name: 'dns-names',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.6 (RFC 1034 section 3.5, RFC 1123 section 2.1)',
  find: ({ extensions }) => {
    const wrong = textsOf(extensions.subjectAltName, 'dNSName').find((name) => !isHostPattern(name))
    return wrong === undefined ? undefined : `an alternative name is no DNS name: ${quoted(wrong)}`
  },
}
