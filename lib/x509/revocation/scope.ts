import type { Certificate } from '../certificate.js'
import type { DistributionPoint, DistributionPointName } from '../extensions/distribution_points.js'
import { allReasons, type FlaggedReason } from '../extensions/reasons.js'
import { directoryNames, type GeneralName, isSameGeneralName } from '../name/general_name.js'
import type { Name } from '../name/name.js'
import { nameOfRelativeNames } from '../name/write.js'
import type { Crl } from './crl.js'

/**
 * The reasons for which a CRL would have the certificate, as one that a distribution point names (RFC 5280 section 6.3.3, steps (b) and
 * (d)); undefined where the CRL is not about it.
 */
export function scopeOf(
  crl: Crl,
  certificate: Certificate,
  point: DistributionPoint,
): readonly FlaggedReason[] | undefined {
  const issuing = crl.extensions.issuingDistributionPoint ?? {}
  if (!isIssuer(crl, certificate, point)) return undefined
  if (issuing.distributionPoint && !isNamed(issuing.distributionPoint, crl, certificate, point))
    return undefined
  const isAuthority = certificate.extensions.basicConstraints?.cA === true
  if (issuing.onlyContainsUserCerts && isAuthority) return undefined
  if (issuing.onlyContainsCACerts && !isAuthority) return undefined
  if (issuing.onlyContainsAttributeCerts) return undefined
  const { reasons = allReasons } = point
  const { onlySomeReasons = allReasons } = issuing
  return reasons.filter((reason) => onlySomeReasons.includes(reason))
}

/** Step (b) (1). */
function isIssuer(
  { issuer, extensions }: Crl,
  certificate: Certificate,
  { cRLIssuer }: DistributionPoint,
): boolean {
  if (cRLIssuer === undefined) return issuer.equals(certificate.issuer)
  return (
    extensions.issuingDistributionPoint?.indirectCRL === true &&
    directoryNames(cRLIssuer).some((name) => name.equals(issuer))
  )
}

/** Step (b) (2) (i). */
function isNamed(
  issuing: DistributionPointName,
  crl: Crl,
  certificate: Certificate,
  { distributionPoint, cRLIssuer = [] }: DistributionPoint,
): boolean {
  const [issuer = certificate.issuer] = directoryNames(cRLIssuer)
  const named = distributionPoint ? namesOf(distributionPoint, issuer) : cRLIssuer
  return namesOf(issuing, crl.issuer).some((name) => named.some((other) => isSameGeneralName(name, other)))
}

function namesOf(name: DistributionPointName, issuer: Name): readonly GeneralName[] {
  if ('fullName' in name) return name.fullName
  const value = nameOfRelativeNames([...issuer.relativeNames, name.nameRelativeToCRLIssuer])
  return [{ form: 'directoryName', value }]
}
