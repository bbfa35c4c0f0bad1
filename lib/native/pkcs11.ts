import type {
  ContentEncryption,
  Curve,
  Envelope,
  Hash,
  KeyHandle,
  KeyKind,
  SignatureScheme,
  SignOptions,
} from './addon.js'

/**
 * The pool of sessions on a PKCS#11 token (PKCS#11 2.40 and 3.0), in C++ on threads of its own. `native.openPkcs11` is the way to it.
 * Modules and tokens are shared by the whole process: worker threads that open the same one get the same.
 *
 * Every promise of a pool rejects with one of these beside what its method names:
 *
 * - MORTISE_HSM_BUSY: the queue is full, or the token gives no session to anybody. Nothing was done.
 * - MORTISE_HSM_TIMEOUT: the deadline has passed. What was asked may still be done: look for a key before it is made again.
 * - MORTISE_HSM_UNAVAILABLE: the token does not answer, or the module has to be initialised again. A call that was under way may
 *   have been done. The pool recovers by itself.
 * - MORTISE_HSM_LOGIN_REFUSED: the PIN is wrong, locked or expired. It is tried once, and never again in this process.
 * - MORTISE_HSM_KEY_NOT_FOUND: no key on the token has this identity; one that has its id and is another key does not count.
 * - MORTISE_HSM_UNSUPPORTED: the token lacks the mechanism, which is named, or allows it for other sizes only.
 * - MORTISE_HSM_REFUSED: the token refuses for a reason that lies in the request; its return code is named (CKR_...).
 * - MORTISE_CLOSED: the pool has been closed.
 */

/** How a token is found. Slots are not: their numbers change. Exactly one token must fit. */
export interface Pkcs11TokenSelector {
  /** CK_TOKEN_INFO.label, without the blanks behind it. */
  readonly label?: string
  /** CK_TOKEN_INFO.serialNumber, likewise. */
  readonly serial?: string
  readonly manufacturer?: string
  readonly model?: string
}

/** How a token is treated. */
export interface Pkcs11Policy {
  /**
   * Threads, each of which has a session: as many as processors for a software token, 16 to 32 for one on the network. 1 to 256; default 8.
   * No more than what the token allows, less the session that holds the login and `reserve`.
   */
  readonly threads?: number
  /** Sessions left to others, of those that the token allows. Default 0. */
  readonly reserve?: number
  /** Jobs that wait at most; one more is refused with MORTISE_HSM_BUSY. 1 to 65,536; default 1,024. */
  readonly queue?: number
  /** Milliseconds from the call to its answer, waiting included. 1 to 600,000; default 10,000. */
  readonly deadline?: number
  /** The same for what makes keys, and for opening the token. Default 60,000. */
  readonly generationDeadline?: number
  /** Milliseconds after which an idle session is asked for its state, so that the token keeps it; 0 for never. Default 20,000. */
  readonly keepAlive?: number
  /** Who makes the IVs of {@link Pkcs11Token.seal}. Default: this process, unless the token was seen to put its own in their place. */
  readonly gcmIv?: 'local' | 'token'
  /** Form of CK_GCM_PARAMS: with ulIvBits (PKCS#11 2.40 errata, 3.0) or without it. Default: found out. */
  readonly gcmParameters?: 'with-iv-bits' | 'without-iv-bits'
}

export interface Pkcs11Options {
  /** Path of the module, a shared library. */
  readonly module: string
  readonly token: Pkcs11TokenSelector
  /**
   * UTF-8, kept in locked memory; the caller wipes its own. Without one nobody logs in, unless the token has a keypad of its own
   * (CKF_PROTECTED_AUTHENTICATION_PATH).
   */
  readonly pin?: Uint8Array
  /** For C_Initialize's pReserved: NSS's library parameters for instance. Of the first that opens the module. */
  readonly initialization?: string
  /**
   * The module may have been initialised by somebody else in this process, who has seen to its locking. Then it is never finalised
   * here, and lost with the other. Default false: refused.
   */
  readonly foreign?: boolean
  readonly policy?: Pkcs11Policy
}

export type Pkcs11KeyType = 'AES' | 'HMAC' | 'RSA' | 'EC' | Pkcs11OctetType

/** The curves of RFC 8410. */
export type Pkcs11OctetType = 'Ed25519' | 'Ed448' | 'X25519' | 'X448'

/**
 * What a key is known by, whatever its handle is by now: CKA_ID, CKA_CLASS and CKA_KEY_TYPE find it, the others are compared whenever it
 * is found again. Keep all that {@link Pkcs11KeyFacts} tells: with the first three alone the one key that has them is believed.
 */
export interface Pkcs11KeyIdentity {
  /** CKA_ID, 1 to 255 bytes. */
  readonly id: Uint8Array
  readonly kind: KeyKind
  /** HMAC stands for CKK_GENERIC_SECRET and the CKK_..._HMAC. */
  readonly type: Pkcs11KeyType
  /** SPKI, DER, of public and private keys. */
  readonly publicKey?: Uint8Array
  /** Of secret keys, 3 bytes: CKA_CHECK_VALUE, or the same worked out by use of the key. */
  readonly checkValue?: Uint8Array
}

export type Pkcs11Usage = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'wrap' | 'unwrap' | 'derive'

/** What the token says of a key. It is the token's own claim, and no proof. */
export interface Pkcs11KeyFacts extends Pkcs11KeyIdentity {
  readonly label: string
  /** Of the secret, the modulus or the field; 255 and 448 for the curves of RFC 8410; 0 where the token does not say. */
  readonly bits: number
  readonly curve: Curve | undefined
  readonly usages: readonly Pkcs11Usage[]
  /** CKA_SENSITIVE and so on; undefined where the key has no such attribute. */
  readonly sensitive: boolean | undefined
  readonly extractable: boolean | undefined
  readonly alwaysSensitive: boolean | undefined
  readonly neverExtractable: boolean | undefined
  readonly local: boolean | undefined
  readonly private: boolean | undefined
  readonly modifiable: boolean | undefined
}

/** A key that is to be on the token: CKA_TOKEN and CKA_PRIVATE true (public keys: not private), only the usages that are named. */
export interface Pkcs11KeyTemplate {
  /** CKA_ID, 1 to 255 bytes, which no key of the kind may have. */
  readonly id: Uint8Array
  readonly label: string
  readonly usages: readonly Pkcs11Usage[]
  /** CKA_SENSITIVE. Default true. */
  readonly sensitive?: boolean
  /** CKA_EXTRACTABLE. Default false. */
  readonly extractable?: boolean
  /** CKA_MODIFIABLE. Default false, where the token takes it: such a key keeps its label and id. */
  readonly modifiable?: boolean
}

export interface Pkcs11KeyQuery {
  readonly id?: Uint8Array
  /** CKA_LABEL, whole. */
  readonly label?: string
  readonly kind?: KeyKind
  /** Keys at most; default 10,000. */
  readonly limit?: number
}

/** A cipher that the token runs. */
export type Pkcs11Cipher =
  /** CKM_AES_GCM with the caller's IV: the ciphertext with the tag behind it. `tag` in bytes, 12 to 16; default 16. */
  | { readonly mode: 'GCM'; readonly iv: Uint8Array; readonly aad?: Uint8Array; readonly tag?: number }
  /** CKM_AES_CBC, or CKM_AES_CBC_PAD where `padded` (PKCS#7). */
  | { readonly mode: 'CBC'; readonly iv: Uint8Array; readonly padded: boolean }
  /** CKM_AES_CTR; the counter is the whole block. */
  | { readonly mode: 'CTR'; readonly iv: Uint8Array }
  | { readonly mode: 'ECB' }
  /** CKM_RSA_PKCS_OAEP. `mask` is the hash of MGF1. */
  | { readonly mode: 'OAEP'; readonly hash: Hash; readonly mask: Hash; readonly label?: Uint8Array }
  /** CKM_RSA_PKCS (RSAES-PKCS1-v1_5). */
  | { readonly mode: 'PKCS1' }

/**
 * CKM_AES_KEY_WRAP (RFC 3394); CKM_AES_KEY_WRAP_KWP, or else CKM_AES_KEY_WRAP_PAD where the token was seen to make RFC 5649 of it;
 * CKM_AES_CBC_PAD with an IV (16, random) in front; CKM_RSA_PKCS_OAEP with SHA-1 or SHA-256; CKM_RSA_PKCS. A secret key is wrapped
 * as its bytes, a private one as PKCS#8.
 */
export type Pkcs11WrapMethod =
  | 'AES-KW'
  | 'AES-KWP'
  | 'AES-CBC-PAD'
  | 'RSA-OAEP'
  | 'RSA-OAEP-256'
  | 'RSA-PKCS1'

/** What is made on the token. */
export interface Pkcs11PairTemplate {
  readonly type: 'RSA' | 'EC' | Pkcs11OctetType
  /** Bits for RSA, a curve for EC, null for the others. */
  readonly parameter: number | Curve | null
  readonly privateKey: Pkcs11KeyTemplate
  readonly publicKey: Pkcs11KeyTemplate
}

export interface Pkcs11Mechanism {
  /** As in the specification, for instance CKM_AES_GCM; a number in hexadecimal where it is none of those known here. */
  readonly name: string
  readonly type: number
  /** CK_MECHANISM_INFO: bits or bytes, as the mechanism counts. */
  readonly minKeySize: number
  readonly maxKeySize: number
  /** CKF_..., of which some are named in `usages`. */
  readonly flags: number
  readonly usages: readonly (Pkcs11Usage | 'digest' | 'generate' | 'generate-pair')[]
}

/** What a token can do, found out by asking and trying when it is opened. */
export interface Pkcs11Capabilities {
  readonly mechanisms: readonly Pkcs11Mechanism[]
  /** Hashes, each also of MGF1, with which RSAES-OAEP was tried and done; empty where it could not be tried. */
  readonly oaepHashes: readonly Hash[]
  /** Form of CK_GCM_PARAMS that was tried and done; undefined where the token has no AES-GCM or could not be tried. */
  readonly gcmParameters: 'with-iv-bits' | 'without-iv-bits' | undefined
  /** Who makes the IV: the token where it was seen to write its own in the place of ours. */
  readonly gcmIv: 'local' | 'token' | undefined
  /**
   * The mechanism that makes RFC 5649, compared with what we make; undefined where there is none or it could not be tried. Some do so for
   * keys of a multiple of eight bytes only: to wrap others by it is MORTISE_HSM_UNSUPPORTED.
   */
  readonly keyWrapPad: 'CKM_AES_KEY_WRAP_KWP' | 'CKM_AES_KEY_WRAP_PAD' | undefined
  /** For instance 2.40 or 3.0. */
  readonly cryptoki: string
  readonly library: { readonly manufacturer: string; readonly description: string; readonly version: string }
  readonly token: {
    readonly label: string
    readonly serial: string
    readonly manufacturer: string
    readonly model: string
    /** CK_TOKEN_INFO.flags. */
    readonly flags: number
    readonly loginRequired: boolean
    /** Sessions that the token allows; undefined where it does not say. */
    readonly maxSessions: number | undefined
  }
  /** The slot it is in by now. */
  readonly slot: number
}

/**
 * `ready`; `degraded`: some threads are held up by calls that do not return; `down`: the token does not answer, everything is refused
 * at once, and it is tried again; `recovering`: right now; `poisoned`: down, and a call that does not return keeps the module from
 * being initialised again: restart the process if this lasts; `refused`: the PIN was; `closed`.
 */
export type Pkcs11State =
  | 'opening'
  | 'ready'
  | 'degraded'
  | 'down'
  | 'recovering'
  | 'poisoned'
  | 'refused'
  | 'closed'

export interface Pkcs11Status {
  readonly state: Pkcs11State
  /** Why it is not ready; empty where it is. */
  readonly reason: string
  /** Counts how often all sessions and handles were given up. */
  readonly generation: number
  readonly threads: number
  /** Sessions that are open, the one that holds the login among them. */
  readonly sessions: number
  /** Threads at most, by now: less than the policy's where the token gave no more sessions. */
  readonly sessionLimit: number
  readonly queued: number
  readonly inFlight: number
  /** Threads held up by calls whose deadline has passed. */
  readonly stuck: number
  /** Jobs so far, and of these those that failed, were refused as too many, or were not done in time. */
  readonly jobs: number
  readonly failed: number
  readonly busy: number
  readonly timeouts: number
  /** Calls of C_Login, of C_FindObjectsInit, of C_OpenSession; retries of a job; C_Initialize after the first. */
  readonly logins: number
  readonly finds: number
  readonly sessionsOpened: number
  readonly retries: number
  readonly reinitializations: number
  /**
   * Milliseconds until a token that is gone is tried again: 1,000 at most, and 30,000 where it fails again within 30 seconds of its return; 0
   * where it is not gone.
   */
  readonly nextAttempt: number
  /** Return codes other than CKR_OK by name, and how often each came. */
  readonly returnCodes: Readonly<Record<string, number>>
  /** Jobs by the time that they waited in the queue: up to 2^i microseconds for the i-th, the last for all longer ones. */
  readonly queueWait: readonly number[]
}

/** Answer of {@link Pkcs11Token.test}. */
export interface Pkcs11Health {
  /** Of opening a session, asking for its state and for 16 random bytes, and closing it. */
  readonly milliseconds: number
  readonly loggedIn: boolean
  /** CK_TOKEN_INFO.flags by now, with CKF_USER_PIN_COUNT_LOW and the like. */
  readonly tokenFlags: number
}

/** A key of a token, to be used: its handle and its facts are remembered while it stays in the pool. Needs no closing. */
export interface Pkcs11Key {
  readonly kind: KeyKind
  readonly type: Pkcs11KeyType
}

/**
 * A pool. Inputs are copied before a method returns; at most 16 MiB a job and 64 MiB that wait. What has no harm in being done twice
 * (all but what makes, changes or destroys keys) is tried again where a session or a handle was lost.
 */
export interface Pkcs11Token {
  readonly capabilities: Pkcs11Capabilities
  /** Asks nothing of the token: the key is looked for when it is first used. */
  key(identity: Pkcs11KeyIdentity): Pkcs11Key

  /** Keys of the types known here. */
  find(query: Pkcs11KeyQuery): Promise<Pkcs11KeyFacts[]>
  /** Read from the token. */
  facts(key: Pkcs11Key): Promise<Pkcs11KeyFacts>
  /** @param bits 128, 192 or 256 for AES; a multiple of 8 up to 4,096 for HMAC */
  generateSecret(type: 'AES' | 'HMAC', bits: number, template: Pkcs11KeyTemplate): Promise<Pkcs11KeyFacts>
  generatePair(
    template: Pkcs11PairTemplate,
  ): Promise<{ readonly privateKey: Pkcs11KeyFacts; readonly publicKey: Pkcs11KeyFacts }>
  /**
   * Brings a key onto the token. `wrapped`: under a key that the token makes for it (RSA-OAEP, and AES for what is longer), so that no
   * clear byte passes; `created`: by C_CreateObject, in the clear through the module; `either`: the second where the token refuses the
   * first or lacks what it needs. Public keys are always created.
   */
  importKey(
    key: KeyHandle,
    template: Pkcs11KeyTemplate,
    how: 'wrapped' | 'created' | 'either',
  ): Promise<Pkcs11KeyFacts & { readonly wrapped: boolean }>

  /**
   * Options are those of signatures in software: `digested`, `bare`, `saltLength`, and `encoding` for ECDSA, `der` by default, in
   * whichever form the token answers. The token hashes short inputs where it has a mechanism for that, otherwise it is done here.
   */
  sign(key: Pkcs11Key, scheme: SignatureScheme, data: Uint8Array, options: SignOptions): Promise<Buffer>
  /** At most 4,096, in one job for one session, which fails as a whole. */
  signBatch(
    key: Pkcs11Key,
    scheme: SignatureScheme,
    inputs: readonly Uint8Array[],
    options: SignOptions,
  ): Promise<Buffer[]>
  /** By a public key on the token. False for every signature that does not verify. */
  verify(
    key: Pkcs11Key,
    scheme: SignatureScheme,
    data: Uint8Array,
    signature: Uint8Array,
    options: SignOptions,
  ): Promise<boolean>
  /** HMAC with a hash, of an HMAC key; AES-CMAC without one, of an AES key. */
  mac(key: Pkcs11Key, hash: Hash | undefined, data: Uint8Array): Promise<Buffer>
  macBatch(key: Pkcs11Key, hash: Hash | undefined, inputs: readonly Uint8Array[]): Promise<Buffer[]>

  /** AES-GCM with a new IV by the policy: IV (12), ciphertext, tag (16). */
  seal(key: Pkcs11Key, plaintext: Uint8Array, aad: Uint8Array): Promise<Buffer>
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  open(key: Pkcs11Key, sealed: Uint8Array, aad: Uint8Array): Promise<Buffer>
  /** The same of a secret key, whose bytes stay in C++. */
  sealSecret(key: Pkcs11Key, secret: KeyHandle, aad: Uint8Array): Promise<Buffer>
  /** It comes from the token into locked memory. @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  openSecret(key: Pkcs11Key, sealed: Uint8Array, aad: Uint8Array, type: 'AES' | 'HMAC'): Promise<KeyHandle>
  /** As for signatures; the same `aad` for all, or to each its own. */
  sealBatch(
    key: Pkcs11Key,
    plaintexts: readonly Uint8Array[],
    aad: Uint8Array | readonly Uint8Array[],
  ): Promise<Buffer[]>
  /** Null for each that does not open. */
  openBatch(
    key: Pkcs11Key,
    sealed: readonly Uint8Array[],
    aad: Uint8Array | readonly Uint8Array[],
  ): Promise<(Buffer | null)[]>
  encrypt(key: Pkcs11Key, cipher: Pkcs11Cipher, plaintext: Uint8Array): Promise<Buffer>
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  decrypt(key: Pkcs11Key, cipher: Pkcs11Cipher, ciphertext: Uint8Array): Promise<Buffer>
  /**
   * An envelope by RSA-OAEP-256. The content key comes from the token into locked memory, and is gone afterwards. A token without
   * CKM_RSA_PKCS_OAEP with SHA-256 does CKM_RSA_X_509, and the padding is removed here in constant time.
   *
   * @throws MORTISE_CRYPTO_DECRYPTION_FAILED; MORTISE_HSM_UNSUPPORTED for a token that has neither
   */
  openEnvelope(
    key: Pkcs11Key,
    encryption: ContentEncryption,
    envelope: Envelope,
    aad: Uint8Array,
  ): Promise<Buffer>

  /** The target must be extractable. */
  wrap(key: Pkcs11Key, target: Pkcs11Key, method: Pkcs11WrapMethod): Promise<Buffer>
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  unwrap(
    key: Pkcs11Key,
    wrapped: Uint8Array,
    method: Pkcs11WrapMethod,
    kind: 'secret' | 'private',
    type: Pkcs11KeyType,
    template: Pkcs11KeyTemplate,
  ): Promise<Pkcs11KeyFacts>
  /** CKM_ECDH1_DERIVE without a KDF: a secret key on the token of the first `bits` of the agreed secret. @param peer SPKI, DER */
  derive(
    key: Pkcs11Key,
    peer: Uint8Array,
    type: 'AES' | 'HMAC',
    bits: number,
    template: Pkcs11KeyTemplate,
  ): Promise<Pkcs11KeyFacts>
  /** The same, and the agreed secret itself, of the field's length, in locked memory of this process as an HMAC key; none stays on the token. */
  agree(key: Pkcs11Key, peer: Uint8Array): Promise<KeyHandle>

  /** C_DestroyObject. */
  destroy(key: Pkcs11Key): Promise<void>
  /** Where the key is modifiable. With a new id it is another key for this interface: ask for it by its new identity. */
  setAttributes(
    key: Pkcs11Key,
    attributes: { readonly label?: string; readonly id?: Uint8Array },
  ): Promise<void>
  /** C_GenerateRandom, 1 to 65,536 bytes. */
  random(size: number): Promise<Buffer>
  /** Really opens a session, and closes it. */
  test(): Promise<Pkcs11Health>
  /** What is known by now; asks nothing of the token. */
  status(): Pkcs11Status
  /**
   * Refuses what waits, lets what is under way end until its deadline, closes the sessions, and with the last token of the module
   * finalises that. Other threads that have opened the token keep it.
   */
  close(): Promise<void>
}

/** What the add-on has for tokens. */
export interface Pkcs11Addon {
  /**
   * Opens a token: loads and initialises the module, finds the token, logs in, finds out what it can do.
   *
   * @throws MORTISE_HSM_MODULE where the module cannot be loaded or initialised; MORTISE_HSM_TOKEN_NOT_FOUND where no token, or more
   *   than one, fits; MORTISE_HSM_LOGIN_REFUSED
   */
  openPkcs11(options: Pkcs11Options): Promise<Pkcs11Token>
}
