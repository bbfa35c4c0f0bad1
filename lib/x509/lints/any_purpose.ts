import type { TbsCertificate } from '../certificate.js'
import { keyPurposes } from '../extensions/extended_key_usage.js'
import type { Lint } from '../lint.js'

export const anyPurpose: Lint<TbsCertificate> = {
  name: 'any-purpose',
  severity: 'warning',
  citation: 'RFC 5280 section 4.2.1.12; CA/B Baseline Requirements section 7.1.2.7.10',
  find: ({ extensions }) => {
    const isAny = extensions.extKeyUsage?.includes(keyPurposes.anyExtendedKeyUsage) === true
    if (isAny && extensions.critical.has('extKeyUsage')) return 'any purpose is allowed, critically'
    return isAny && extensions.extKeyUsage?.length !== 1 ? 'any purpose is allowed beside others' : undefined
  },
}
