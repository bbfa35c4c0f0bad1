import { DerReader } from '../der/reader.js'
import { constructed, primitive } from '../der/tags.js'
import { malformed } from '../malformed.js'
import { type GeneralName, readGeneralName } from '../name/general_name.js'

/** RFC 5280 section 4.2.2.1. */
export interface AccessDescription {
  /** Object identifier: 1.3.6.1.5.5.7.48.1 of OCSP, 1.3.6.1.5.5.7.48.2 of the issuer's certificates. */
  readonly method: string
  readonly location: GeneralName
}

export function readAuthorityInformationAccess(reader: DerReader): readonly AccessDescription[] {
  return reader.sequenceOf((descriptions) => {
    const fields = descriptions.sequence()
    const description = { method: fields.oid(), location: readGeneralName(fields) }
    fields.end()
    return description
  })
}

/** RFC 5280 section 4.2.1.13. */
export interface DistributionPoint {
  /** Where the CRL is; empty where it is named relative to its issuer. */
  readonly fullName: readonly GeneralName[]
  /** Whether it has only some reasons. */
  readonly hasReasons: boolean
  /** Who signs it, where that is not the certificate's issuer. */
  readonly cRLIssuer: readonly GeneralName[]
}

export function readDistributionPoints(reader: DerReader): readonly DistributionPoint[] {
  return reader.sequenceOf((points) => {
    const fields = points.sequence()
    const name = fields.next(constructed(0)) ? fields.constructed(constructed(0)) : undefined
    const hasReasons = fields.next(primitive(1))
    if (hasReasons) fields.bitString(primitive(1))
    const cRLIssuer = fields.next(constructed(2))
      ? fields.constructed(constructed(2)).every(readGeneralName)
      : []
    fields.end()
    if (!name && cRLIssuer.length === 0) throw malformed('a distribution point names nothing')
    return { fullName: name ? readPointName(name) : [], hasReasons, cRLIssuer }
  })
}

function readPointName(reader: DerReader): readonly GeneralName[] {
  const { tag, content } = reader.element()
  reader.end()
  if (tag === constructed(0)) return new DerReader(content).every(readGeneralName)
  if (tag === constructed(1)) return []
  throw malformed('a distribution point has a name of no known form')
}
