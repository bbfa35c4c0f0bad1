import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { textsOf } from '../name/general_name.js'

export const statusLocations: Lint<TbsCertificate> = {
  name: 'status-locations',
  severity: 'warning',
  citation: 'CA/B Baseline Requirements sections 7.1.2.11.2 and 7.1.2.7.7; RFC 5280 section 8',
  find: ({ extensions }) => {
    const { cRLDistributionPoints = [], authorityInfoAccess = [] } = extensions
    const points = cRLDistributionPoints.flatMap(({ distributionPoint: name }) =>
      name && 'fullName' in name ? name.fullName : [],
    )
    const locations = [...points, ...authorityInfoAccess.map(({ location }) => location)]
    const isSecured = textsOf(locations, 'uniformResourceIdentifier').some((uri) => /^https:/i.test(uri))
    return isSecured
      ? 'a CRL, OCSP responder or issuer is reached by https, whose certificate needs them first'
      : undefined
  },
}
