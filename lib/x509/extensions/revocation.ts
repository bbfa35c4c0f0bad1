import { hex } from '../bytes.js'
import type { DerReader } from '../der/reader.js'
import { tags } from '../der/tags.js'
import { count, value } from '../der/writer.js'
import { malformed } from '../malformed.js'
import { readGeneralizedTime, writeGeneralizedTime } from '../time.js'

/** Bytes that a CRL number has at most (RFC 5280 section 5.2.3). */
const longestNumber = 20

/** Of CRLs: RFC 5280 sections 5.2.3 and 5.2.4. */
export function readCrlNumber(reader: DerReader): bigint {
  const bytes = reader.integer()
  if ((bytes[0] ?? 0) >= 0x80 || bytes.length > longestNumber) {
    throw malformed('the number of a CRL is negative, or longer than 20 bytes')
  }
  return BigInt(`0x${hex(bytes)}`)
}

export function writeCrlNumber(number: bigint): Buffer {
  if (number < 0n || number >> BigInt(8 * longestNumber - 1) > 0n) {
    throw malformed('the number of a CRL is negative, or longer than 20 bytes')
  }
  return count(number)
}

/** Of entries of CRLs: RFC 5280 section 5.3.2. */
export function readInvalidityDate(reader: DerReader): Date {
  return readGeneralizedTime(reader)
}

export function writeInvalidityDate(date: Date): Buffer {
  return writeGeneralizedTime(date)
}

/** Of OCSP signers: nobody is to ask whether they are revoked (RFC 6960 section 4.2.2.2.1). */
export function readNoCheck(reader: DerReader): true {
  if (reader.content(tags.null).length > 0) throw malformed('a NULL is not empty')
  return true
}

export function writeNoCheck(): Buffer {
  return value(tags.null)
}
