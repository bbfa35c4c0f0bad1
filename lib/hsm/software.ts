import { algorithmNamed, type KeySpec, secretBytes } from '../crypto/index.js'
import { MortiseError } from '../errors/index.js'
import {
  type KeyHandle,
  type KeyKind,
  type KeyType,
  native,
  type SecretType,
  type SplitField,
  type WrapEncoding,
  type WrapMethod,
} from '../native/index.js'
import type { ManagedObject } from '../operation/index.js'
import { specOfImported, typeOfKind } from './imported.js'
import { Kept } from './kept.js'
import type {
  Derivation,
  EncodedKey,
  ImportedKey,
  KeyIdentity,
  KeyProvider,
  MaterialVault,
  ProviderKey,
  ProviderShare,
  Sharing,
} from './provider.js'
import { SoftwareKey } from './software_key.js'

/** Opened keys that are kept in locked memory. */
const cachedKeys = 1024

/** Keys in this process: made, sealed and used by the native core; their clear bytes never reach JavaScript. */
export class SoftwareProvider implements KeyProvider {
  readonly name = 'software'
  readonly external = false
  readonly #vault: MaterialVault
  readonly #open = new Kept<KeyHandle>(cachedKeys, (handle) => handle.dispose())

  constructor(vault: MaterialVault) {
    this.#vault = vault
  }

  async generateSecret(spec: KeySpec, identity: KeyIdentity): Promise<Uint8Array> {
    const type = spec.algorithm.native
    if (!isSecretType(type)) throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED')
    return this.#seal(native.generateSecret(type, spec.length), identity)
  }

  async generatePair(spec: KeySpec, privateIdentity: KeyIdentity, publicIdentity: KeyIdentity) {
    const type = spec.algorithm.native
    if (isSecretType(type) || type === 'Data' || type === 'Share' || type === 'DSA')
      throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED')
    const parameter = spec.curve ?? (type === 'RSA' ? spec.length : null)
    const { privateKey, publicKey } = await native.generateKeyPair(type, parameter)
    return {
      privateMaterial: this.#seal(privateKey, privateIdentity),
      publicMaterial: this.#seal(native.importPublic(publicKey), publicIdentity),
      publicKey,
    }
  }

  async importKey(
    { bytes, algorithm, ...options }: EncodedKey,
    identity: Pick<KeyIdentity, 'id' | 'serial'>,
  ): Promise<ImportedKey> {
    const type = algorithm === undefined ? undefined : algorithmNamed(algorithm).native
    const handle = await native.importEncoded(bytes, {
      ...options,
      ...(isSecretType(type) && { secretType: type }),
    })
    return this.#adopt(handle, algorithm, identity)
  }

  async wrapKey(
    wrapping: ManagedObject,
    target: ManagedObject,
    method: WrapMethod,
    encoding: WrapEncoding,
  ): Promise<Buffer> {
    return native.wrapKey(this.#opened(wrapping).handle, this.#opened(target).handle, method, encoding)
  }

  async unwrapKey(
    wrapping: ManagedObject,
    wrapped: Uint8Array,
    method: WrapMethod,
    encoding: WrapEncoding,
    algorithm: string,
    identity: Pick<KeyIdentity, 'id' | 'serial'>,
  ): Promise<ImportedKey> {
    const { kind, native: type } = algorithmNamed(algorithm)
    const { handle } = this.#opened(wrapping)
    const kindOfKey: KeyKind = kind === 'secret' ? 'secret' : 'private'
    return this.#adopt(
      await native.unwrapKeyAsync(handle, wrapped, method, kindOfKey, type, encoding),
      algorithm,
      identity,
    )
  }

  async deriveKey(
    base: ManagedObject,
    derivation: Derivation,
    spec: KeySpec,
    identity: KeyIdentity,
  ): Promise<Uint8Array> {
    const { method, hash, inputs } = derivation
    return this.#withPeer(base, derivation, spec, async (key, peer, type) =>
      this.#seal(await native.deriveKey(key, peer, method, hash, inputs, type, spec.length), identity),
    )
  }

  async deriveKeys(
    base: ManagedObject,
    derivation: Derivation,
    infos: readonly Uint8Array[],
    spec: KeySpec,
    identities: readonly KeyIdentity[],
  ): Promise<Uint8Array[]> {
    const { method, hash, inputs } = derivation
    return this.#withPeer(base, derivation, spec, async (key, peer, type) =>
      this.#sealAll(
        await native.deriveKeys(key, peer, method, hash, inputs, type, spec.length, infos),
        identities,
      ),
    )
  }

  splitKey(
    object: ManagedObject,
    sharing: Sharing,
    threshold: number,
    identities: readonly KeyIdentity[],
  ): Uint8Array[] {
    const { handle } = this.#opened(object)
    return this.#sealAll(
      native.splitKey(handle, sharing.method, fieldOf(sharing), identities.length, threshold),
      identities,
    )
  }

  joinKey(
    shares: readonly ProviderShare[],
    sharing: Sharing,
    spec: KeySpec,
    identity: KeyIdentity,
  ): ImportedKey {
    // Opened apart from those in use: more of them than are kept may be wanted at once.
    const handles = shares.map(({ object }) => this.#handleOf(object))
    try {
      const identifiers = Uint8Array.from(shares, ({ identifier }) => identifier)
      const { kind, name, native: type } = spec.algorithm
      const joined = native.joinShares(
        handles,
        identifiers,
        sharing.method,
        fieldOf(sharing),
        secretBytes(spec),
        kind === 'secret' ? 'secret' : 'private',
        type,
      )
      return this.#adopt(joined, name, identity)
    } finally {
      for (const handle of handles) handle.dispose()
    }
  }

  importData(bytes: Uint8Array, identity: KeyIdentity): Uint8Array {
    return this.#seal(native.importSecret(identity.type === 'SplitKey' ? 'Share' : 'Data', bytes), identity)
  }

  open(object: ManagedObject): ProviderKey {
    return this.#opened(object)
  }

  #opened(object: ManagedObject): SoftwareKey {
    const material = this.#materialOf(object)
    const isOfPair = object.type === 'PrivateKey' || object.type === 'PublicKey'
    const source = {
      handle: () => this.#open.get(object.id, () => this.#vault.openMaterial(material, object)),
      ...(!isOfPair && { secret: () => this.#vault.openSecret(material, object) }),
    }
    const hash = object.algorithm === '' ? undefined : algorithmNamed(object.algorithm).hash
    return new SoftwareKey(source, hash)
  }

  async isToken(): Promise<boolean> {
    return false
  }

  async find(): Promise<never[]> {
    return []
  }

  async destroy(): Promise<void> {
    // The material was all that there is of it.
  }

  forget(id: string): void {
    this.#open.forget(id)
  }

  forgetAll(): void {
    this.#open.forgetAll()
  }

  async close(): Promise<void> {
    this.#open.forgetAll()
  }

  #handleOf(object: ManagedObject): KeyHandle {
    return this.#vault.openMaterial(this.#materialOf(object), object)
  }

  #materialOf(object: ManagedObject): Uint8Array {
    if (object.provider !== this.name)
      throw new MortiseError(
        'MORTISE_HSM_UNSUPPORTED',
        `the key ${object.id} is on the token ${object.provider}: both must be in the same place`,
      )
    if (!object.material) throw noValue(object)
    return object.material
  }

  /** Seals a key that came from elsewhere, once it is of the algorithm that was said. */
  #adopt(
    handle: KeyHandle,
    algorithm: string | undefined,
    identity: Pick<KeyIdentity, 'id' | 'serial'>,
  ): ImportedKey {
    try {
      const spec = specOfImported(handle, algorithm)
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

  /** Derives with the base key and, where the derivation has one, the key of the peer. */
  async #withPeer<Derived>(
    base: ManagedObject,
    { peer }: Derivation,
    { algorithm: { native: type } }: KeySpec,
    derive: (key: KeyHandle, peer: KeyHandle | undefined, type: SecretType) => Promise<Derived>,
  ): Promise<Derived> {
    if (!isSecretType(type)) throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED')
    const peerKey = peer && (await native.importEncoded(peer, {}))
    try {
      return await derive(this.#opened(base).handle, peerKey, type)
    } finally {
      peerKey?.dispose()
    }
  }

  #sealAll(handles: readonly KeyHandle[], identities: readonly KeyIdentity[]): Uint8Array[] {
    try {
      return handles.map((handle, i) => this.#vault.sealMaterial(handle, identities[i] as KeyIdentity))
    } finally {
      for (const handle of handles) handle.dispose()
    }
  }

  #seal(handle: KeyHandle, identity: KeyIdentity): Uint8Array {
    try {
      return this.#vault.sealMaterial(handle, identity)
    } finally {
      handle.dispose()
    }
  }
}

const secretTypes: readonly KeyType[] = [
  'AES',
  'HMAC',
  'AES-XTS',
  '3DES',
  'ChaCha20',
  'SKIPJACK',
] satisfies SecretType[]

function noValue({ state }: ManagedObject): MortiseError {
  if (state.startsWith('Destroyed')) return new MortiseError('MORTISE_KEY_STATE', 'the key was destroyed')
  return new MortiseError('MORTISE_KEY_STATE', 'the value of the key is kept elsewhere: use it there', {
    details: { elsewhere: true },
  })
}

function isSecretType(type: KeyType | undefined): type is SecretType {
  return type !== undefined && secretTypes.includes(type)
}

/** Shares that do not say it are of the polynomial of FIPS 197. */
function fieldOf({ method, polynomial = 283, prime }: Sharing): SplitField {
  if (method === 'XOR') return undefined
  return method === 'PolynomialSharingPrimeField' ? Buffer.from(prime ?? '', 'hex') : polynomial
}
