import type { DerReader } from '../der/reader.js'
import { primitive } from '../der/tags.js'
import { malformed } from '../malformed.js'

export const anyPolicy = '2.5.29.32.0'

/** RFC 5280 section 4.2.1.4. */
export interface PolicyInformation {
  /** Object identifier. */
  readonly policy: string
  /** Object identifiers of its qualifiers. */
  readonly qualifiers: readonly string[]
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

function readQualifier(reader: DerReader): string {
  const fields = reader.sequence()
  const type = fields.oid()
  fields.element()
  fields.end()
  return type
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

/** RFC 5280 section 4.2.1.11: after how many more certificates it holds. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy: number | undefined
  readonly inhibitPolicyMapping: number | undefined
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

/** RFC 5280 section 4.2.1.14. */
export function readInhibitAnyPolicy(reader: DerReader): number {
  return reader.count()
}
