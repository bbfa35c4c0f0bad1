import { MortiseError } from '../errors/index.js'
import { type CipherLease, type KeyHandle, native } from '../native/index.js'
import { type ManagedObject, type Principal, usageMask } from '../operation/index.js'
import { binding, type OpenedLease } from './opened_lease.js'
import type { CipherPurpose } from './operations/open_cipher.js'
import type { KeyServices } from './services.js'

/** Each stands first (docs/formats.md): of keys in this process, and of keys on tokens. */
const formats = { here: 0x06, token: 0x08 } as const
const headerBytes = 5
const wrappedBytes: Readonly<Record<number, number>> = { [formats.here]: 80, [formats.token]: 65 }

/** What a key on a token may do besides wrapping data keys: whatever used it otherwise might open them. */
const wrapping = usageMask.WrapKey | usageMask.UnwrapKey

/** Bytes of a data key: AES-256, so that nobody need count what it seals. */
export const dataKeyBytes = 32

/** No other version of a data key follows: this one stands in its records. */
export const dataKeyVersion = 1

/** A data key as it is kept: whoever has it and the right to the key that wraps it has the data key. */
export interface WrappedDataKey {
  readonly wrapped: Buffer
  /** The version of the key that wraps it. */
  readonly keyId: string
  readonly keyVersion: number
}

/** @returns a handle that the caller disposes of */
export function newDataKey(): KeyHandle {
  return native.generateSecret('AES', 8 * dataKeyBytes)
}

export async function wrapDataKey(
  services: KeyServices,
  object: ManagedObject,
  dataKey: KeyHandle,
  aad: Uint8Array,
): Promise<WrappedDataKey> {
  const provider = services.provider(object.provider)
  if (provider.external) {
    if ((object.usage & ~wrapping) !== 0)
      throw new MortiseError(
        'MORTISE_KEY_USAGE',
        'a key on a token wraps data keys where it is for nothing else: make one with the usages WrapKey and UnwrapKey alone',
      )
    await services.usage.takeRandomIv(object)
  }
  const header = Buffer.alloc(headerBytes)
  header[0] = provider.external ? formats.token : formats.here
  header.writeUInt32BE(object.serial, 1)
  const sealed = await provider.open(object).sealDataKey(dataKey, Buffer.concat([header, aad]))
  return { wrapped: Buffer.concat([header, sealed]), keyId: object.id, keyVersion: object.serial }
}

/**
 * @returns a handle that the caller disposes of
 * @throws MORTISE_CRYPTO_DECRYPTION_FAILED
 */
export async function unwrapDataKey(
  services: KeyServices,
  object: ManagedObject,
  wrapped: Uint8Array,
  aad: Uint8Array,
): Promise<KeyHandle> {
  const provider = services.provider(object.provider)
  const format = provider.external ? formats.token : formats.here
  if (wrapped[0] !== format || wrapped.length !== wrappedBytes[format])
    throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
  const header = wrapped.subarray(0, headerBytes)
  return provider.open(object).openDataKey(wrapped.subarray(headerBytes), Buffer.concat([header, aad]))
}

/** The version of the key that a wrapped data key says it is wrapped by. */
export function wrappingVersion(wrapped: Uint8Array): number | undefined {
  if (wrapped.length < headerBytes) return undefined
  return new DataView(wrapped.buffer, wrapped.byteOffset).getUint32(1)
}

/** A lease on a data key, which ends with the right to the key that wraps it. Its uses are not counted. */
export function leaseDataKey(
  services: KeyServices,
  actor: Principal,
  object: ManagedObject,
  dataKey: KeyHandle,
  purposes: readonly CipherPurpose[],
): OpenedLease<CipherLease> {
  const encrypt = purposes.includes('encrypt')
  const lease = native.openCipherLease(
    dataKey,
    { encrypt, decrypt: purposes.includes('decrypt') },
    {
      ...binding(services, actor.id, object, Number.MAX_SAFE_INTEGER, encrypt),
      keyVersion: dataKeyVersion,
    },
  )
  return { lease, object, reserved: null }
}
