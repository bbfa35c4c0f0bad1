import type { DerReader } from '../der/reader.js'
import { primitive } from '../der/tags.js'
import { flag, nothing, sequence } from '../der/writer.js'
import { type DistributionPointName, readPointName, writePointName } from './distribution_points.js'
import { type FlaggedReason, readReasonFlags, writeReasonFlags } from './reasons.js'

/** RFC 5280 section 5.2.5: what a CRL is about, where that is not every certificate of who signs it. */
export interface IssuingDistributionPoint {
  readonly distributionPoint?: DistributionPointName | undefined
  /** Default false, like the other flags. */
  readonly onlyContainsUserCerts?: boolean
  readonly onlyContainsCACerts?: boolean
  readonly onlySomeReasons?: readonly FlaggedReason[] | undefined
  /** Entries may be of other issuers' certificates. */
  readonly indirectCRL?: boolean
  readonly onlyContainsAttributeCerts?: boolean
}

export function readIssuingDistributionPoint(reader: DerReader): IssuingDistributionPoint {
  const fields = reader.sequence()
  const point = {
    distributionPoint: readPointName(fields),
    onlyContainsUserCerts: fields.flag(primitive(1)),
    onlyContainsCACerts: fields.flag(primitive(2)),
    onlySomeReasons: fields.next(primitive(3)) ? readReasonFlags(fields, primitive(3)) : undefined,
    indirectCRL: fields.flag(primitive(4)),
    onlyContainsAttributeCerts: fields.flag(primitive(5)),
  }
  fields.end()
  return point
}

export function writeIssuingDistributionPoint(point: IssuingDistributionPoint): Buffer {
  const { onlySomeReasons } = point
  return sequence(
    writePointName(point.distributionPoint),
    flag(point.onlyContainsUserCerts === true, primitive(1)),
    flag(point.onlyContainsCACerts === true, primitive(2)),
    onlySomeReasons === undefined ? nothing : writeReasonFlags(onlySomeReasons, primitive(3)),
    flag(point.indirectCRL === true, primitive(4)),
    flag(point.onlyContainsAttributeCerts === true, primitive(5)),
  )
}
