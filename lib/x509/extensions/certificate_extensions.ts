import { readAlternativeNames, writeAlternativeNames } from './alternative_names.js'
import { readBasicConstraints, writeBasicConstraints } from './basic_constraints.js'
import { readDistributionPoints, writeDistributionPoints } from './distribution_points.js'
import { readExtendedKeyUsage, writeExtendedKeyUsage } from './extended_key_usage.js'
import type { ExtensionValues, ReadExtensions } from './extensions.js'
import {
  readAuthorityKeyIdentifier,
  readSubjectKeyIdentifier,
  writeAuthorityKeyIdentifier,
  writeSubjectKeyIdentifier,
} from './key_identifiers.js'
import { readKeyUsage, writeKeyUsage } from './key_usage.js'
import { readAuthorityInformationAccess, writeAuthorityInformationAccess } from './locations.js'
import { readNameConstraints, writeNameConstraints } from './name_constraints.js'
import {
  readCertificatePolicies,
  readInhibitAnyPolicy,
  readPolicyConstraints,
  readPolicyMappings,
  writeCertificatePolicies,
  writeInhibitAnyPolicy,
  writePolicyConstraints,
  writePolicyMappings,
} from './policies.js'
import { readNoCheck, writeNoCheck } from './revocation.js'

/** RFC 5280 section 4.2, RFC 6960 section 4.2.2.2.1; in the order in which they are written. */
export const certificateExtensions = {
  basicConstraints: {
    type: '2.5.29.19',
    isCritical: true,
    read: readBasicConstraints,
    write: writeBasicConstraints,
  },
  keyUsage: { type: '2.5.29.15', isCritical: true, read: readKeyUsage, write: writeKeyUsage },
  extKeyUsage: {
    type: '2.5.29.37',
    isCritical: false,
    read: readExtendedKeyUsage,
    write: writeExtendedKeyUsage,
  },
  subjectAltName: {
    type: '2.5.29.17',
    isCritical: false,
    read: readAlternativeNames,
    write: writeAlternativeNames,
  },
  subjectKeyIdentifier: {
    type: '2.5.29.14',
    isCritical: false,
    read: readSubjectKeyIdentifier,
    write: writeSubjectKeyIdentifier,
  },
  authorityKeyIdentifier: {
    type: '2.5.29.35',
    isCritical: false,
    read: readAuthorityKeyIdentifier,
    write: writeAuthorityKeyIdentifier,
  },
  nameConstraints: {
    type: '2.5.29.30',
    isCritical: true,
    read: readNameConstraints,
    write: writeNameConstraints,
  },
  certificatePolicies: {
    type: '2.5.29.32',
    isCritical: false,
    read: readCertificatePolicies,
    write: writeCertificatePolicies,
  },
  policyMappings: {
    type: '2.5.29.33',
    isCritical: true,
    read: readPolicyMappings,
    write: writePolicyMappings,
  },
  policyConstraints: {
    type: '2.5.29.36',
    isCritical: true,
    read: readPolicyConstraints,
    write: writePolicyConstraints,
  },
  inhibitAnyPolicy: {
    type: '2.5.29.54',
    isCritical: true,
    read: readInhibitAnyPolicy,
    write: writeInhibitAnyPolicy,
  },
  cRLDistributionPoints: {
    type: '2.5.29.31',
    isCritical: false,
    read: readDistributionPoints,
    write: writeDistributionPoints,
  },
  freshestCRL: {
    type: '2.5.29.46',
    isCritical: false,
    read: readDistributionPoints,
    write: writeDistributionPoints,
  },
  authorityInfoAccess: {
    type: '1.3.6.1.5.5.7.1.1',
    isCritical: false,
    read: readAuthorityInformationAccess,
    write: writeAuthorityInformationAccess,
  },
  ocspNoCheck: { type: '1.3.6.1.5.5.7.48.1.5', isCritical: false, read: readNoCheck, write: writeNoCheck },
} as const

export type Extensions = ReadExtensions<typeof certificateExtensions>
export type CertificateExtensionValues = ExtensionValues<typeof certificateExtensions>
