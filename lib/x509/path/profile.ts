import { equalBytes } from '../bytes.js'
import { type Certificate, isSelfIssued, type TbsCertificate } from '../certificate.js'
import { keyPurposes } from '../extensions/extended_key_usage.js'
import type { Lint } from '../lint.js'
import { alternativeNameCritical } from '../lints/alternative_name_critical.js'
import { alternativeNameUncritical } from '../lints/alternative_name_uncritical.js'
import { authorityKeyIdentifier } from '../lints/authority_key_identifier.js'
import { authorityKeyIssuer } from '../lints/authority_key_issuer.js'
import { authorityName } from '../lints/authority_name.js'
import { authoritySubjectKey } from '../lints/authority_subject_key.js'
import { basicConstraintsCritical } from '../lints/basic_constraints_critical.js'
import { certifiesAsAuthority } from '../lints/certifies_as_authority.js'
import { commonNameOfServer } from '../lints/common_name_of_server.js'
import { dnsNames } from '../lints/dns_names.js'
import { issuerName } from '../lints/issuer_name.js'
import { mailboxes } from '../lints/mailboxes.js'
import { nameConstraintsCritical } from '../lints/name_constraints_critical.js'
import { nameConstraintsOfAuthority } from '../lints/name_constraints_of_authority.js'
import { pathLength } from '../lints/path_length.js'
import { policyConstraintsCritical } from '../lints/policy_constraints_critical.js'
import { isAuthority } from '../lints/roles.js'
import { serialNumber } from '../lints/serial_number.js'
import { version } from '../lints/version.js'

/**
 * How much is asked of the certificates of a path:
 *
 * - `path`: what path validation asks (RFC 5280 section 6), and nothing else.
 * - `rfc5280`: also that each of them is what a conforming authority issues (section 4).
 * - `webpki`: also what the Baseline Requirements of the CA/Browser Forum (sections 6.1 and 7.1) ask of TLS servers.
 */
export type Profile = 'path' | 'rfc5280' | 'webpki'

/** What is wrong with a certificate, in words. */
type Rule = (certificate: Certificate, place: Place) => string | undefined

interface Place {
  readonly isAnchor: boolean
  readonly isLeaf: boolean
}

/** The first thing in which the certificate breaks a rule of the profile. */
export function profileBreach(certificate: Certificate, place: Place, profile: Profile): string | undefined {
  for (const rule of rules[profile]) {
    const breach = rule(certificate, place)
    if (breach !== undefined) return breach
  }
  return undefined
}

function lint({ find, citation }: Lint<TbsCertificate>): Rule {
  return (certificate) => {
    const text = find(certificate)
    return text && `is not as ${citation} wants it: ${text}`
  }
}

/** Of roots nobody asks: some that are trusted everywhere have the serial number 0. */
const serialNumberOfIssued: Rule = (certificate, place) =>
  place.isAnchor ? undefined : lint(serialNumber)(certificate, place)

const rfc5280: readonly Rule[] = [
  serialNumberOfIssued,
  ...[
    issuerName,
    authorityName,
    alternativeNameCritical,
    authorityKeyIdentifier,
    authoritySubjectKey,
    certifiesAsAuthority,
    dnsNames,
    mailboxes,
    basicConstraintsCritical,
    pathLength,
    nameConstraintsOfAuthority,
    policyConstraintsCritical,
  ].map(lint),
]

function rule(message: string, isBroken: (certificate: Certificate, place: Place) => boolean): Rule {
  return (certificate, place) => (isBroken(certificate, place) ? message : undefined)
}

const webpki: readonly Rule[] = [
  ...[version, authorityKeyIssuer].map(lint),
  rule(
    'is self-issued with another key identifier than its own (BR 7.1.2.1.3)',
    (certificate, { isAnchor }) => {
      const { authorityKeyIdentifier, subjectKeyIdentifier } = certificate.extensions
      const [of, own] = [authorityKeyIdentifier?.keyIdentifier, subjectKeyIdentifier]
      return (
        isAnchor && isSelfIssued(certificate) && of !== undefined && own !== undefined && !equalBytes(of, own)
      )
    },
  ),
  rule(
    'is a root with an extended key usage (BR 7.1.2.1.2)',
    (certificate, { isAnchor }) =>
      isAnchor && isSelfIssued(certificate) && certificate.extensions.extKeyUsage !== undefined,
  ),
  rule(
    'is of an authority in the place of a server (BR 7.1.2.7.8)',
    (certificate, { isLeaf }) => isLeaf && isAuthority(certificate),
  ),
  rule(
    'has no extended key usage, any, or a critical one (BR 7.1.2.7.10)',
    ({ extensions }, { isLeaf }) =>
      isLeaf &&
      (extensions.extKeyUsage === undefined ||
        extensions.extKeyUsage.includes(keyPurposes.anyExtendedKeyUsage) ||
        extensions.critical.has('extKeyUsage')),
  ),
  (certificate, place) =>
    place.isLeaf
      ? (lint(alternativeNameUncritical)(certificate, place) ?? lint(commonNameOfServer)(certificate, place))
      : undefined,
]

const rules: Readonly<Record<Profile, readonly Rule[]>> = {
  path: [],
  // The Baseline Requirements allow what RFC 5280 does not: name constraints that are not critical.
  rfc5280: [...rfc5280, lint(nameConstraintsCritical)],
  webpki: [...rfc5280, ...webpki],
}
