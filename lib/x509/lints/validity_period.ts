import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { isOfServer } from './roles.js'

/** For certificates from a date on. */
const limits = [
  { from: new Date('2020-09-01T00:00:00Z'), days: 398 },
  { from: new Date('2026-03-15T00:00:00Z'), days: 200 },
  { from: new Date('2027-03-15T00:00:00Z'), days: 100 },
  { from: new Date('2029-03-15T00:00:00Z'), days: 47 },
]

export const validityPeriod: Lint<TbsCertificate> = {
  name: 'validity-period',
  severity: 'notice',
  citation: 'CA/B Baseline Requirements section 6.3.2',
  find: (certificate) => {
    const { notBefore, notAfter } = certificate
    const most = limits.findLast(({ from }) => notBefore >= from)?.days ?? Number.POSITIVE_INFINITY
    // Both ends are inclusive, to the second.
    const days = (notAfter.getTime() - notBefore.getTime() + 1_000) / 86_400_000
    if (!isOfServer(certificate) || days <= most) return undefined
    return `browsers take no certificate of a server for more than ${most} days`
  },
}
