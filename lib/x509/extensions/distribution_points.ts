import { DerReader } from '../der/reader.js'
import { constructed, primitive } from '../der/tags.js'
import { nothing, sequence, value } from '../der/writer.js'
import { malformed } from '../malformed.js'
import { type GeneralName, readGeneralName, writeGeneralName } from '../name/general_name.js'
import { type RelativeName, readAttribute, writeAttribute } from '../name/name.js'
import { type FlaggedReason, readReasonFlags, writeReasonFlags } from './reasons.js'

/** Where a CRL is, or by what it is known: whole names, or one that follows the name of who signs it. */
export type DistributionPointName =
  | { readonly fullName: readonly GeneralName[] }
  | { readonly nameRelativeToCRLIssuer: RelativeName }

/** RFC 5280 section 4.2.1.13. */
export interface DistributionPoint {
  readonly distributionPoint?: DistributionPointName | undefined
  /** The reasons that it has, where it has not all of them. */
  readonly reasons?: readonly FlaggedReason[] | undefined
  /** Who signs it, where that is not the certificate's issuer. */
  readonly cRLIssuer?: readonly GeneralName[] | undefined
}

export function readDistributionPoints(reader: DerReader): readonly DistributionPoint[] {
  return reader.sequenceOf((points) => {
    const fields = points.sequence()
    const distributionPoint = readPointName(fields)
    const reasons = fields.next(primitive(1)) ? readReasonFlags(fields, primitive(1)) : undefined
    const cRLIssuer = fields.next(constructed(2))
      ? fields.constructed(constructed(2)).every(readGeneralName)
      : undefined
    fields.end()
    if (!distributionPoint && !cRLIssuer) throw malformed('a distribution point names nothing')
    return { distributionPoint, reasons, cRLIssuer }
  })
}

export function writeDistributionPoints(points: readonly DistributionPoint[]): Buffer {
  return sequence(
    ...points.map(({ distributionPoint, reasons, cRLIssuer }) =>
      sequence(
        writePointName(distributionPoint),
        reasons === undefined ? nothing : writeReasonFlags(reasons, primitive(1)),
        cRLIssuer === undefined ? nothing : value(constructed(2), ...cRLIssuer.map(writeGeneralName)),
      ),
    ),
  )
}

/** The field [0] of a point, and of an issuing point. */
export function readPointName(fields: DerReader): DistributionPointName | undefined {
  if (!fields.next(constructed(0))) return undefined
  const explicit = fields.constructed(constructed(0))
  const { tag, content } = explicit.element()
  explicit.end()
  const names = new DerReader(content)
  if (tag === constructed(0)) return { fullName: names.every(readGeneralName) }
  if (tag === constructed(1)) return { nameRelativeToCRLIssuer: names.every(readAttribute) }
  throw malformed('a distribution point has a name of no known form')
}

export function writePointName(name: DistributionPointName | undefined): Uint8Array {
  if (name === undefined) return nothing
  const written =
    'fullName' in name
      ? value(constructed(0), ...name.fullName.map(writeGeneralName))
      : value(constructed(1), ...name.nameRelativeToCRLIssuer.map(writeAttribute).sort(Buffer.compare))
  return value(constructed(0), written)
}
