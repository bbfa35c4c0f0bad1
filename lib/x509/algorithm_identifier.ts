import type { DerReader } from './der/reader.js'

/** RFC 5280 section 4.1.1.2. */
export interface AlgorithmIdentifier {
  readonly der: Uint8Array
  /** Object identifier. */
  readonly algorithm: string
  /** DER; undefined where there are none. */
  readonly parameters: Uint8Array | undefined
}

export function readAlgorithmIdentifier(reader: DerReader): AlgorithmIdentifier {
  const { der } = reader.peek()
  const fields = reader.sequence()
  const algorithm = fields.oid()
  const parameters = fields.done ? undefined : fields.element().der
  fields.end()
  return { der, algorithm, parameters }
}
