import type { TtlvWriter } from '../../native/index.js'
import { Tag } from './tables/index.js'
import { partsOf, type Version } from './version.js'

/** A request of one item, as a client sends it (KMIP 2.1 section 9). */
export function requestMessage(
  writer: TtlvWriter,
  version: Version,
  operation: number,
  payload: (writer: TtlvWriter) => void,
): Buffer {
  const [major, minor] = partsOf(version)
  return writer.message(() => {
    writer.begin(Tag.RequestMessage)
    writer.begin(Tag.RequestHeader)
    writer.begin(Tag.ProtocolVersion)
    writer.integer(Tag.ProtocolVersionMajor, major)
    writer.integer(Tag.ProtocolVersionMinor, minor)
    writer.end()
    writer.integer(Tag.BatchCount, 1)
    writer.end()
    writer.begin(Tag.BatchItem)
    writer.enumeration(Tag.Operation, operation)
    writer.begin(Tag.RequestPayload)
    payload(writer)
    writer.end()
    writer.end()
    writer.end()
  })
}
