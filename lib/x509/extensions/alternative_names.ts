import type { DerReader } from '../der/reader.js'
import { sequence } from '../der/writer.js'
import { type GeneralName, readGeneralName, writeGeneralName } from '../name/general_name.js'

/** RFC 5280 section 4.2.1.6. */
export function readAlternativeNames(reader: DerReader): readonly GeneralName[] {
  return reader.sequenceOf(readGeneralName)
}

export function writeAlternativeNames(names: readonly GeneralName[]): Buffer {
  return sequence(...names.map(writeGeneralName))
}
