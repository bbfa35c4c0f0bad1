import { algorithmNamed, type KeySpec, keySpec } from '../crypto/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import {
  type KeyType,
  native,
  type Pkcs11Health,
  type Pkcs11KeyFacts,
  type Pkcs11KeyTemplate,
  type Pkcs11KeyType,
  type Pkcs11OctetType,
  type Pkcs11Token,
  type Pkcs11Usage,
  type Pkcs11WrapMethod,
  type WrapEncoding,
  type WrapMethod,
} from '../native/index.js'
import type { ManagedObject, ObjectType, Usage } from '../operation/index.js'
import { specOfImported, typeOfKind } from './imported.js'
import { Kept } from './kept.js'
import type { TokenConnection, TokenHealth } from './pkcs11_connection.js'
import { TokenKeyInUse, unsupported } from './pkcs11_key.js'
import { decodeTokenKey, encodeTokenKey, type TokenKey } from './pkcs11_material.js'
import type {
  Derivation,
  EncodedKey,
  ExistingKey,
  ExistingKeyQuery,
  ImportedKey,
  KeyIdentity,
  KeyProvider,
  KeyTraits,
  MeantToken,
  ProviderKey,
} from './provider.js'
import { SoftwareKey } from './software_key.js'

const cachedKeys = 4096

/** What a token must let a key do for each usage. A MAC is verified by making it again. */
const usagesOf: Readonly<Record<Usage, readonly Pkcs11Usage[]>> = {
  Sign: ['sign'],
  Verify: ['verify'],
  Encrypt: ['encrypt'],
  Decrypt: ['decrypt'],
  WrapKey: ['wrap'],
  UnwrapKey: ['unwrap'],
  MACGenerate: ['sign'],
  MACVerify: ['sign', 'verify'],
  DeriveKey: ['derive'],
  KeyAgreement: ['derive'],
  CertificateSign: ['sign'],
  CRLSign: ['sign'],
}

/** A key as it is opened: on the token or, of public keys, which are no secret, here. */
type Opened =
  | { readonly facts: TokenKey; readonly key: TokenKeyInUse; readonly close?: undefined }
  | { readonly facts: TokenKey; readonly key: SoftwareKey; close(): void }

/**
 * Keys on a PKCS#11 token. The material of their objects says which they are, and nothing that is secret. A mechanism that the token
 * lacks is MORTISE_HSM_UNSUPPORTED: what asks for a secret is done on the token or not at all. What takes a public key alone
 * (verifying, encrypting to it) is done in this process always, from the public key that was recorded (docs/decisions).
 */
export class Pkcs11Provider implements KeyProvider {
  readonly name: string
  readonly external = true
  readonly connection: TokenConnection
  readonly #open = new Kept<Opened>(cachedKeys, (opened) => opened.close?.())

  constructor(connection: TokenConnection) {
    this.name = connection.options.name
    this.connection = connection
  }

  async generateSecret(spec: KeySpec, identity: KeyIdentity, traits: KeyTraits): Promise<Uint8Array> {
    const type = spec.algorithm.native
    if (type !== 'AES' && type !== 'HMAC') throw noSuchKeys(spec)
    const token = await this.connection.token()
    const facts = await token.generateSecret(type, spec.length, template(identity.id, traits, type))
    return this.#record(token, facts)
  }

  async generatePair(
    spec: KeySpec,
    privateIdentity: KeyIdentity,
    _publicIdentity: KeyIdentity,
    privateTraits: KeyTraits,
    publicTraits: KeyTraits,
  ) {
    const type = spec.algorithm.native
    if (type !== 'RSA' && type !== 'EC' && !isOctetType(type)) throw noSuchKeys(spec)
    const token = await this.connection.token()
    // Both halves have one CKA_ID, as every other program expects.
    const { privateKey, publicKey } = await token.generatePair({
      type,
      parameter: spec.curve ?? (type === 'RSA' ? spec.length : null),
      privateKey: template(privateIdentity.id, privateTraits),
      publicKey: publicTemplate(privateIdentity.id, publicTraits),
    })
    return {
      privateMaterial: this.#record(token, privateKey),
      publicMaterial: this.#record(token, publicKey),
      publicKey: spkiOf(publicKey),
    }
  }

  async importKey(
    { bytes, algorithm, ...options }: EncodedKey,
    identity: Pick<KeyIdentity, 'id' | 'serial'>,
    traits: (type: ObjectType, spec: KeySpec) => KeyTraits,
  ): Promise<ImportedKey> {
    const type = algorithm === undefined ? undefined : algorithmNamed(algorithm).native
    const handle = await native.importEncoded(bytes, {
      ...options,
      ...((type === 'AES' || type === 'HMAC') && { secretType: type }),
    })
    try {
      const spec = specOfImported(handle, algorithm)
      const token = await this.connection.token()
      const how = traits(typeOfKind[handle.kind], spec)
      const of = handle.kind === 'public' ? publicTemplate : template
      const facts = await token.importKey(handle, of(identity.id, how, handle.type), 'either')
      return this.#imported(token, facts, spec)
    } finally {
      handle.dispose()
    }
  }

  async wrapKey(
    wrapping: ManagedObject,
    target: ManagedObject,
    method: WrapMethod,
    encoding: WrapEncoding,
  ): Promise<Buffer> {
    const token = await this.connection.token()
    const [by, key] = [this.#factsOf(wrapping), this.#factsOf(target)]
    return token.wrap(token.key(by), token.key(key), wrapMethod(method, encoding))
  }

  async unwrapKey(
    wrapping: ManagedObject,
    wrapped: Uint8Array,
    method: WrapMethod,
    encoding: WrapEncoding,
    algorithm: string,
    identity: Pick<KeyIdentity, 'id' | 'serial'>,
    traits: (type: ObjectType, spec: KeySpec) => KeyTraits,
  ): Promise<ImportedKey> {
    const { kind, native: type } = algorithmNamed(algorithm)
    if (!isTokenType(type)) throw unsupported(`keys of ${algorithm} do not live on tokens`)
    const token = await this.connection.token()
    const kindOfKey = kind === 'secret' ? 'secret' : 'private'
    // The length is known only afterwards, and the traits do not depend on it.
    const how = traits(typeOfKind[kindOfKey], keySpec(algorithm))
    const facts = await token.unwrap(
      token.key(this.#factsOf(wrapping)),
      wrapped,
      wrapMethod(method, encoding),
      kindOfKey,
      type,
      template(identity.id, how, type),
    )
    try {
      return this.#imported(token, facts, specOf(facts, algorithm))
    } catch (error) {
      await token.destroy(token.key(facts))
      throw error
    }
  }

  importData(): Uint8Array {
    throw unsupported('a token keeps no data: leave them to the software')
  }

  async deriveKey(
    base: ManagedObject,
    { method, peer }: Derivation,
    spec: KeySpec,
    identity: KeyIdentity,
    traits: KeyTraits,
  ): Promise<Uint8Array> {
    const type = spec.algorithm.native
    if (type !== 'AES' && type !== 'HMAC') throw noSuchKeys(spec)
    if (method !== 'Agreed' || !peer)
      throw unsupported(`a key on a token derives by ECDH alone (the method Agreed), not by ${method}`)
    const token = await this.connection.token()
    const peerKey = await native.importEncoded(peer, {})
    try {
      const facts = await token.derive(
        token.key(this.#factsOf(base)),
        native.exportKey(peerKey),
        type,
        spec.length,
        template(identity.id, traits),
      )
      return this.#record(token, facts)
    } finally {
      peerKey.dispose()
    }
  }

  async deriveKeys(): Promise<Uint8Array[]> {
    throw unsupported('a key on a token derives one key at a time')
  }

  splitKey(): Uint8Array[] {
    throw unsupported('a key on a token is not split: nobody here has its bytes')
  }

  joinKey(): ImportedKey {
    throw unsupported('a token joins no keys')
  }

  async isToken({ slot, ...meant }: MeantToken): Promise<boolean> {
    const asked = Object.entries(meant)
    const known: Readonly<Record<string, string | undefined>> = { ...this.connection.options.token }
    if (slot === undefined && asked.every(([name, value]) => known[name] === value)) return true
    const { capabilities } = await this.connection.token()
    const token: Readonly<Record<string, unknown>> = { ...capabilities.token }
    return (
      (slot === undefined || slot === capabilities.slot) &&
      asked.every(([name, value]) => token[name] === value)
    )
  }

  async find(query: ExistingKeyQuery): Promise<ExistingKey[]> {
    const token = await this.connection.token()
    const { algorithm, ...asked } = query
    return (await token.find(asked)).map((facts) => {
      const material = this.#record(token, facts)
      return {
        facts: decodeTokenKey(material),
        import: () => this.#imported(token, facts, specOf(facts, algorithm)),
      }
    })
  }

  open(object: ManagedObject): ProviderKey {
    return this.#open.get(object.id, () => {
      const facts = this.#factsOf(object)
      if (facts.kind === 'public') {
        const handle = native.importPublic(spkiOf(facts))
        const key = new SoftwareKey({ handle: () => handle }, undefined)
        return { facts, key, close: () => handle.dispose() }
      }
      const { hash } = algorithmNamed(object.algorithm)
      return { facts, key: new TokenKeyInUse(() => this.connection.token(), facts, hash) }
    }).key
  }

  async destroy(object: Pick<ManagedObject, 'material'>): Promise<void> {
    if (!object.material) return
    const token = await this.connection.token()
    try {
      await token.destroy(token.key(decodeTokenKey(object.material)))
    } catch (error) {
      if (!isMortiseError(error, 'MORTISE_HSM_KEY_NOT_FOUND')) throw error
    }
  }

  forget(id: string): void {
    this.#open.forget(id)
  }

  forgetAll(): void {
    this.#open.forgetAll()
  }

  /** Really opens a session. */
  async test(): Promise<Pkcs11Health> {
    return (await this.connection.token()).test()
  }

  health(): TokenHealth {
    return this.connection.health()
  }

  async close(): Promise<void> {
    this.#open.forgetAll()
    await this.connection.close()
  }

  #factsOf(object: ManagedObject): TokenKey {
    if (object.provider !== this.name)
      throw unsupported(
        `the key ${object.id} is not on the token ${this.name}: both must be in the same place`,
      )
    if (!object.material) throw new MortiseError('MORTISE_KEY_STATE', 'the key was destroyed')
    return decodeTokenKey(object.material)
  }

  #record({ capabilities }: Pkcs11Token, facts: Pkcs11KeyFacts): Buffer {
    return encodeTokenKey(facts, capabilities.token)
  }

  #imported(token: Pkcs11Token, facts: Pkcs11KeyFacts, spec: KeySpec): ImportedKey {
    return {
      // Not every token tells the length of what it has unwrapped.
      material: this.#record(token, { ...facts, bits: facts.bits || spec.length }),
      type: typeOfKind[facts.kind],
      spec,
      publicKey: facts.publicKey && Buffer.from(facts.publicKey),
    }
  }
}

/** CKA_ID of a key that is made here: the bytes of the UUID. */
function tokenIdOf(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

function template(
  id: string,
  { name, usage, extractable, sensitive }: KeyTraits,
  type?: KeyType,
): Pkcs11KeyTemplate {
  return {
    id: tokenIdOf(id),
    label: name ?? id,
    usages: tokenUsages(usage, type),
    sensitive,
    extractable,
  }
}

/**
 * A key that wraps and nothing else wraps data keys as well, by CKM_AES_GCM, for which tokens ask these usages. Whoever has the PIN could
 * unwrap anything by it anyhow.
 */
const alsoOfWrapping: Partial<Readonly<Record<Usage, Pkcs11Usage>>> = {
  WrapKey: 'encrypt',
  UnwrapKey: 'decrypt',
}

function tokenUsages(usage: readonly Usage[], type: KeyType | undefined): Pkcs11Usage[] {
  const also =
    type === 'AES' && usage.every((one) => alsoOfWrapping[one])
      ? usage.flatMap((one) => alsoOfWrapping[one] ?? [])
      : []
  return [...new Set([...usage.flatMap((one) => usagesOf[one]), ...also])]
}

/** A token derives with private keys alone: that of the peer is given to them. */
function publicTemplate(id: string, traits: KeyTraits): Pkcs11KeyTemplate {
  const whole = template(id, traits)
  return { ...whole, usages: whole.usages.filter((usage) => usage !== 'derive') }
}

function specOf({ type, bits, curve }: Pkcs11KeyFacts, algorithm: string | undefined): KeySpec {
  if (type === 'HMAC') {
    const spec = keySpec(algorithm ?? 'HMAC-SHA-256', bits)
    if (spec.algorithm.native === 'HMAC') return spec
    throw new MortiseError('MORTISE_CRYPTO_KEY_INVALID', `the key is for HMAC, not ${algorithm}`)
  }
  if (algorithm !== undefined && algorithm !== type)
    throw new MortiseError('MORTISE_CRYPTO_KEY_INVALID', `the key is ${type}, not ${algorithm}`)
  return type === 'EC' ? keySpec(type, undefined, curve) : keySpec(type, isOctetType(type) ? undefined : bits)
}

function wrapMethod(method: WrapMethod, encoding: WrapEncoding): Pkcs11WrapMethod {
  if (encoding !== 'none') throw unsupported('a token wraps keys as they are, not in KMIP’s Key Value')
  if (method === 'AES-GCM') throw unsupported('keys on tokens are not wrapped with CKM_AES_GCM')
  return method
}

function isTokenType(type: string): type is Pkcs11KeyType {
  return ['AES', 'HMAC', 'RSA', 'EC'].includes(type) || isOctetType(type)
}

function isOctetType(type: string): type is Pkcs11OctetType {
  return ['Ed25519', 'Ed448', 'X25519', 'X448'].includes(type)
}

function noSuchKeys({ algorithm }: KeySpec): MortiseError {
  return unsupported(`keys of ${algorithm.name} do not live on tokens`)
}

function spkiOf({ publicKey }: Pick<TokenKey, 'publicKey'>): Buffer {
  if (publicKey) return Buffer.from(publicKey)
  throw new MortiseError('MORTISE_HSM_REFUSED', 'the token does not tell the public key')
}
