import type { DerReader } from '../der/reader.js'
import { primitive, tags } from '../der/tags.js'
import { count, nothing, oid, sequence, text } from '../der/writer.js'
import { malformed } from '../malformed.js'

export const anyPolicy = '2.5.29.32.0'

/** RFC 5280 section 4.2.1.4. */
export interface PolicyInformation {
  /** Object identifier. */
  readonly policy: string
  readonly qualifiers: readonly PolicyQualifier[]
}

export interface PolicyQualifier {
  /** Object identifier. */
  readonly type: string
  /** DER. */
  readonly value: Uint8Array
}

/** The qualifiers that RFC 5280 defines. */
export const policyQualifiers = {
  /** Where the certification practice statement is. */
  practiceStatement: '1.3.6.1.5.5.7.2.1',
  userNotice: '1.3.6.1.5.5.7.2.2',
} as const

/** The qualifier that points to a certification practice statement. */
export function practiceStatement(uri: string): PolicyQualifier {
  return { type: policyQualifiers.practiceStatement, value: text(tags.ia5String, uri) }
}

export function readCertificatePolicies(reader: DerReader): readonly PolicyInformation[] {
  const policies = reader.sequenceOf(readPolicy)
  if (new Set(policies.map(({ policy }) => policy)).size < policies.length) {
    throw malformed('a certificate policy is there twice')
  }
  return policies
}

function readPolicy(reader: DerReader): PolicyInformation {
  const fields = reader.sequence()
  const policy = fields.oid()
  const qualifiers = fields.done ? [] : fields.sequenceOf(readQualifier)
  fields.end()
  return { policy, qualifiers }
}

function readQualifier(reader: DerReader): PolicyQualifier {
  const fields = reader.sequence()
  const type = fields.oid()
  const { der: value } = fields.element()
  fields.end()
  return { type, value }
}

export function writeCertificatePolicies(policies: readonly PolicyInformation[]): Buffer {
  return sequence(...policies.map(writePolicy))
}

function writePolicy({ policy, qualifiers }: PolicyInformation): Buffer {
  const written = qualifiers.map(({ type, value }) => sequence(oid(type), value))
  return sequence(oid(policy), written.length === 0 ? nothing : sequence(...written))
}

/** RFC 5280 section 4.2.1.5. */
export interface PolicyMapping {
  readonly issuerDomainPolicy: string
  readonly subjectDomainPolicy: string
}

export function readPolicyMappings(reader: DerReader): readonly PolicyMapping[] {
  return reader.sequenceOf((mappings) => {
    const fields = mappings.sequence()
    const mapping = { issuerDomainPolicy: fields.oid(), subjectDomainPolicy: fields.oid() }
    fields.end()
    return mapping
  })
}

export function writePolicyMappings(mappings: readonly PolicyMapping[]): Buffer {
  return sequence(
    ...mappings.map(({ issuerDomainPolicy, subjectDomainPolicy }) =>
      sequence(oid(issuerDomainPolicy), oid(subjectDomainPolicy)),
    ),
  )
}

/** RFC 5280 section 4.2.1.11: after how many more certificates it holds. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy?: number | undefined
  readonly inhibitPolicyMapping?: number | undefined
}

export function readPolicyConstraints(reader: DerReader): PolicyConstraints {
  const fields = reader.sequence()
  if (fields.done) throw malformed('policy constraints constrain nothing')
  const skip = (tag: number) => (fields.next(tag) ? fields.count(tag) : undefined)
  const constraints = {
    requireExplicitPolicy: skip(primitive(0)),
    inhibitPolicyMapping: skip(primitive(1)),
  }
  fields.end()
  return constraints
}

export function writePolicyConstraints({
  requireExplicitPolicy,
  inhibitPolicyMapping,
}: PolicyConstraints): Buffer {
  const skip = (tag: number, certificates: number | undefined) =>
    certificates === undefined ? nothing : count(certificates, tag)
  return sequence(skip(primitive(0), requireExplicitPolicy), skip(primitive(1), inhibitPolicyMapping))
}

/** RFC 5280 section 4.2.1.14. */
export function readInhibitAnyPolicy(reader: DerReader): number {
  return reader.count()
}

export function writeInhibitAnyPolicy(certificates: number): Buffer {
  return count(certificates)
}
