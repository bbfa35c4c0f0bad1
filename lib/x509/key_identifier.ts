import { native } from '../native/index.js'
import { keyBits } from './public_key.js'

/**
 * What a public key is known by in the extensions that identify keys: the first 20 bytes of the SHA-256 hash of it (RFC 7093 section 2,
 * method 1).
 *
 * @param spki SubjectPublicKeyInfo, DER
 * @throws MORTISE_X509_INVALID
 */
export function keyIdentifier(spki: Uint8Array): Uint8Array {
  return native.hash('SHA-256', keyBits(spki)).subarray(0, 20)
}
