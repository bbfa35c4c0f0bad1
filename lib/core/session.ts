import { hash } from 'node:crypto'
import * as access from '../access/index.js'
import {
  type AuditEntry,
  type AuditExportInput,
  type AuditFindInput,
  type AuditFound,
  type AuditGetInput,
  type AuditListInput,
  type AuditPage,
  type AuditPruneInput,
  type AuditSegment,
  type AuditVerification,
  auditExport,
  auditFind,
  auditGet,
  auditHeads,
  auditList,
  auditVerify,
  type SignedCheckpoint,
  type VerifyOptions,
} from '../audit/index.js'
import {
  type BarrierStatus,
  barrierStatus,
  type KeyringRetired,
  type KeyringStep,
  type NewRootKey,
  type ResealedPage,
  type ResealInput,
  reseal,
  retireKeyring,
} from '../barrier/index.js'
import * as ca from '../ca/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import * as gateway from '../gateway/index.js'
import * as keys from '../keys/index.js'
import type { Arena, CipherLease, CipherMode, Hash } from '../native/index.js'
import type {
  GrantablePermission,
  Group,
  ObjectPermission,
  Operation,
  Outcome,
  Principal,
  Role,
  Scope,
  ScopedGrant,
  SystemPermission,
} from '../operation/index.js'
import { type Actor, type Door, host, subjectOf, vouched, type Within } from './actor.js'
import {
  type Backup,
  type BackupInput,
  type BackupVerification,
  backup,
  writeBackup,
} from './backup/index.js'
import type { Checkpoints } from './checkpoints.js'
import { Cipher } from './cipher.js'
import { type AccessExplanation, type ExplainInput, explainAccess } from './explain.js'
import { faceSetting, setFaceSetting } from './face_settings.js'
import type { Entered, Gate } from './gate.js'
import { Keymanager } from './keymanager/index.js'
import * as keyservice from './keyservice/index.js'
import type { Leases, OpenLease } from './leases.js'
import { Mac } from './mac.js'
import type { Pipeline, RecordEntry } from './pipeline.js'
import { type AuditPruned, pruneAudit } from './pruning.js'
import { type RootRotation, type RootRotationStep, rotateRing, rotateRoot } from './rotation.js'
import type { Services } from './services.js'
import { Signer } from './signer.js'
import { type StoreInfo, setStoreInfo, storeInfo } from './store_info.js'
import type { TokenIssuer } from './token_issuer.js'
import { listTokenKeys, type TokenKeyInfo, type TokenTest, testTokens } from './token_operations.js'
import { Verifier } from './verifier.js'

/** What only goes with a bare mode, whose parts are answered apart. */
type ModeOptions = Pick<keys.EncryptInput, 'mode' | 'iv' | 'padding' | 'tagLength'>

/** A new data key: to seal and open with at once, and as it is kept. */
export interface NewDataKey extends keys.WrappedDataKey {
  /** Close it when the data is sealed. */
  readonly cipher: Cipher
}

/** A field of an operation's input that the method takes as an argument of its own. */
type Options<Input, Taken extends keyof Input> = Omit<Input, Taken>

/** What {@link Session.certifyPair} takes: a subject, as there is no request. */
export interface CertifyPairInput
  extends Options<ca.PrepareCertificateInput, 'authority' | 'request' | 'publicKey'> {
  /** RFC 4514. */
  readonly subject: string
}

export interface CertifiedPair extends Options<ca.IssuedCertificate, 'object'> {
  /** PKCS#12 in DER, or PKCS#8 as PEM: it is kept nowhere else. */
  readonly key: Buffer
}

/** What {@link Session.reprovision} takes: a certificate, or of which profile one is made, with a request as PKCS#10 or without. */
export type ReprovisionInput =
  | { readonly certificate: Uint8Array }
  | { readonly profile: string; readonly request?: Uint8Array }

export interface WrappedDataKeyOptions extends Options<keys.GenerateDataKeyInput, 'object' | 'as'> {
  /** Whether the bytes of the data key are answered as well. Default false. */
  readonly plaintext?: boolean
}

/** How backends are told who calls. */
export interface AssertionSettings {
  /** What stands before the names of claims: `http://wso2.org/claims`. Empty for nothing. */
  readonly dialect: string
  /** Whether the header has `x5t` as WSO2 writes it, of a certificate of the key. */
  readonly wso2Compat: boolean
}

/** What a session works with. */
export interface SessionParts {
  readonly pipeline: Pipeline
  readonly leases: Leases
  readonly checkpoints: Checkpoints
  readonly gate: Gate
  readonly tokenIssuer: TokenIssuer
  /** Milliseconds without use after which a login ends, or null. */
  readonly idle: number | null
}

/**
 * Somebody who works with keys. Every method is decided for this principal, recorded on the audit trail and answered only
 * then; keys are named by id or by name. Each throws MORTISE_ACCESS_DENIED or MORTISE_KEY_NOT_FOUND without the right,
 * MORTISE_KEY_STATE, MORTISE_KEY_USAGE or MORTISE_KEY_PURPOSE when the key does not allow it, and MORTISE_QUORUM_REQUIRED where a
 * policy asks that others approve it first.
 */
export class Session {
  readonly #parts: SessionParts
  readonly #pipeline: Pipeline
  readonly #leases: Leases
  readonly #checkpoints: Checkpoints
  readonly #gate: Gate
  readonly #idle: number | null
  readonly #actor: Actor
  /** What the TLS client has shown. */
  readonly #chain: Door['chain']
  /** Who it is, as known when the session was opened. */
  readonly principal: Principal
  /** The login that the token is of which was presented; null for an API token and in process. */
  readonly login: access.LoginSession | null

  /** @internal */
  constructor(
    parts: SessionParts,
    { principal, entry }: Entered,
    door: Pick<Actor, 'face' | 'request' | 'address'> & Pick<Door, 'chain'>,
    within?: Within,
  ) {
    this.#parts = parts
    this.#pipeline = parts.pipeline
    this.#leases = parts.leases
    this.#checkpoints = parts.checkpoints
    this.#gate = parts.gate
    this.#idle = parts.idle
    const { face, request, address } = door
    this.#chain = door.chain
    this.#actor = { principal: principal.id, entry, face, request, address, ...(within && { within }) }
    this.principal = principal
    this.login = entry.by === 'session' ? entry.session : null
  }

  /** Runs an operation of the catalogue: what every method here, and every face, does. */
  run<Input, Answer>(operation: Operation<Services, Input, Answer>, input: Input): Promise<Answer> {
    return this.#pipeline.run(this.#actor, operation, input)
  }

  /** The keys of applications, as MOSIP's Keymanager has them. */
  get keymanager(): Keymanager {
    return new Keymanager(this.#pipeline.services, this)
  }

  /** Makes a symmetric key, Active at once unless told otherwise. */
  createKey(input: keys.CreateInput): Promise<keys.ObjectInfo> {
    return this.run(keys.create, input)
  }

  /** Makes a private and a public key. */
  createKeyPair(input: keys.CreateKeyPairInput): Promise<keys.KeyPairInfo> {
    return this.run(keys.createKeyPair, input)
  }

  /** Takes in a key that was made elsewhere, in the clear or wrapped by a managed one. Wipe your copy of the material afterwards. */
  register(input: keys.RegisterInput): Promise<keys.ObjectInfo> {
    return this.run(keys.register, input)
  }

  /** Takes in what is known of a key whose value is kept elsewhere. */
  registerElsewhere(input: keys.RegisterElsewhereInput): Promise<keys.ObjectInfo> {
    return this.run(keys.registerElsewhere, input)
  }

  /** Takes a key that is on a token already under management, with its public key: the private or secret one first. */
  adopt(input: keys.AdoptInput): Promise<readonly keys.ObjectInfo[]> {
    return this.run(keys.adopt, input)
  }

  /**
   * Takes in a certificate, secret data or an opaque object. Wipe your copy of the material afterwards.
   *
   * @throws MORTISE_CRYPTO_KEY_INVALID, MORTISE_INPUT_TOO_LARGE
   */
  registerObject(input: keys.RegisterObjectInput): Promise<keys.ObjectInfo> {
    return this.run(keys.registerObject, input)
  }

  /**
   * Takes a share of a split key in again that was exported, with what `get` has told of it. Wipe your copy of the material
   * afterwards.
   *
   * @throws MORTISE_CRYPTO_KEY_INVALID
   */
  registerShare(input: keys.RegisterShareInput): Promise<keys.ObjectInfo> {
    return this.run(keys.registerShare, input)
  }

  /**
   * Whether it may do something with an object, as things stand. It is not recorded: for who acts unasked, so that the trail is not full
   * of refusals.
   */
  async may(permission: ObjectPermission, object: string): Promise<boolean> {
    const { services } = this.#pipeline
    const subject = await subjectOf(services, this.#actor)
    const found = await services.objects.find({ object }).catch((error) => {
      if (!isMortiseError(error, 'MORTISE_KEY_NOT_FOUND')) throw error
    })
    if (!subject || !found) return false
    return access.decide(subject, permission, await keys.rightsOn(services, subject, found)).allowed
  }

  /** What is known of an object, without its key. */
  get(object: string): Promise<keys.ObjectInfo> {
    return this.run(keys.get, { object })
  }

  /** The attributes of an object with its id. */
  getAttributes(object: string, names?: readonly keys.AttributeName[]): Promise<keys.AttributesAnswer> {
    return this.run(keys.getAttributes, { object, ...(names && { names }) })
  }

  /** The attributes of an object by KMIP's names: those that are asked for, or all that it has. */
  async attributes(object: string, names?: readonly keys.AttributeName[]): Promise<keys.AttributeValues> {
    return (await this.getAttributes(object, names)).attributes
  }

  /** The names of the attributes that an object has. */
  async attributeNames(object: string): Promise<readonly keys.AttributeName[]> {
    return (await this.run(keys.getAttributeList, { object })).names
  }

  /**
   * Gives an object an attribute, or another instance of one that it may have several of. As the three below it answers the
   * attribute as it is then.
   *
   * @throws MORTISE_ATTRIBUTE_EXISTS, MORTISE_ATTRIBUTE_READ_ONLY, MORTISE_INPUT_INVALID
   */
  addAttribute(
    object: string,
    name: keys.AttributeName,
    value: keys.AttributeValue,
  ): Promise<keys.AttributesAnswer> {
    return this.run(keys.addAttribute, { object, name, value })
  }

  /**
   * Replaces an attribute that the object has; of several instances the one that is `current`.
   *
   * @throws MORTISE_ATTRIBUTE_NOT_FOUND, MORTISE_ATTRIBUTE_READ_ONLY, MORTISE_INPUT_INVALID
   */
  modifyAttribute(
    object: string,
    name: keys.AttributeName,
    value: keys.AttributeValue,
    current?: keys.AttributeValue,
  ): Promise<keys.AttributesAnswer> {
    return this.run(keys.modifyAttribute, { object, name, value, ...(current !== undefined && { current }) })
  }

  /**
   * Gives an object an attribute of one instance, whether it has it already or not.
   *
   * @throws MORTISE_ATTRIBUTE_READ_ONLY, MORTISE_INPUT_INVALID
   */
  setAttribute(
    object: string,
    name: keys.AttributeName,
    value: keys.AttributeValue,
  ): Promise<keys.AttributesAnswer> {
    return this.run(keys.setAttribute, { object, name, value })
  }

  /**
   * Takes an attribute, or one instance of it, from an object.
   *
   * @throws MORTISE_ATTRIBUTE_NOT_FOUND, MORTISE_ATTRIBUTE_READ_ONLY
   */
  deleteAttribute(
    object: string,
    name: keys.AttributeName,
    value?: keys.AttributeValue,
  ): Promise<keys.AttributesAnswer> {
    return this.run(keys.deleteAttribute, { object, name, ...(value !== undefined && { value }) })
  }

  /** Takes a part of the usage limits of a key for who uses it elsewhere. @throws MORTISE_KEY_USAGE_LIMIT */
  getUsageAllocation(object: string, count: number): Promise<keys.UsageAllocation> {
    return this.run(keys.getUsageAllocation, { object, count })
  }

  /** How long a client that keeps a copy of an object may use it before it asks again. */
  obtainLease(object: string): Promise<keys.ObtainedLease> {
    return this.run(keys.obtainLease, { object })
  }

  /** Puts a message on the audit trail. */
  async log(message: string): Promise<void> {
    await this.run(keys.log, { message })
  }

  /** Takes an object out of use until it is recovered; its leases end at once. */
  archive(object: string): Promise<keys.ObjectInfo> {
    return this.run(keys.archive, { object })
  }

  /** Brings an archived object back. */
  recover(object: string): Promise<keys.ObjectInfo> {
    return this.run(keys.recover, { object })
  }

  /** Finds objects by their attributes, oldest first, in pages. */
  locate(query: keys.LocateInput = {}): Promise<keys.LocateAnswer> {
    return this.run(keys.locate, query)
  }

  /** A key that was made extractable, in the clear, under a password or wrapped by another key. Wipe it after use. */
  async export(object: string, options: Options<keys.ExportInput, 'object'> = {}): Promise<keys.ExportedKey> {
    const { format, material } = await this.exportObject(object, options)
    return { format, material }
  }

  /** The same, with what is to be known of it. */
  exportObject(
    object: string,
    options: Options<keys.ExportInput, 'object'> = {},
  ): Promise<keys.ExportedObject> {
    return this.run(keys.exportKey, { ...options, object })
  }

  /** Makes a symmetric key out of another one, or out of a secret agreed with a peer. */
  deriveKey(base: string, input: Options<keys.DeriveKeyInput, 'base'>): Promise<keys.ObjectInfo> {
    return this.run(keys.deriveKey, { ...input, base })
  }

  /**
   * The same for each of many infos (1 to 256), in one crossing into C++: a key for each tenant, say. They are answered in the
   * order of the infos.
   */
  deriveKeys(
    base: string,
    infos: readonly Uint8Array[],
    input: Options<keys.DeriveKeysInput, 'base' | 'infos'>,
  ): Promise<readonly keys.ObjectInfo[]> {
    return this.run(keys.deriveKeys, { ...input, base, infos })
  }

  /** Splits a key into shares, of which a threshold makes it again. */
  splitKey(
    object: string,
    input: Options<keys.CreateSplitKeyInput, 'object'>,
  ): Promise<readonly keys.ObjectInfo[]> {
    return this.run(keys.createSplitKey, { ...input, object })
  }

  /** Makes the key that was split of its shares. */
  joinSplitKey(shares: readonly string[], input: keys.NewKeyAttributes = {}): Promise<keys.ObjectInfo> {
    return this.run(keys.joinSplitKey, { ...input, shares })
  }

  activate(object: string): Promise<keys.ObjectInfo> {
    return this.run(keys.activate, { object })
  }

  /** Takes an activation of the last minute back, by the date that it has answered. @throws MORTISE_KEY_STATE */
  cancelActivation(object: string, activated: string): Promise<keys.ObjectInfo> {
    return this.run(keys.cancelActivation, { object, activated })
  }

  /** Takes a revocation of the last minute back, by the date that it has answered. @throws MORTISE_KEY_STATE */
  cancelRevocation(
    object: string,
    dates: Options<keys.CancelRevocationInput, 'object'>,
  ): Promise<keys.ObjectInfo> {
    return this.run(keys.cancelRevocation, { ...dates, object })
  }

  /** Whether an object may be used so elsewhere; throws what is against it. */
  check(object: string, wanted: Options<keys.CheckInput, 'object'> = {}): Promise<{ readonly id: string }> {
    return this.run(keys.check, { ...wanted, object })
  }

  /**
   * Ends the use of a key; its leases end at once. A certificate that an authority of here has issued is revoked there first, for which
   * one needs the right to do that.
   */
  async revoke(
    object: string,
    reason: keys.RevocationReason = 'Unspecified',
    message?: string,
    occurred?: string,
  ): Promise<keys.ObjectInfo> {
    const input = {
      object,
      reason,
      ...(message !== undefined && { message }),
      ...(occurred !== undefined && { occurred }),
    }
    await this.#revokeIssued(input)
    return this.run(keys.revoke, input)
  }

  /**
   * Destroys a key for ever; an Active one must be revoked first. With `afterDays` (7 to 30) it cannot be used from now
   * on and is destroyed then, unless {@link cancelDestroy} comes first. Default: the key manager's `destroyDelayDays`.
   */
  destroy(object: string, options: Options<keys.DestroyInput, 'object'> = {}): Promise<keys.ObjectInfo> {
    return this.run(keys.destroy, { ...options, object })
  }

  /** Takes back a destruction that is scheduled. @throws MORTISE_KEY_STATE when none is */
  cancelDestroy(object: string): Promise<keys.ObjectInfo> {
    return this.run(keys.cancelDestroy, { object })
  }

  /** What is to be done of itself at a date, to objects that one may see: the next first. */
  jobs(page: keys.ListJobsInput = {}): Promise<keys.JobPage> {
    return this.run(keys.listJobs, page)
  }

  /**
   * Makes the next version of a key, with its public key for a private one; the name and the rotation policy move to it, old
   * versions still decrypt and verify. With `offset` (`P7D`, `7d`) it becomes Active so long after now.
   */
  rekey(object: string, options: Options<keys.RekeyInput, 'object'> = {}): Promise<keys.RekeyAnswer> {
    return this.run(keys.rekey, { ...options, object })
  }

  /** Has a key rekeyed of itself, by default in the interval that is advised for its algorithm. */
  setRotation(
    object: string,
    policy: Options<keys.SetRotationInput, 'object'> = {},
  ): Promise<keys.RotationAnswer> {
    return this.run(keys.setRotation, { ...policy, object })
  }

  /** The rotation policy of a key, and what is advised. */
  getRotation(object: string): Promise<keys.RotationAnswer> {
    return this.run(keys.getRotation, { object })
  }

  /** Ends the rotation policy of a key. @throws MORTISE_KEY_STATE when it has none */
  removeRotation(object: string): Promise<keys.RotationAnswer> {
    return this.run(keys.removeRotation, { object })
  }

  /** One record of Mortise's format, or RSA-OAEP with an RSA public key. For many records open a {@link Cipher}. */
  async encrypt(
    object: string,
    plaintext: Uint8Array,
    options: Options<keys.EncryptInput, 'object' | 'plaintext' | keyof ModeOptions> = {},
  ): Promise<Buffer> {
    return (await this.run(keys.encrypt, { ...options, object, plaintext })).ciphertext
  }

  /** In a bare mode, for other systems: the IV, the ciphertext and the tag apart. */
  encryptInMode(
    object: string,
    plaintext: Uint8Array,
    options: Options<keys.EncryptInput, 'object' | 'plaintext' | 'format'> & { readonly mode: CipherMode },
  ): Promise<keys.EncryptAnswer> {
    return this.run(keys.encrypt, { ...options, object, plaintext })
  }

  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED for whatever reason it does not open */
  decrypt(
    object: string,
    ciphertext: Uint8Array,
    options: Options<keys.DecryptInput, 'object' | 'ciphertext'> = {},
  ): Promise<Buffer> {
    return this.run(keys.decrypt, { ...options, object, ciphertext })
  }

  async sign(
    object: string,
    data: Uint8Array,
    options: Options<keys.SignInput, 'object' | 'data'> = {},
  ): Promise<Buffer> {
    return (await this.run(keys.sign, { ...options, object, data })).signature
  }

  verify(
    object: string,
    data: Uint8Array,
    signature: Uint8Array,
    options: Options<keys.VerifyInput, 'object' | 'data' | 'signature'> = {},
  ): Promise<boolean> {
    return this.run(keys.verify, { ...options, object, data, signature })
  }

  /** HMAC with the hash of the key's algorithm, or CMAC with an AES key. */
  mac(
    object: string,
    data: Uint8Array,
    options: Options<keys.MacInput, 'object' | 'data'> = {},
  ): Promise<Buffer> {
    return this.run(keys.mac, { ...options, object, data })
  }

  /** Whether a MAC is of the key and the data. */
  macVerify(
    object: string,
    data: Uint8Array,
    mac: Uint8Array,
    options: Options<keys.MacInput, 'object' | 'data'> = {},
  ): Promise<boolean> {
    return this.run(keys.macVerify, { ...options, object, data, mac })
  }

  /** The hash of data. Default SHA-256. */
  hash(data: Uint8Array, hash: Hash = 'SHA-256'): Promise<Buffer> {
    return this.run(keys.hash, { data, hash })
  }

  /** The hashes of many messages, which are recorded once. They are views of one buffer. Default SHA-256. */
  async hashBatch(messages: readonly Uint8Array[], hash: Hash = 'SHA-256'): Promise<Buffer[]> {
    const digests = await this.run(keys.hashBatch, { data: messages, hash })
    const size = digests.length / messages.length
    return messages.map((_, i) => digests.subarray(i * size, (i + 1) * size))
  }

  /** The same of messages in one buffer, which is not copied: do not change it before. @returns the digests, one behind the other */
  hashArena(messages: Arena, hash: Hash = 'SHA-256'): Promise<Buffer> {
    return this.run(keys.hashBatch, { data: messages, hash })
  }

  random(bytes: number): Promise<Buffer> {
    return this.run(keys.random, { bytes })
  }

  /**
   * The hot path: decides and records once, and returns a handle that seals and opens at native speed until it is closed,
   * the key changes, the right is withdrawn, or the store is out of reach.
   */
  async openCipher(
    object: string,
    purposes: readonly keys.CipherPurpose[] = ['encrypt', 'decrypt'],
    options: Pick<keys.OpenCipherInput, 'format'> = {},
  ): Promise<Cipher> {
    const opened = await this.run(keys.openCipher, { ...options, object, purposes })
    const permissions = purposes.map((purpose) => (purpose === 'encrypt' ? 'Encrypt' : 'Decrypt'))
    return new Cipher(opened.lease, this.#hold({ ...opened, permissions }), this.#leases)
  }

  /** The same for signatures. */
  async openSigner(object: string, options: Options<keys.OpenSignerInput, 'object'> = {}): Promise<Signer> {
    const opened = await this.run(keys.openSigner, { ...options, object })
    return new Signer(
      opened.lease,
      opened.scheme,
      this.#hold({ ...opened, permissions: ['Sign'] }),
      this.#leases,
    )
  }

  /** The same to verify signatures, with a public key. */
  async openVerifier(
    object: string,
    options: Options<keys.OpenVerifierInput, 'object'> = {},
  ): Promise<Verifier> {
    const opened = await this.run(keys.openVerifier, { ...options, object })
    return new Verifier(
      opened.lease,
      opened.scheme,
      this.#hold({ ...opened, permissions: ['SignatureVerify'] }),
      this.#leases,
    )
  }

  /** The same for MACs: HMAC with the hash of the key's algorithm, or CMAC with an AES key. */
  async openMac(object: string, purposes: readonly keys.MacPurpose[] = ['generate', 'verify']): Promise<Mac> {
    const opened = await this.run(keys.openMac, { object, purposes })
    const permissions = purposes.map((purpose) => (purpose === 'generate' ? 'MAC' : 'MACVerify'))
    return new Mac(opened.lease, this.#hold({ ...opened, permissions }), this.#leases)
  }

  /**
   * Envelope encryption: makes an AES-256 data key that is kept nowhere but in its wrapped form, under the AES key `object`. Keep
   * that beside what the cipher seals. Its bytes stay native. Needs WrapKey; the cipher ends as one of `openCipher` would.
   */
  async generateDataKey(
    object: string,
    options: Options<keys.GenerateDataKeyInput, 'object' | 'as'> = {},
  ): Promise<NewDataKey> {
    const { cipher, wrapped, keyId, keyVersion } = await this.run(keys.generateDataKey, {
      ...options,
      object,
      as: 'cipher',
    })
    return { wrapped, keyId, keyVersion, cipher: this.#dataCipher(cipher, ['WrapKey']) }
  }

  /**
   * The data key again, however often `object` was rekeyed since. Needs UnwrapKey, and WrapKey where the purposes have `encrypt`:
   * by default it only opens.
   *
   * @throws MORTISE_CRYPTO_DECRYPTION_FAILED
   */
  async decryptDataKey(
    object: string,
    wrapped: Uint8Array,
    options: Options<keys.DecryptDataKeyInput, 'object' | 'wrapped' | 'as'> = {},
  ): Promise<Cipher> {
    const { cipher } = await this.run(keys.decryptDataKey, { ...options, object, wrapped, as: 'cipher' })
    return this.#dataCipher(
      cipher,
      options.purposes?.includes('encrypt') ? ['UnwrapKey', 'WrapKey'] : ['UnwrapKey'],
    )
  }

  /**
   * A data key for somebody who uses it elsewhere: its wrapped form and, with `plaintext`, which needs ExportDataKey too, its 32
   * bytes. Wipe them after use.
   */
  generateWrappedDataKey(
    object: string,
    { plaintext, ...options }: WrappedDataKeyOptions = {},
  ): Promise<keys.GeneratedDataKey> {
    return this.run(keys.generateDataKey, { ...options, object, as: plaintext ? 'plaintext' : 'wrapped' })
  }

  /**
   * The 32 bytes of a data key. Needs UnwrapKey and ExportDataKey. Wipe them after use.
   *
   * @throws MORTISE_CRYPTO_DECRYPTION_FAILED
   */
  async exportDataKey(
    object: string,
    wrapped: Uint8Array,
    options: Pick<keys.DecryptDataKeyInput, 'aad'> = {},
  ): Promise<Buffer> {
    const { plaintext } = await this.run(keys.decryptDataKey, {
      ...options,
      object,
      wrapped,
      as: 'plaintext',
    })
    if (!plaintext) throw new MortiseError('MORTISE_INTERNAL')
    return plaintext
  }

  /**
   * The data key wrapped by the newest version of the key that `object` names (an id names one version), so that the older one can
   * go. Needs UnwrapKey and WrapKey.
   *
   * @throws MORTISE_CRYPTO_DECRYPTION_FAILED
   */
  rewrapDataKey(
    object: string,
    wrapped: Uint8Array,
    options: Options<keys.RewrapDataKeyInput, 'object' | 'wrapped'> = {},
  ): Promise<keys.WrappedDataKey> {
    return this.run(keys.rewrapDataKey, { ...options, object, wrapped })
  }

  /** Lets a principal, a group or everyone do what is listed with an object. */
  grant(
    object: string,
    grantee: access.Grantee,
    permissions: readonly GrantablePermission[],
  ): Promise<access.Granted> {
    return this.run(access.grant, { object, grantee, permissions })
  }

  /** Takes permissions back, all of them by default; leases that rest on them end at once. */
  withdraw(
    object: string,
    grantee: access.Grantee,
    permissions?: readonly GrantablePermission[],
  ): Promise<access.Granted> {
    return this.run(access.withdraw, { object, grantee, ...(permissions && { permissions }) })
  }

  grants(object: string): Promise<readonly access.GrantEntry[]> {
    return this.run(access.listGrants, { object })
  }

  /** Lets a principal, a group or everyone do what is listed with every key of a scope, those to come as well. */
  grantOnScope(
    scope: Scope,
    grantee: access.Grantee,
    permissions: readonly GrantablePermission[],
  ): Promise<ScopedGrant> {
    return this.run(access.grantOnScope, { scope, grantee, permissions })
  }

  /** Takes permissions on a scope back, all of them by default; leases that rest on them end at once. */
  withdrawOnScope(
    scope: Scope,
    grantee: access.Grantee,
    permissions?: readonly GrantablePermission[],
  ): Promise<ScopedGrant> {
    return this.run(access.withdrawOnScope, { scope, grantee, ...(permissions && { permissions }) })
  }

  /** The grants on scopes, of one grantee or of all, in pages. */
  scopedGrants(input: access.ListScopedGrantsInput = {}): Promise<access.ScopedGrantPage> {
    return this.run(access.listScopedGrants, input)
  }

  createGroup(input: access.CreateGroupInput): Promise<Group> {
    return this.run(access.createGroup, input)
  }

  /** @param group id or name, as of the methods below */
  getGroup(group: string): Promise<access.GroupEntry> {
    return this.run(access.getGroup, { group })
  }

  /** Groups by what is known of them, with how many belong to each. */
  async groups(query: access.GroupQuery = {}): Promise<access.GroupPage> {
    await this.#completeIndex()
    return this.run(access.listGroups, query)
  }

  /** Changes the name, description, roles or metadata of a group. */
  setGroup(group: string, changes: access.GroupChanges): Promise<Group> {
    return this.run(access.setGroup, { ...changes, group })
  }

  /** Deletes a group; what its members had through it is gone at once. */
  async deleteGroup(group: string): Promise<void> {
    await this.run(access.deleteGroup, { group })
  }

  addMember(group: string, principal: string): Promise<Group> {
    return this.run(access.addMember, { group, principal })
  }

  /** Takes somebody out of a group; leases that rest on the membership end at once. */
  async removeMember(group: string, principal: string): Promise<void> {
    await this.run(access.removeMember, { group, principal })
  }

  members(group: string, page: access.PageInput = {}): Promise<access.PrincipalPage> {
    return this.run(access.listMembers, { ...page, group })
  }

  /** The groups that a principal belongs to. */
  groupsOf(principal: string): Promise<readonly Group[]> {
    return this.run(access.listGroupsOf, { principal })
  }

  createRole(input: access.NewRole): Promise<Role> {
    return this.run(access.createRole, input)
  }

  getRole(role: string): Promise<Role> {
    return this.run(access.getRole, { role })
  }

  roles(page: access.PageInput = {}): Promise<access.RolePage> {
    return this.run(access.listRoles, page)
  }

  /** Changes what a role allows, for everybody who has it. */
  setRole(role: string, changes: access.RoleChanges): Promise<Role> {
    return this.run(access.setRole, { ...changes, role })
  }

  /** Deletes a role that nobody has. */
  async deleteRole(role: string): Promise<void> {
    await this.run(access.deleteRole, { role })
  }

  /** Which acts need the approval of others: none by default. */
  quorumPolicies(): Promise<readonly access.QuorumPolicyEntry[]> {
    return this.run(access.listQuorumPolicies, {})
  }

  /**
   * Asks for approvals of an act from now on: whoever acts without them gets MORTISE_QUORUM_REQUIRED, and acts again, just so, once
   * enough members of the group have approved. To change a policy needs the approvals that it asks for.
   */
  setQuorumPolicy(policy: access.NewQuorumPolicy): Promise<access.QuorumPolicy> {
    return this.run(access.setQuorumPolicy, policy)
  }

  /** Asks for no approvals any more; needs those that the policy asks for. @throws MORTISE_QUORUM_NOT_FOUND */
  removeQuorumPolicy(policy: access.QuorumPolicyName): Promise<access.QuorumPolicy> {
    return this.run(access.removeQuorumPolicy, policy)
  }

  /** What waits for approvals: one's own requests and those that one may approve; all of them for who may read the audit trail. */
  quorumRequests(page: access.PageInput = {}): Promise<access.QuorumRequestPage> {
    return this.run(access.listQuorumRequests, page)
  }

  /** Approves what somebody else wants to do, and nothing beyond it. @throws MORTISE_QUORUM_NOT_FOUND */
  approve(request: string): Promise<access.QuorumRequest> {
    return this.run(access.approveQuorumRequest, { request })
  }

  /** Ends a request of one's own, or one that one might approve. @throws MORTISE_QUORUM_NOT_FOUND */
  reject(request: string): Promise<access.QuorumRequest> {
    return this.run(access.rejectQuorumRequest, { request })
  }

  /** Whether somebody may do something, and each reason in order. */
  explainAccess(input: ExplainInput): Promise<AccessExplanation> {
    return this.run(explainAccess, input)
  }

  /** Registers somebody, with its account and password where they are given. */
  createPrincipal(input: access.CreatePrincipalInput): Promise<Principal> {
    return this.run(access.createPrincipal, input)
  }

  getPrincipal(principal: string): Promise<Principal> {
    return this.run(access.getPrincipal, { principal })
  }

  /** Enables, disables, unlocks, or changes roles, permissions and account. */
  setPrincipal(principal: string, changes: access.UserChanges): Promise<Principal> {
    return this.run(access.setPrincipal, { ...changes, principal })
  }

  principals(page: access.PageInput = {}): Promise<access.PrincipalPage> {
    return this.run(access.listPrincipals, page)
  }

  /** Unregisters somebody for ever; who owns keys only with `force`. */
  async deletePrincipal(principal: string, options: { readonly force?: boolean } = {}): Promise<void> {
    await this.run(access.deletePrincipal, { ...options, principal })
  }

  /** A principal with its account and logins. */
  getUser(principal: string): Promise<access.User> {
    return this.run(access.getUser, { principal })
  }

  /** Principals with their accounts, by what is known of them. */
  async users(query: access.UserQuery = {}): Promise<access.UserPage> {
    await this.#completeIndex()
    return this.run(access.listUsers, query)
  }

  /** Oneself, but for what is hidden from oneself. */
  ownUser(): Promise<access.OwnUser> {
    return this.run(access.getOwnUser, {})
  }

  /** What one may do on no object: make keys, manage principals. Changes of it show at once. */
  ownPermissions(): Promise<readonly SystemPermission[]> {
    return this.run(access.listOwnPermissions, {})
  }

  setOwnUser(changes: access.OwnChanges): Promise<access.OwnUser> {
    return this.run(access.setOwnUser, changes)
  }

  createPasswordPolicy(input: access.NewPolicy): Promise<access.PasswordPolicy> {
    return this.run(access.createPasswordPolicy, input)
  }

  getPasswordPolicy(policy: string): Promise<access.PasswordPolicy> {
    return this.run(access.getPasswordPolicy, { policy })
  }

  passwordPolicies(page: access.PageInput = {}): Promise<access.PolicyPage> {
    return this.run(access.listPasswordPolicies, page)
  }

  /** Changes what passwords must be from now on; those that are set stay. */
  setPasswordPolicy(policy: string, fields: access.PolicyFields): Promise<access.PasswordPolicy> {
    return this.run(access.setPasswordPolicy, { ...fields, policy })
  }

  async deletePasswordPolicy(policy: string): Promise<void> {
    await this.run(access.deletePasswordPolicy, { policy })
  }

  /** A login that goes on by tokens: for a face, once somebody has proved who it is. It remembers what was proved on the way in. */
  logIn(
    input: Options<access.LogInInput, 'identity' | 'factors' | 'certificate' | 'token' | 'ticket'> = {},
  ): Promise<access.LoggedIn> {
    return this.#logIn(input)
  }

  #logIn(input: Options<access.LogInInput, 'identity' | 'factors' | 'token'>): Promise<access.LoggedIn> {
    const { entry } = this.#actor
    const { lifetime = access.loginPeriod, ...options } = input
    const now = this.#pipeline.services.clock.now()
    const within = (expires: number | null) => Math.min(lifetime, expires === null ? lifetime : expires - now)
    const idle = this.#idle
    if (entry.by === 'token') {
      const { id, expires } = entry.token
      return this.run(access.logIn, { idle, token: id, lifetime: within(expires), ...options })
    }
    if (entry.by !== 'proof') return this.run(access.logIn, { idle, lifetime, ...options })
    const { identity, factors, certificate, expires } = entry
    return this.run(access.logIn, {
      ...{ idle, identity, factors, certificate, lifetime: within(expires) },
      ...options,
    })
  }

  /**
   * A login whose token is a ticket: whoever shows it may do what it allows, at faces that take tickets, until the time is over, or what
   * was proved on the way in is no proof any more.
   *
   * @param limits `lifetime` in milliseconds
   * @throws MORTISE_ACCESS_DENIED for the holder of a ticket, which gets no other
   */
  openTicket({
    lifetime,
    label = '',
    ...limits
  }: access.TicketLimits & { readonly lifetime: number; readonly label?: string }): Promise<access.LoggedIn> {
    const { entry } = this.#actor
    if (this.ticket) throw new MortiseError('MORTISE_ACCESS_DENIED', 'a ticket gets no other one')
    const said = { idle: null, label }
    if (entry.by === 'session') {
      const { id, identity, factors, ends, token } = entry.session
      const now = this.#pipeline.services.clock.now()
      return this.run(access.logIn, {
        ...{ ...said, identity, factors, lifetime: Math.min(lifetime, ends - now) },
        ...(token !== undefined && { token }),
        ticket: { ...limits, session: id },
      })
    }
    const rests = entry.by === 'proof' && entry.certificate !== null
    const chain = rests && this.#chain?.map((der) => Buffer.from(der).toString('base64'))
    return this.#logIn({
      ...said,
      lifetime,
      certificate: null,
      ticket: { ...limits, ...(chain && { chain }) },
    })
  }

  /** What limits whoever came in by a ticket. */
  get ticket(): access.Ticket | undefined {
    return this.login?.ticket
  }

  /** Counts a use of the ticket that it came in by. @throws MORTISE_AUTH_TICKET_SPENT */
  async spendTicket(use: access.TicketUse): Promise<void> {
    if (this.login) await this.run(access.spendTicket, { session: this.login.id, ...use })
  }

  /** Ends a ticket of one's own. @throws MORTISE_AUTH_REQUIRED for a text that is none, MORTISE_SESSION_NOT_FOUND */
  async endTicket(text: string): Promise<void> {
    const { session } = await this.#pipeline.services.authenticator.token(text)
    if (!session?.ticket) throw new MortiseError('MORTISE_AUTH_REQUIRED')
    await this.endSession(session.id)
  }

  /** The same somebody, narrowed to some objects. */
  within(within: Within): Session {
    const { face, request, address, entry } = this.#actor
    const door = { face, request, address, chain: this.#chain }
    return new Session(this.#parts, { principal: this.principal, entry }, door, within)
  }

  /** One's own logins, or those of `principal` with the right to manage tokens. */
  sessions(input: access.PageInput & { readonly principal?: string } = {}): Promise<access.SessionPage> {
    const { principal, ...page } = input
    return principal === undefined
      ? this.run(access.listOwnSessions, page)
      : this.run(access.listSessions, { ...page, principal })
  }

  /** The same by numbers, the oldest first, and how many there are. */
  findSessions(
    input: access.FindSessionsInput & { readonly principal?: string } = {},
  ): Promise<access.SessionsFound> {
    const { principal, ...query } = input
    return principal === undefined
      ? this.run(access.findOwnSessions, query)
      : this.run(access.findSessions, { ...query, principal })
  }

  /** A login of one's own, or anybody's with the right to manage tokens. @throws MORTISE_SESSION_NOT_FOUND */
  getSession(session: string): Promise<access.LoginSession> {
    return this.run(access.getSession, { session })
  }

  /** Ends a login of one's own with its tokens, or anybody's with the right to manage tokens. */
  async endSession(session: string, options: { readonly own: boolean } = { own: true }): Promise<void> {
    await this.run(options.own ? access.endOwnSession : access.endAnySession, { session })
  }

  /** Says that somebody outside is a principal. */
  linkIdentity(input: access.LinkIdentityInput): Promise<access.Identity> {
    return this.run(access.linkIdentity, input)
  }

  /** Takes that back; the tokens of the principal end. */
  async unlinkIdentity(identity: access.IdentityKey): Promise<void> {
    await this.run(access.unlinkIdentity, identity)
  }

  /** The principal that somebody outside is: for oneself, and for who may read principals. */
  principalOf(identity: access.IdentityKey): Promise<string> {
    return this.run(access.findIdentity, identity)
  }

  /** Who a principal is outside, in pages. */
  identities(input: access.ListIdentitiesInput): Promise<access.IdentityPage> {
    return this.run(access.listIdentities, input)
  }

  createConnection(input: access.NewConnection): Promise<access.Connection> {
    return this.run(access.createConnection, input)
  }

  getConnection(connection: string): Promise<access.Connection> {
    return this.run(access.getConnection, { connection })
  }

  connections(page: access.PageInput = {}): Promise<access.ConnectionPage> {
    return this.run(access.listConnections, page)
  }

  setConnection(connection: string, changes: access.ConnectionChanges): Promise<access.Connection> {
    return this.run(access.setConnection, { ...changes, connection })
  }

  /** Deletes a connection that nobody is linked through, or (`force`) unlinks who is. */
  async deleteConnection(connection: string, options: { readonly force?: boolean } = {}): Promise<void> {
    await this.run(access.deleteConnection, { ...options, connection })
  }

  /**
   * Asks whoever a connection asks, and says what comes of it.
   *
   * @param user whose login is tried as far as it goes without a password
   */
  testConnection(connection: string, user?: string): Promise<access.ConnectionTest> {
    return this.run(access.testConnection, { connection, ...(user !== undefined && { user }) })
  }

  /** Sets somebody's password and ends every token of that principal. */
  setPassword(principal: string, password: string): Promise<access.PasswordSet> {
    return this.run(access.setPassword, { principal, password })
  }

  /** Changes one's own password and ends every session and token of one's own. A wrong present one counts as a failed login. */
  async setOwnPassword(current: string, password: string): Promise<access.PasswordSet> {
    await this.#gate.confirm(this.#actor, current)
    return this.run(access.setOwnPassword, { current, password })
  }

  /** An API token for oneself, or for `principal` with the right to manage tokens. Its text is answered once. */
  createToken(
    input: access.CreateOwnTokenInput & { readonly principal?: string } = {},
  ): Promise<access.IssuedToken> {
    const { principal, ...own } = input
    return principal === undefined
      ? this.run(access.createOwnToken, own)
      : this.run(access.createToken, { ...own, principal })
  }

  /** One's own tokens, or those of `principal` with the right to manage tokens. */
  tokens(input: access.PageInput & { readonly principal?: string } = {}): Promise<access.TokenPage> {
    const { principal, ...page } = input
    return principal === undefined
      ? this.run(access.listOwnTokens, page)
      : this.run(access.listTokens, { ...page, principal })
  }

  /** Ends a token of one's own, or anybody's with the right to manage tokens. */
  async revokeToken(token: string, options: { readonly own: boolean } = { own: true }): Promise<void> {
    await this.run(options.own ? access.revokeOwnToken : access.revokeToken, { token })
  }

  /** Registers an OAuth client. The text of its secret is answered once. */
  createClient(input: access.CreateClientInput): Promise<access.NewOAuthClient> {
    return this.run(access.createClient, input)
  }

  /** An OAuth client, by id or name. It is a principal: enabled, disabled and deleted as one. */
  getClient(client: string): Promise<access.OAuthClient> {
    return this.run(access.getClient, { client })
  }

  clients(page: access.PageInput = {}): Promise<access.ClientPage> {
    return this.run(access.listClients, page)
  }

  /** Whether a text is an access token of an OAuth client that is good now, and what it says: for clients and who manages tokens. */
  introspectToken(token: string): Promise<access.TokenJudgement> {
    return this.run(access.introspectToken, { token })
  }

  /** Ends an access or refresh token that this OAuth client got, with all of the same grant; those of others for who manages tokens. */
  revokeAccessToken(token: string): Promise<void> {
    return this.run(access.revokeAccessToken, { token })
  }

  /** The registration of this client. */
  getOwnClient(): Promise<access.OAuthClient> {
    return this.run(access.getOwnClient, undefined)
  }

  /** Changes an OAuth client. Undefined fields stay as they are. */
  setClient(client: string, changes: access.ClientFields): Promise<access.OAuthClient> {
    return this.run(access.setClient, { ...changes, client })
  }

  /** Changes the registration of this client, which gets no grant or scope by it. */
  setOwnClient(changes: access.OwnClientFields): Promise<access.OAuthClient> {
    return this.run(access.setOwnClient, changes)
  }

  /** Unregisters this client. Its tokens end at once. */
  async deleteOwnClient(): Promise<void> {
    await this.run(access.deleteOwnClient, undefined)
  }

  /** The secrets of an OAuth client that are accepted, the newest first, with their text where it shows them. */
  clientSecrets(client: string): Promise<readonly access.ShownSecret[]> {
    return this.run(access.getClientSecrets, { client })
  }

  /** What an OAuth client got for others by grants that go on: {@link endSession} ends one with its tokens. */
  clientSessions(client: string, page: access.PageInput = {}): Promise<access.SessionPage> {
    return this.run(access.listClientSessions, { ...page, client })
  }

  /** Ends one secret of an OAuth client, with the tokens got with it. */
  removeClientSecret(client: string, secret: string): Promise<access.OAuthClient> {
    return this.run(access.removeClientSecret, { client, secret })
  }

  /** Another secret for an OAuth client. Those of before end at once, with the tokens got with them, or overlap. */
  rotateClientSecret(
    client: string,
    options: Options<access.RotateClientSecretInput, 'client'> = {},
  ): Promise<access.NewOAuthClient> {
    return this.run(access.rotateClientSecret, { ...options, client })
  }

  /** Another key signs access tokens from now on. */
  renewTokenKey(algorithm: keys.TokenKeyAlgorithm = 'RS256'): Promise<keys.RenewedTokenKey> {
    return this.run(keys.renewTokenKey, { algorithm })
  }

  /** Begins to give oneself an authenticator app as a second factor; {@link confirmTotp} completes it within 10 minutes. */
  enrolTotp(input: access.EnrolFactorInput = {}): Promise<access.TotpEnrolment> {
    return this.run(access.enrolTotp, input)
  }

  /** @param code what the app shows now: 6 digits */
  confirmTotp(id: string, code: string): Promise<access.Factor> {
    return this.run(access.confirmTotp, { id, code, session: this.#session })
  }

  /** Begins to give oneself a passkey: what to call `navigator.credentials.create` with. */
  beginPasskey(): Promise<access.PasskeyCreation> {
    return this.run(access.beginPasskey, {})
  }

  finishPasskey(input: Options<access.FinishPasskeyInput, 'session'>): Promise<access.Factor> {
    return this.run(access.finishPasskey, { ...input, session: this.#session })
  }

  /** One's own second factors, or those of `principal` with the right to read principals. */
  factors(principal?: string): Promise<access.FactorList> {
    return principal === undefined
      ? this.run(access.listOwnFactors, {})
      : this.run(access.listFactors, { principal })
  }

  /** Removes a second factor of one's own, or of `principal` with the right to manage principals. */
  async removeFactor(id: string, principal?: string): Promise<void> {
    if (principal === undefined) await this.run(access.removeOwnFactor, { id })
    else await this.run(access.removeFactor, { id, principal })
  }

  /** Ten new recovery codes for oneself. They are answered once. */
  async newRecoveryCodes(): Promise<readonly string[]> {
    return (await this.run(access.newRecoveryCodes, {})).codes
  }

  /** Asks for a second factor again, for what takes one that was proved lately. Only a login can. */
  challengeFactor(): Promise<access.FactorChallenge> {
    return this.run(access.challengeFactor, { kind: 'step-up', session: this.#session })
  }

  /** Answers the challenge; the login remembers it. A wrong answer counts as a failed login. @throws MORTISE_AUTH_REQUIRED whatever is wrong */
  proveFactor(proof: access.FactorProof): Promise<access.ProvedFactor<access.FactorMethod>> {
    return this.#gate.prove(this.#actor, proof, { kind: 'step-up', session: this.#session })
  }

  /** Says who needs a second factor, in place of what the policy of this name has said before. */
  setFactorPolicy(input: access.FactorPolicyInput): Promise<access.FactorPolicy> {
    return this.run(access.setFactorPolicy, input)
  }

  async factorPolicies(): Promise<readonly access.FactorPolicy[]> {
    return (await this.run(access.listFactorPolicies, {})).policies
  }

  async deleteFactorPolicy(name: string): Promise<void> {
    await this.run(access.deleteFactorPolicy, { name })
  }

  /**
   * Makes a certificate authority: a key that signs certificates and CRLs and nothing else, and a request to certify it. It is pending
   * until {@link selfSign} or {@link installCertificate}.
   *
   * @throws MORTISE_NAME_TAKEN, MORTISE_INPUT_INVALID, MORTISE_X509_INVALID
   */
  createAuthority(input: ca.CreateAuthorityInput): Promise<ca.AuthorityInfo> {
    return this.run(ca.createAuthority, input)
  }

  /** Makes a pending authority a root. @throws MORTISE_CERTIFICATE_REFUSED, MORTISE_INPUT_INVALID */
  selfSign(
    authority: string,
    options: Options<ca.SelfSignInput, 'authority'> = {},
  ): Promise<ca.AuthorityInfo> {
    return this.run(ca.selfSign, { ...options, authority })
  }

  /**
   * Makes a pending authority active with the certificate that another one has signed, local or external.
   *
   * @throws MORTISE_CERTIFICATE_REFUSED, MORTISE_X509_INVALID, MORTISE_CA_NOT_FOUND
   */
  installCertificate(
    authority: string,
    input: Options<ca.InstallCertificateInput, 'authority'>,
  ): Promise<ca.AuthorityInfo> {
    return this.run(ca.installCertificate, { ...input, authority })
  }

  /**
   * Gives an authority another certificate for the same key, with new dates: one that signs itself signs it, a local one above it issues it,
   * or it is given as another one has signed it for the same request.
   *
   * @throws MORTISE_CA_STATE, MORTISE_CERTIFICATE_REFUSED, MORTISE_X509_INVALID
   */
  async renewAuthority(
    authority: string,
    options: Options<ca.RenewAuthorityInput, 'authority'> = {},
  ): Promise<ca.AuthorityInfo> {
    const { id, parent, parentKind, request, certificate } = await this.getAuthority(authority)
    if (options.certificate !== undefined || !parent || parentKind !== 'local' || !certificate || !request)
      return this.run(ca.renewAuthority, { ...options, authority: id })
    const { certificate: _none, parent: _parent, ...validity } = options
    const asked = { ...validity, ...ca.boundsOf(certificate), profile: 'ca', request }
    const issued = await this.certify(parent, asked)
    return this.run(ca.renewAuthority, { authority: id, certificate: issued.certificate ?? '', parent })
  }

  /**
   * Takes in the certificate of an authority whose key is elsewhere.
   *
   * @throws MORTISE_CERTIFICATE_REFUSED, MORTISE_X509_INVALID, MORTISE_CA_NOT_FOUND, MORTISE_NAME_TAKEN
   */
  registerAuthority(input: ca.RegisterAuthorityInput): Promise<ca.AuthorityInfo> {
    return this.run(ca.registerAuthority, input)
  }

  getAuthority(authority: string): Promise<ca.AuthorityInfo> {
    return this.run(ca.getAuthority, { authority })
  }

  /** The authorities that one may get, by number. @throws MORTISE_INPUT_INVALID */
  authorities(query: ca.ListAuthoritiesInput = {}): Promise<ca.AuthorityPage> {
    return this.run(ca.listAuthorities, query)
  }

  /** Says how a local authority issues from now on. @throws MORTISE_INPUT_INVALID, MORTISE_CA_STATE for an external one */
  setAuthority(
    authority: string,
    changes: Options<ca.SetAuthorityInput, 'authority'>,
  ): Promise<ca.AuthorityInfo> {
    return this.run(ca.setAuthority, { ...changes, authority })
  }

  /** Deletes an authority with its key, for ever, whatever it has issued. */
  async deleteAuthority(authority: string): Promise<void> {
    await this.run(ca.deleteAuthority, { authority })
  }

  /**
   * Builds a certificate and looks at it as everybody would, without using the authority's key. The token issues it, once, within five
   * minutes, for the same principal.
   *
   * @throws MORTISE_CERTIFICATE_REFUSED, MORTISE_CERTIFICATE_PROFILE_NOT_FOUND, MORTISE_CA_STATE, MORTISE_X509_INVALID,
   *   MORTISE_INPUT_TOO_LARGE, MORTISE_CRYPTO_POLICY
   */
  prepareCertificate(
    authority: string,
    input: Options<ca.PrepareCertificateInput, 'authority'>,
  ): Promise<ca.PreparedToken> {
    return this.run(ca.prepareCertificate, { ...input, authority })
  }

  /**
   * Issues what was prepared. That it is to be signed is on record before it is: should the record of the certificate itself fail,
   * there is one that is `unconfirmed` and can be revoked.
   *
   * @throws MORTISE_CERTIFICATE_TOKEN, MORTISE_CA_STATE
   */
  async issueCertificate(authority: string, token: string): Promise<ca.CertificateInfo> {
    return (await this.#issue(authority, token)).certificate
  }

  /** {@link prepareCertificate} and {@link issueCertificate} in one. */
  async certify(
    authority: string,
    input: Options<ca.PrepareCertificateInput, 'authority'>,
  ): Promise<ca.CertificateInfo> {
    return (await this.#issue(authority, input)).certificate
  }

  /**
   * {@link certify}, and makes a Certificate object of it that is linked to the key, or takes the place of an older one (KMIP 2.1,
   * Certify and Re-certify): both or neither. With the right to certify comes that to make the object.
   *
   * @throws MORTISE_NAME_TAKEN, MORTISE_CERTIFICATE_REFUSED for another key than that of the object, MORTISE_KEY_STATE for a
   *   certificate that is not the newest, and what certify throws
   */
  certifyObject(
    authority: string,
    input: Options<ca.PrepareCertificateInput, 'authority'>,
    object: ca.CertificateObjectInput,
  ): Promise<ca.IssuedCertificate> {
    return this.#issue(authority, input, object)
  }

  /**
   * Whether certificates are one chain that leads to an authority of here and is good at a date.
   *
   * @throws MORTISE_INPUT_INVALID, MORTISE_INPUT_TOO_LARGE
   */
  validateCertificates(input: ca.ValidateCertificatesInput): Promise<ca.CertificateChainValidity> {
    return this.run(ca.validateCertificates, input)
  }

  /**
   * Makes a key pair and {@link certify} in one. The private key is answered once, as PKCS#12 with its certificates or as PKCS#8, and kept
   * nowhere; PKCS#12, and PKCS#8 under a password, are made natively.
   *
   * @throws MORTISE_INPUT_INVALID for PKCS#12 without a password, and what certify throws
   */
  async certifyPair(
    authority: string,
    input: CertifyPairInput,
    key: ca.CreatePairInput,
  ): Promise<CertifiedPair> {
    const pair = await this.run(ca.createPair, key)
    try {
      const asked = { ...input, publicKey: pair.publicKey }
      const { certificate, chain } = await this.#issue(authority, asked)
      return { certificate, chain, key: await pair.encode([certificate.certificate ?? '', ...chain]) }
    } finally {
      pair.dispose()
    }
  }

  /** Makes a key and a request to certify it; both are answered once, and kept nowhere. */
  createCertificateRequest(input: ca.CreateRequestInput): Promise<ca.CreatedRequest> {
    return this.run(ca.createRequest, input)
  }

  /** @throws MORTISE_CERTIFICATE_NOT_FOUND */
  getCertificate(authority: string, certificate: string): Promise<ca.CertificateInfo> {
    return this.run(ca.getCertificate, { authority, certificate })
  }

  /** What an authority has issued, by number. @throws MORTISE_INPUT_INVALID */
  certificates(
    authority: string,
    query: Options<ca.ListCertificatesInput, 'authority'> = {},
  ): Promise<ca.CertificatePage> {
    return this.run(ca.listCertificates, { ...query, authority })
  }

  /** Certificates of all authorities that one may get, by what few have in common. @throws MORTISE_INPUT_INVALID for nothing of that */
  findCertificates(query: ca.FindCertificatesInput): Promise<ca.CertificatePage> {
    return this.run(ca.findCertificates, query)
  }

  /** @throws MORTISE_CERTIFICATE_NOT_FOUND, MORTISE_CERTIFICATE_STATE for one that is revoked already */
  revokeCertificate(
    authority: string,
    certificate: string,
    reason: ca.CertificateReason = 'unspecified',
    options: Pick<ca.RevokeCertificateInput, 'invalidityDate'> = {},
  ): Promise<ca.CertificateInfo> {
    return this.run(ca.revokeCertificate, { ...options, authority, certificate, reason })
  }

  /**
   * Another certificate in the place of the one that this session came in with, of the same authority and with the same subject: made for a
   * request, or for a new key that is kept here, or one that is there already. The one that was shown is revoked as superseded.
   *
   * @returns the id of the Certificate object, or without a request that of the private key
   * @throws MORTISE_AUTH_REQUIRED for who came in otherwise, MORTISE_CERTIFICATE_NOT_FOUND where no authority of here has issued it,
   *   MORTISE_CERTIFICATE_REFUSED for a certificate that is not in its place, and what {@link certifyObject} throws
   */
  async reprovision(input: ReprovisionInput): Promise<string> {
    const { entry } = this.#actor
    const [shown] = this.#chain ?? []
    if (!shown || entry.by !== 'proof' || entry.certificate === null)
      throw new MortiseError('MORTISE_AUTH_REQUIRED', 'come in with the certificate that is to be replaced')
    const old = await this.#issuedHere(shown)
    const id = await this.#provisioned(old, shown, input)
    await this.run(ca.replaceCertificate, { authority: old.authority, certificate: old.id })
    return id
  }

  async #issuedHere(der: Uint8Array): Promise<ca.CertificateRecord> {
    const record = await ca.issuedHere(this.#pipeline.services, hash('sha256', der))
    if (record) return record
    throw new MortiseError('MORTISE_CERTIFICATE_NOT_FOUND', 'no authority of here has issued the certificate')
  }

  async #provisioned(
    { id, authority, subject }: ca.CertificateRecord,
    shown: Uint8Array,
    input: ReprovisionInput,
  ): Promise<string> {
    if ('certificate' in input) {
      const { certificate } = input
      const next = await this.#issuedHere(certificate)
      const isNext = next.id !== id && next.authority === authority && next.subject === subject
      if (!isNext || ca.standingOf(next) !== 'good')
        throw new MortiseError(
          'MORTISE_CERTIFICATE_REFUSED',
          'the certificate is not a good one of the same authority with the same subject',
        )
      return (await this.registerObject({ type: 'Certificate', material: certificate })).id
    }
    const { profile, request } = input
    const { publicKey: _, issuer: __, ...same } = ca.askedByCertificate(shown)
    if (request)
      return String((await this.certifyObject(authority, { profile, request, ...same }, {})).object)
    const { privateKey, publicKey } = await this.createKeyPair({ algorithm: 'EC', extractable: true })
    const { material } = await this.exportObject(publicKey.id, { format: 'spki' })
    await this.certifyObject(
      authority,
      { profile, publicKey: material, ...same },
      { publicKey: publicKey.id },
    )
    return privateKey.id
  }

  /** Revokes the certificate that an object is at its authority, if that is one of here. */
  async #revokeIssued(input: keys.RevokeInput): Promise<void> {
    const { objects } = this.#pipeline.services
    // Whatever is wrong with it, the revocation itself is refused for.
    const known = await objects.find(input).catch(() => undefined)
    if (known?.type !== 'Certificate') return
    const issued = await this.run(ca.findIssued, input)
    if (!issued) return
    const { reason, occurred } = input
    await this.revokeCertificate(issued.authority, issued.certificate, ca.certificateReasonOf[reason], {
      ...(occurred !== undefined && { invalidityDate: Date.parse(occurred) }),
    })
  }

  /** Takes back that a certificate is on hold. @throws MORTISE_CERTIFICATE_NOT_FOUND, MORTISE_CERTIFICATE_STATE */
  resumeCertificate(authority: string, certificate: string): Promise<ca.CertificateInfo> {
    return this.run(ca.resumeCertificate, { authority, certificate })
  }

  /** Takes a certificate off the lists; what it is worth stays. @throws MORTISE_CERTIFICATE_NOT_FOUND */
  async deleteCertificate(authority: string, certificate: string): Promise<void> {
    await this.run(ca.deleteCertificate, { authority, certificate })
  }

  /** Makes the next CRL of an authority now. The scheduler makes them as well. @throws MORTISE_CA_STATE */
  createCrl(authority: string): Promise<ca.CrlInfo> {
    return this.run(ca.createCrl, { authority })
  }

  /** The newest CRL of an authority, or the one of a number. @throws MORTISE_CA_STATE where there is none */
  crl(authority: string, number?: number): Promise<ca.CrlInfo> {
    return this.run(ca.getCrl, { authority, ...(number !== undefined && { number }) })
  }

  async certificateProfiles(): Promise<readonly ca.CertificateProfile[]> {
    return (await this.run(ca.listCertificateProfiles, {})).profiles
  }

  /** Says what certificates of a profile are like from now on. @throws MORTISE_ACCESS_BUILT_IN, MORTISE_INPUT_INVALID */
  setCertificateProfile(name: string, fields: ca.ProfileFields): Promise<ca.CertificateProfile> {
    return this.run(ca.setCertificateProfile, { ...fields, name })
  }

  /** @throws MORTISE_ACCESS_BUILT_IN, MORTISE_CERTIFICATE_PROFILE_NOT_FOUND */
  async deleteCertificateProfile(name: string): Promise<void> {
    await this.run(ca.deleteCertificateProfile, { name })
  }

  /** Records of the audit trail, newest first, in pages. */
  audit(query: AuditListInput = {}): Promise<AuditPage> {
    return this.run(auditList, query)
  }

  /** A part of the trail by numbers, newest first, and how many records match. */
  findAudit(query: AuditFindInput = {}): Promise<AuditFound> {
    return this.run(auditFind, query)
  }

  /** One record of the trail. @throws MORTISE_AUDIT_NOT_FOUND */
  auditRecord(record: AuditGetInput): Promise<AuditEntry> {
    return this.run(auditGet, record)
  }

  /** Where every audit chain ends: `chain:sequence:hash` each. */
  auditHeads(): Promise<readonly string[]> {
    return this.run(auditHeads, {})
  }

  /** A page of one chain as lines of JSON that verify by themselves. */
  auditExport(input: AuditExportInput): Promise<AuditSegment> {
    return this.run(auditExport, input)
  }

  /** Signs where the audit trail stands now. The text is what `verifyAudit` takes. */
  async checkpoint(): Promise<SignedCheckpoint> {
    const { text, checkpoint, body, signature } = await this.#checkpoints.make(this.#actor)
    return { text, checkpoint, body, signature }
  }

  /** Checks every audit chain from its beginning. */
  verifyAudit(options: VerifyOptions = {}): Promise<AuditVerification> {
    return this.run(auditVerify, options)
  }

  /**
   * Removes the records that a checkpoint which was kept outside the database vouches for, once the whole trail verifies and
   * every sink, or an export, has them. What is left still verifies.
   *
   * @throws MORTISE_AUDIT_PRUNE_REFUSED, MORTISE_AUDIT_BROKEN
   */
  pruneAudit(input: AuditPruneInput): Promise<AuditPruned> {
    return pruneAudit(this.#pipeline, this.#actor, input)
  }

  /**
   * A consistent copy of the whole store as of now, encrypted, while everybody goes on writing. The root key is not in it.
   * That it was begun, and how it ended, is on the audit trail.
   *
   * @throws MORTISE_STORAGE_FULL: the store's own disk needs room for a copy until the content was read
   */
  async openBackup(input: BackupInput): Promise<Backup> {
    const { id, take } = await this.run(backup, input)
    try {
      const taken = await take()
      const { head, records, size } = taken.manifest
      await this.#recordBackup('success', { detail: { backup: id, head, records, size } })
      return taken
    } catch (error) {
      const code = isMortiseError(error) ? error.code : 'MORTISE_INTERNAL'
      await this.#recordBackup('failed', { code, detail: { backup: id } })
      throw error
    }
  }

  /**
   * Writes such a backup to a new file of mode 0600, which appears under its name once it was opened again from the disk
   * and proved to restore.
   *
   * @throws MORTISE_INPUT_INVALID when the file is there already
   */
  async backup(file: string, input: BackupInput): Promise<BackupVerification> {
    const { content } = await this.openBackup(input)
    return writeBackup(file, content, input.passphrase)
  }

  #recordBackup(outcome: Outcome, entry: Omit<RecordEntry, 'principal'>): Promise<void> {
    return this.#pipeline.record(this.#actor, 'BackupTaken', outcome, { principal: this.principal, ...entry })
  }

  /**
   * Seals the store with another root key. What other processes need to open it next time changes with it.
   *
   * @param onStep called after each step; cut short at any of them, the store opens with the old or the new key
   * @throws MORTISE_INPUT_INVALID, MORTISE_BARRIER_ROOT_KEY_MISSING when the file cannot be made
   */
  rotateRoot(
    to: NewRootKey,
    onStep: (step: RootRotationStep) => void = () => undefined,
  ): Promise<RootRotation> {
    return rotateRoot((operation, input) => this.run(operation, input), this.#pipeline.services, to, onStep)
  }

  /**
   * Adds a version to the keyring, with which everything is sealed from now on. Takes as long as it takes every process
   * to have learnt of it: two seconds.
   *
   * @throws MORTISE_BARRIER_ROTATION while a rotation of the root key is not finished
   */
  rotateKeyring(): Promise<KeyringStep> {
    return rotateRing((operation, input) => this.run(operation, input), this.#pipeline.services)
  }

  /** Seals a page of rows again that an older version of the keyring seals. Leases on their keys end. */
  reseal(input: ResealInput = {}): Promise<ResealedPage> {
    return this.run(reseal, input)
  }

  /** Removes the versions of the keyring that seal nothing any more. */
  async retireKeyring(): Promise<KeyringRetired> {
    const retired = await this.run(retireKeyring, {})
    await this.#pipeline.services.barrier.reload()
    return retired
  }

  /** Which store this is. */
  storeInfo(): Promise<StoreInfo> {
    return this.run(storeInfo, {})
  }

  /** Says what the store is called; administrators may. @throws MORTISE_INPUT_INVALID */
  setStoreInfo(info: Pick<StoreInfo, 'name'>): Promise<StoreInfo> {
    return this.run(setStoreInfo, info)
  }

  /** What a face keeps for all that use it; empty for nothing. @param setting name of the face, `/`, and what it calls it */
  faceSetting(setting: string): Promise<Buffer> {
    return this.run(faceSetting, { setting })
  }

  /** The same, of what the face itself goes by: it is nobody's question, and not recorded. The same buffer until it is set anew. */
  ruling(setting: string): Promise<Buffer> {
    return this.#pipeline.services.faceSettings.get(setting)
  }

  /** Says what a face keeps; administrators may. */
  setFaceSetting(setting: string, value: Buffer): Promise<void> {
    return this.run(setFaceSetting, { setting, value })
  }

  /** Opens a session on every token that is configured, and tells how they do. */
  testTokens(): Promise<readonly TokenTest[]> {
    return this.run(testTokens, {})
  }

  /** The keys on a token, managed or not. */
  tokenKeys(token: string): Promise<readonly TokenKeyInfo[]> {
    return this.run(listTokenKeys, { token })
  }

  /**
   * Registers a real service with the keyservice: a principal that may connect users of some namespaces.
   *
   * @throws MORTISE_PRINCIPAL_EXISTS, MORTISE_INPUT_INVALID
   */
  addKeyserviceService(input: keyservice.AddServiceInput): Promise<keyservice.AddedService> {
    return this.run(keyservice.addService, input)
  }

  /**
   * Puts an older version of what a user keeps at the keyservice in the place of the present one, which is kept.
   *
   * @param version default the newest of the older ones
   * @throws MORTISE_KEY_NOT_FOUND
   */
  async restoreKeyservice(
    namespace: string,
    userId: string,
    version?: number,
  ): Promise<keyservice.RestoredKey> {
    const { object } = await this.#blob(namespace, userId)
    return this.run(keyservice.restore, { object, ...(version !== undefined && { version }) })
  }

  /**
   * Ends the sessions of a user at the keyservice, and destroys what it keeps there in all its versions.
   *
   * @throws MORTISE_KEY_NOT_FOUND where there is nothing
   */
  async forgetKeyservice(namespace: string, userId: string): Promise<{ readonly sessions: number }> {
    return this.run(keyservice.forget, await this.#blob(namespace, userId))
  }

  /**
   * Whether an API gateway lets a call through, and what the backend is told of it.
   *
   * @param assertion how the backend is told; null for not at all
   * @throws MORTISE_ACCESS_DENIED for who is no OAuth client and may not manage tokens
   */
  validateKey(
    call: Omit<gateway.ValidateKeyInput, 'assertion'>,
    assertion: AssertionSettings | null,
  ): Promise<gateway.KeyValidation> {
    const signed = assertion && {
      dialect: assertion.dialect,
      signer: () => this.#parts.tokenIssuer.assertionSigner(assertion.wso2Compat),
    }
    return this.run(gateway.validateKey, { ...call, assertion: signed })
  }

  /** What the store is sealed with. */
  barrierStatus(): Promise<BarrierStatus> {
    return this.run(barrierStatus, {})
  }

  async #issue(
    authority: string,
    of: ca.IssueCertificateInput['of'],
    object?: ca.CertificateObjectInput,
  ): Promise<ca.IssuedCertificate> {
    return this.run(ca.signCertificate, await this.run(ca.intendCertificate, { authority, of, object }))
  }

  /** What the object of a user is called, and whether it is there. Nothing is called so where the keyservice was never on. */
  async #blob(namespace: string, userId: string) {
    const { services } = this.#pipeline
    const blob = (await keyservice.blobName(services, namespace, userId)) ?? 'keyservice-none'
    return { blob, object: (await keyservice.ownObject(services, blob)) && blob }
  }

  async #completeIndex(): Promise<void> {
    const { userIndex } = this.#pipeline.services
    if (await userIndex.isComplete()) return
    await this.#pipeline.run({ ...this.#actor, principal: host.id, entry: vouched }, access.indexUsers, {})
  }

  /** Id of the login that remembers what is proved; null for none. */
  get #session(): string | null {
    return this.login?.id ?? null
  }

  #dataCipher(
    opened: keys.OpenedLease<CipherLease> | undefined,
    permissions: readonly ObjectPermission[],
  ): Cipher {
    if (!opened) throw new MortiseError('MORTISE_INTERNAL')
    const held = this.#hold({ ...opened, permissions })
    return new Cipher(opened.lease, held, this.#leases, keys.dataKeyVersion)
  }

  #hold(opened: Omit<OpenLease, 'actor'>): OpenLease {
    const held = { ...opened, actor: this.#actor }
    this.#leases.add(held)
    return held
  }
}
