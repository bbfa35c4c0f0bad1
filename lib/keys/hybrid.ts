import { MortiseError } from '../errors/index.js'
import type { ManagedObject, Prepared } from '../operation/index.js'
import { judge } from './judge.js'
import type { KeyServices } from './services.js'

/** Stands first (docs/formats.md). */
const format = 0x04
const headerBytes = 7
const ivBytes = 12
const tagBytes = 16

/** Data of any size to an RSA key: AES-256-GCM under a key of its own, RSA-OAEP with SHA-256 of that key. */
export async function sealHybrid(
  services: KeyServices,
  object: ManagedObject,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Promise<Prepared<Buffer>> {
  checkRsa(object)
  const mark = judge(services, 'protect', object)
  const header = Buffer.alloc(headerBytes)
  header[0] = format
  header.writeUInt32BE(object.serial, 1)
  header.writeUInt16BE(Math.ceil(object.length / 8), 5)
  const { encryptedKey, iv, ciphertext, tag } = await services
    .provider(object.provider)
    .open(object)
    .sealEnvelope('RSA-OAEP-256', 'A256GCM', plaintext, () => Buffer.concat([header, aad]))
  return {
    answer: Buffer.concat([header, encryptedKey, iv, ciphertext, tag]),
    detail: { format: 'hybrid', ...mark },
  }
}

/** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
export async function openHybrid(
  services: KeyServices,
  object: ManagedObject,
  sealed: Uint8Array,
  aad: Uint8Array,
): Promise<Prepared<Buffer>> {
  checkRsa(object)
  const mark = judge(services, 'process', object)
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  const keyEnd = headerBytes + (bytes.length < headerBytes ? 0 : bytes.readUInt16BE(5))
  if (bytes[0] !== format || bytes.length < keyEnd + ivBytes + tagBytes) {
    throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
  }
  const envelope = {
    encryptedKey: bytes.subarray(headerBytes, keyEnd),
    iv: bytes.subarray(keyEnd, keyEnd + ivBytes),
    ciphertext: bytes.subarray(keyEnd + ivBytes, -tagBytes),
    tag: bytes.subarray(-tagBytes),
  }
  const answer = await services
    .provider(object.provider)
    .open(object)
    .openEnvelope('RSA-OAEP-256', 'A256GCM', envelope, Buffer.concat([bytes.subarray(0, headerBytes), aad]))
  return { answer, detail: { format: 'hybrid', ...mark } }
}

function checkRsa(object: ManagedObject): void {
  if (object.algorithm === 'RSA') return
  throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', 'the format hybrid is for RSA keys')
}
