import { MortiseError } from '../errors/index.js'
import type { Pkcs11Key, Pkcs11Token } from '../native/index.js'

/** Stands first (docs/formats.md). Tokens have no XAES, and some make the IV themselves, so that it is not in the additional data. */
const format = 0x07
const headerBytes = 5
/** Header, IV (12) and tag (16). */
export const recordOverhead = headerBytes + 28

export function recordHeader(serial: number): Buffer {
  const header = Buffer.alloc(headerBytes)
  header[0] = format
  header.writeUInt32BE(serial, 1)
  return header
}

/** What the token opens of a record; undefined for what is none. */
export function sealedPart(record: Uint8Array): Uint8Array | undefined {
  return record[0] === format && record.length >= recordOverhead ? record.subarray(headerBytes) : undefined
}

export function recordAad(record: Uint8Array, aad: Uint8Array): Buffer {
  return Buffer.concat([record.subarray(0, headerBytes), aad])
}

export async function sealTokenRecord(
  token: Pkcs11Token,
  key: Pkcs11Key,
  serial: number,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Promise<Buffer> {
  const header = recordHeader(serial)
  return Buffer.concat([header, await token.seal(key, plaintext, Buffer.concat([header, aad]))])
}

/** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
export async function openTokenRecord(
  token: Pkcs11Token,
  key: Pkcs11Key,
  record: Uint8Array,
  aad: Uint8Array,
): Promise<Buffer> {
  const sealed = sealedPart(record)
  if (!sealed) throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
  return token.open(key, sealed, recordAad(record, aad))
}
