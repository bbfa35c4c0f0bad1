import { DerReader } from '../der/reader.js'
import { malformed } from '../malformed.js'
import { readAlternativeNames } from './alternative_names.js'
import { readBasicConstraints } from './basic_constraints.js'
import { readExtendedKeyUsage } from './extended_key_usage.js'
import { readAuthorityKeyIdentifier, readSubjectKeyIdentifier } from './key_identifiers.js'
import { readKeyUsage } from './key_usage.js'
import { readAuthorityInformationAccess, readDistributionPoints } from './locations.js'
import { readNameConstraints } from './name_constraints.js'
import {
  readCertificatePolicies,
  readInhibitAnyPolicy,
  readPolicyConstraints,
  readPolicyMappings,
} from './policies.js'

/** What is read of an extension, by its name in RFC 5280. */
const readers = {
  authorityKeyIdentifier: readAuthorityKeyIdentifier,
  subjectKeyIdentifier: readSubjectKeyIdentifier,
  keyUsage: readKeyUsage,
  certificatePolicies: readCertificatePolicies,
  policyMappings: readPolicyMappings,
  subjectAltName: readAlternativeNames,
  basicConstraints: readBasicConstraints,
  nameConstraints: readNameConstraints,
  policyConstraints: readPolicyConstraints,
  extKeyUsage: readExtendedKeyUsage,
  cRLDistributionPoints: readDistributionPoints,
  inhibitAnyPolicy: readInhibitAnyPolicy,
  authorityInfoAccess: readAuthorityInformationAccess,
} as const

type Name = keyof typeof readers

const names: Readonly<Record<string, Name>> = {
  '2.5.29.35': 'authorityKeyIdentifier',
  '2.5.29.14': 'subjectKeyIdentifier',
  '2.5.29.15': 'keyUsage',
  '2.5.29.32': 'certificatePolicies',
  '2.5.29.33': 'policyMappings',
  '2.5.29.17': 'subjectAltName',
  '2.5.29.19': 'basicConstraints',
  '2.5.29.30': 'nameConstraints',
  '2.5.29.36': 'policyConstraints',
  '2.5.29.37': 'extKeyUsage',
  '2.5.29.31': 'cRLDistributionPoints',
  '2.5.29.54': 'inhibitAnyPolicy',
  '1.3.6.1.5.5.7.1.1': 'authorityInfoAccess',
}

/** The extensions that are known, read. Those that are missing are undefined. */
export type Extensions = { readonly [N in Name]?: ReturnType<(typeof readers)[N]> } & {
  /** Names of those of them that are critical. */
  readonly critical: ReadonlySet<Name>
  /** Object identifiers of critical ones that are not known. */
  readonly unknownCritical: readonly string[]
}

export const noExtensions: Extensions = { critical: new Set(), unknownCritical: [] }

/** RFC 5280 section 4.2. */
export function readExtensions(reader: DerReader): Extensions {
  const known: Partial<Record<Name, unknown>> = {}
  const critical = new Set<Name>()
  const unknownCritical: string[] = []
  const seen = new Set<string>()
  for (const { type, isCritical, value } of reader.sequenceOf(readExtension)) {
    if (seen.has(type)) throw malformed(`the extension ${type} is there twice`)
    seen.add(type)
    const name = Object.hasOwn(names, type) ? names[type] : undefined
    if (name === undefined) {
      if (isCritical) unknownCritical.push(type)
      continue
    }
    const content = new DerReader(value)
    known[name] = readers[name](content)
    content.end()
    if (isCritical) critical.add(name)
  }
  return { ...known, critical, unknownCritical } as Extensions
}

function readExtension(reader: DerReader) {
  const fields = reader.sequence()
  const type = fields.oid()
  const isCritical = fields.flag()
  const value = fields.octetString()
  fields.end()
  return { type, isCritical, value }
}
