import { type KeySpec, keySpec } from '../crypto/index.js'
import { MortiseError } from '../errors/index.js'
import type { KeyHandle } from '../native/index.js'
import type { ObjectType } from '../operation/index.js'

export const typeOfKind = {
  secret: 'SymmetricKey',
  private: 'PrivateKey',
  public: 'PublicKey',
} as const satisfies Record<KeyHandle['kind'], ObjectType>

/** What a key that came from elsewhere is. @throws MORTISE_CRYPTO_KEY_INVALID where it is not of the algorithm that was said */
export function specOfImported(handle: KeyHandle, algorithm: string | undefined): KeySpec {
  const name = handle.kind === 'secret' ? (algorithm ?? handle.type) : handle.type
  if (algorithm !== undefined && algorithm !== name)
    throw new MortiseError('MORTISE_CRYPTO_KEY_INVALID', `the key is ${name}, not ${algorithm}`)
  return keySpec(name, handle.length, handle.curve)
}
