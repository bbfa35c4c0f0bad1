import { native } from '../../native/index.js'
import { hex } from '../bytes.js'
import { integer } from '../der/writer.js'
import { malformed } from '../malformed.js'

/** Bytes, as many as RFC 5280 section 4.1.2.2 allows. */
const size = 20

/**
 * A serial number that nobody guesses or meets again: 158 random bits (the Baseline Requirements want 64, section 7.1), positive, and of one
 * size. Hexadecimal, as {@link Certificate.serialNumber} is.
 */
export function randomSerialNumber(): string {
  const bytes = new Uint8Array(size)
  native.randomFill(bytes)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return hex(bytes)
}

/** @throws MORTISE_X509_INVALID for what is no positive number of at most 20 bytes in two's complement, hexadecimal */
export function writeSerialNumber(serialNumber: string): Buffer {
  const bytes = Buffer.from(serialNumber, 'hex')
  const isWhole = /^(?:[0-9a-f]{2}){1,20}$/.test(serialNumber)
  const isPadded = bytes[0] === 0 && !((bytes[1] ?? 0) & 0x80)
  if (!isWhole || isPadded || (bytes[0] ?? 0) & 0x80) {
    throw malformed('a serial number is no positive number of at most 20 bytes in hexadecimal')
  }
  return integer(bytes)
}
