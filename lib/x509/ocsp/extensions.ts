import type { DerReader } from '../der/reader.js'
import { octetString } from '../der/writer.js'
import { malformed } from '../malformed.js'

/** Bytes (RFC 9654 section 2.1). */
const longestNonce = 128

/** Of requests and of responses. */
export const ocspExtensions = {
  nonce: { type: '1.3.6.1.5.5.7.48.1.2', isCritical: false, read: readNonce, write: octetString },
} as const

function readNonce(reader: DerReader): Uint8Array {
  const nonce = reader.octetString()
  if (nonce.length === 0 || nonce.length > longestNonce) throw malformed('a nonce has 1 to 128 bytes')
  return nonce
}
