import type { DerReader } from '../der/reader.js'
import { oid, sequence } from '../der/writer.js'

/** RFC 5280 section 4.2.1.12. */
export const keyPurposes = {
  anyExtendedKeyUsage: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
} as const

export type KeyPurpose = keyof typeof keyPurposes

/** Object identifiers. */
export function readExtendedKeyUsage(reader: DerReader): readonly string[] {
  return reader.sequenceOf((purposes) => purposes.oid())
}

export function writeExtendedKeyUsage(purposes: readonly string[]): Buffer {
  return sequence(...purposes.map(oid))
}
