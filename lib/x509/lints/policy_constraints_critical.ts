import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

const names = ['policyConstraints', 'inhibitAnyPolicy'] as const

export const policyConstraintsCritical: Lint<TbsCertificate> = {
  name: 'policy-constraints-critical',
  severity: 'error',
  citation: 'RFC 5280 sections 4.2.1.11 and 4.2.1.14',
  find: ({ extensions }) => {
    const wrong = names.find((name) => extensions[name] !== undefined && !extensions.critical.has(name))
    return wrong && `${wrong} is not critical`
  },
}
