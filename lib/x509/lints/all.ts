import type { TbsCertificate } from '../certificate.js'
import { type Finding, findings, type Lint } from '../lint.js'
import { alternativeNameCritical } from './alternative_name_critical.js'
import { alternativeNameUncritical } from './alternative_name_uncritical.js'
import { anyPurpose } from './any_purpose.js'
import { authorityCertifies } from './authority_certifies.js'
import { authorityKeyIdentifier } from './authority_key_identifier.js'
import { authorityKeyIssuer } from './authority_key_issuer.js'
import { authorityName } from './authority_name.js'
import { authoritySubjectKey } from './authority_subject_key.js'
import { basicConstraintsCritical } from './basic_constraints_critical.js'
import { certifiesAsAuthority } from './certifies_as_authority.js'
import { commonNameOfServer } from './common_name_of_server.js'
import { country } from './country.js'
import { dnsNames } from './dns_names.js'
import { extendedKeyUsage } from './extended_key_usage.js'
import { issuerName } from './issuer_name.js'
import { keyStrength } from './key_strength.js'
import { keyUsageCritical } from './key_usage_critical.js'
import { keyUsageEmpty } from './key_usage_empty.js'
import { keyUsageOfKey } from './key_usage_of_key.js'
import { mailboxes } from './mailboxes.js'
import { nameCharacters } from './name_characters.js'
import { nameConstraintsCritical } from './name_constraints_critical.js'
import { nameConstraintsOfAuthority } from './name_constraints_of_authority.js'
import { nameLengths } from './name_lengths.js'
import { noCheck } from './no_check.js'
import { pathLength } from './path_length.js'
import { policyConstraintsCritical } from './policy_constraints_critical.js'
import { serialEntropy } from './serial_entropy.js'
import { serialNumber } from './serial_number.js'
import { serverNames } from './server_names.js'
import { signatureHash } from './signature_hash.js'
import { statusLocations } from './status_locations.js'
import { subjectKeyIdentifier } from './subject_key_identifier.js'
import { uris } from './uris.js'
import { validityEncoding } from './validity_encoding.js'
import { validityOrder } from './validity_order.js'
import { validityPeriod } from './validity_period.js'
import { version } from './version.js'

export const lints: readonly Lint<TbsCertificate>[] = [
  version,
  serialNumber,
  serialEntropy,
  validityOrder,
  validityEncoding,
  validityPeriod,
  issuerName,
  authorityName,
  nameLengths,
  nameCharacters,
  country,
  alternativeNameCritical,
  alternativeNameUncritical,
  dnsNames,
  mailboxes,
  uris,
  commonNameOfServer,
  serverNames,
  authorityKeyIdentifier,
  authorityKeyIssuer,
  authoritySubjectKey,
  subjectKeyIdentifier,
  certifiesAsAuthority,
  authorityCertifies,
  keyUsageEmpty,
  keyUsageCritical,
  keyUsageOfKey,
  basicConstraintsCritical,
  pathLength,
  nameConstraintsOfAuthority,
  nameConstraintsCritical,
  policyConstraintsCritical,
  extendedKeyUsage,
  anyPurpose,
  signatureHash,
  keyStrength,
  noCheck,
  statusLocations,
]

/**
 * What is wrong with a certificate that is about to be issued, or was: RFC 5280, and of the Baseline Requirements of the CA/Browser Forum what
 * makes sense for private authorities as well. Two things need no lint, because the reader refuses them: an extension twice, and
 * two signature algorithms that differ. An authority refuses to sign on any finding of severity `error`.
 */
export function lintCertificate(certificate: TbsCertificate): readonly Finding[] {
  return findings(lints, certificate)
}
