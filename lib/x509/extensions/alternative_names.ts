import type { DerReader } from '../der/reader.js'
import { type GeneralName, readGeneralName } from '../name/general_name.js'

/** RFC 5280 section 4.2.1.6. */
export function readAlternativeNames(reader: DerReader): readonly GeneralName[] {
  return reader.sequenceOf(readGeneralName)
}
