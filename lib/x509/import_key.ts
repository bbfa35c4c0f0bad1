import { isMortiseError } from '../errors/index.js'
import { type KeyHandle, native } from '../native/index.js'

/**
 * Keys that were taken in last, in their order. To take one in costs as much as several signatures; while a certificate is made of a request
 * its key is looked at several times, and the keys of authorities are for every certificate below them.
 */
const known = new Map<string, KeyHandle>()
const mostKnown = 200

/** Bits: the native core takes smaller keys, for those who ask the policy whether they may. */
const leastModulus = 2048

/**
 * The public key of somebody else, or why it is none that the native core takes: not a point of its curve, an even modulus. It is shared,
 * and to be used at once: it may be gone with the next one.
 *
 * @param spki SubjectPublicKeyInfo, DER
 */
export function importKey(spki: Uint8Array): KeyHandle | string {
  const name = Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength).toString('latin1')
  const found = known.get(name)
  if (found) return found
  try {
    const key = native.importPublic(spki)
    if (key.type === 'RSA' && key.length < leastModulus) {
      key.dispose()
      return `RSA keys of certificates must be of ${leastModulus} to 4096 bits`
    }
    known.set(name, key)
    if (known.size > mostKnown) drop()
    return key
  } catch (error) {
    const isOfTheKey =
      isMortiseError(error, 'MORTISE_CRYPTO_KEY_INVALID') ||
      isMortiseError(error, 'MORTISE_CRYPTO_UNSUPPORTED')
    if (isOfTheKey) return error.message
    throw error
  }
}

/** At once, and not some time: what holds keys is locked memory, and there is little of it. */
function drop(): void {
  const [[oldest, key] = []] = known
  if (oldest === undefined) return
  key?.dispose()
  known.delete(oldest)
}
