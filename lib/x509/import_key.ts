import { isMortiseError } from '../errors/index.js'
import { type KeyHandle, native } from '../native/index.js'

/**
 * The public key of somebody else, or why it is none that the native core takes: not a point of its curve, an even modulus.
 *
 * @param spki SubjectPublicKeyInfo, DER
 */
export function importKey(spki: Uint8Array): KeyHandle | string {
  try {
    return native.importPublic(spki)
  } catch (error) {
    const isOfTheKey =
      isMortiseError(error, 'MORTISE_CRYPTO_KEY_INVALID') ||
      isMortiseError(error, 'MORTISE_CRYPTO_UNSUPPORTED')
    if (isOfTheKey) return error.message
    throw error
  }
}
