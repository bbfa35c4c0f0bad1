import { algorithmNamed, fromPem, type KeyFormat, type KeySpec, keySpec } from '../crypto/index.js'
import { MortiseError } from '../errors/index.js'
import { type KeyHandle, type KeyType, native, type SecretType } from '../native/index.js'
import type { ManagedObject, ObjectType } from '../operation/index.js'
import type { ImportedKey, KeyIdentity, KeyProvider, MaterialVault, ProviderKey } from './provider.js'
import { SoftwareKey } from './software_key.js'

/** Opened keys that are kept in locked memory for their next use; the one not used for longest goes first. */
const cachedKeys = 1024

const typeOfKind = {
  secret: 'SymmetricKey',
  private: 'PrivateKey',
  public: 'PublicKey',
} as const satisfies Record<KeyHandle['kind'], ObjectType>

/** Keys in this process: made, sealed and used by the native core; their clear bytes never reach JavaScript. */
export class SoftwareProvider implements KeyProvider {
  readonly name = 'software'
  readonly #vault: MaterialVault
  readonly #open = new Map<string, SoftwareKey>()

  constructor(vault: MaterialVault) {
    this.#vault = vault
  }

  async generateSecret(spec: KeySpec, identity: KeyIdentity): Promise<Uint8Array> {
    const type = spec.algorithm.native
    if (!isSecret(type)) throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED')
    return this.#seal(native.generateSecret(type, spec.length), identity)
  }

  async generatePair(spec: KeySpec, privateIdentity: KeyIdentity, publicIdentity: KeyIdentity) {
    const type = spec.algorithm.native
    if (isSecret(type) || type === 'Data') throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED')
    const parameter = spec.curve ?? (type === 'RSA' ? spec.length : null)
    const { privateKey, publicKey } = await native.generateKeyPair(type, parameter)
    return {
      privateMaterial: this.#seal(privateKey, privateIdentity),
      publicMaterial: this.#seal(native.importPublic(publicKey), publicIdentity),
      publicKey,
    }
  }

  async importKey(
    format: KeyFormat,
    bytes: Uint8Array,
    identity: Pick<KeyIdentity, 'id' | 'serial'>,
    algorithm: string | undefined,
  ): Promise<ImportedKey> {
    const handle = importHandle(format, bytes, algorithm)
    try {
      const name = format === 'raw' ? (algorithm ?? handle.type) : handle.type
      if (algorithm !== undefined && algorithm !== name) {
        throw new MortiseError('MORTISE_CRYPTO_KEY_INVALID', `the key is ${name}, not ${algorithm}`)
      }
      const spec = keySpec(name, handle.length, handle.curve)
      const type = typeOfKind[handle.kind]
      const publicKey =
        handle.kind === 'private'
          ? native.publicKeyOf(handle)
          : handle.kind === 'public'
            ? native.exportKey(handle)
            : undefined
      return { material: this.#vault.sealMaterial(handle, { ...identity, type }), type, spec, publicKey }
    } finally {
      handle.dispose()
    }
  }

  importData(bytes: Uint8Array, identity: KeyIdentity): Uint8Array {
    return this.#seal(native.importSecret('Data', bytes), identity)
  }

  open(object: ManagedObject): ProviderKey {
    const cached = this.#open.get(object.id)
    if (cached) {
      // The order matters only where something may be dropped soon, and keeping it costs more than finding the key.
      if (this.#open.size > cachedKeys / 2) {
        this.#open.delete(object.id)
        this.#open.set(object.id, cached)
      }
      return cached
    }
    if (!object.material) throw new MortiseError('MORTISE_KEY_STATE', 'the key was destroyed')
    const key = new SoftwareKey(
      this.#vault.openMaterial(object.material, object),
      object.algorithm === '' ? undefined : algorithmNamed(object.algorithm).hash,
    )
    this.#open.set(object.id, key)
    if (this.#open.size > cachedKeys) {
      const [oldest] = this.#open.keys()
      if (oldest !== undefined) this.forget(oldest)
    }
    return key
  }

  forget(id: string): void {
    this.#open.get(id)?.dispose()
    this.#open.delete(id)
  }

  close(): void {
    for (const id of [...this.#open.keys()]) this.forget(id)
  }

  #seal(handle: KeyHandle, identity: KeyIdentity): Uint8Array {
    try {
      return this.#vault.sealMaterial(handle, identity)
    } finally {
      handle.dispose()
    }
  }
}

const secretTypes: readonly KeyType[] = ['AES', 'HMAC', 'AES-XTS', '3DES', 'ChaCha20'] satisfies SecretType[]

function isSecret(type: KeyType): type is SecretType {
  return secretTypes.includes(type)
}

function importHandle(format: KeyFormat, bytes: Uint8Array, algorithm: string | undefined): KeyHandle {
  if (format === 'pkcs8') return native.importPrivate(fromPem('pkcs8', bytes))
  if (format === 'spki') return native.importPublic(fromPem('spki', bytes))
  const type = algorithm === undefined ? undefined : algorithmNamed(algorithm).native
  if (type === undefined || !isSecret(type)) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'raw material needs the name of a secret-key algorithm')
  }
  return native.importSecret(type, bytes)
}
