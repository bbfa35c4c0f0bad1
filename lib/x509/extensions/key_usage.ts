import type { DerReader } from '../der/reader.js'
import { namedBits } from '../der/writer.js'

/** RFC 5280 section 4.2.1.3, in the order of the bits. */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

export type KeyUsage = (typeof keyUsages)[number]

export function readKeyUsage(reader: DerReader): readonly KeyUsage[] {
  const { bytes } = reader.bitString()
  return keyUsages.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0)
}

export function writeKeyUsage(usages: readonly KeyUsage[]): Buffer {
  return namedBits(keyUsages.map((usage) => usages.includes(usage)))
}
