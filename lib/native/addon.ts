/** The functions of the C++ add-on, typed. Everything that reaches C++ goes through this interface. */

export type KeyKind = 'secret' | 'private' | 'public'
export type KeyType = SecretType | 'RSA' | 'EC' | 'DSA' | CurveType | 'Data' | 'Share'
export type SecretType = 'AES' | 'HMAC' | 'AES-XTS' | '3DES' | 'ChaCha20' | 'SKIPJACK'
/** KMIP 2.1 section 11.6, and RFC 8439. */
export type CipherMode = 'CBC' | 'CTR' | 'ECB' | 'XTS' | 'GCM' | 'ChaCha20' | 'ChaCha20-Poly1305'
/** Types whose name says the curve: RFC 8032 and RFC 7748. */
export type CurveType = 'Ed25519' | 'Ed448' | 'X25519' | 'X448'
export type Curve = 'P-256' | 'P-384' | 'P-521' | 'secp256k1'
export type Hash =
  | 'SHA-1'
  | 'SHA-224'
  | 'SHA-256'
  | 'SHA-384'
  | 'SHA-512'
  | 'SHA-512/256'
  | 'SHA3-224'
  | 'SHA3-256'
  | 'SHA3-384'
  | 'SHA3-512'

/** JOSE's names (RFC 7518 section 3.1, RFC 8037, RFC 8812 section 3.2, RFC 9864 section 2.2). */
export type SignatureScheme =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'RS1'
  | 'PS1'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'ES256K'
  | 'EdDSA'
  | 'Ed448'

/** How keys are encoded elsewhere: PKCS#1 (RFC 8017), PKCS#8 (RFC 5958), SEC1 (RFC 5915), SPKI (RFC 5280), JWK (RFC 7517). */
export type KeyFormat = 'raw' | 'pkcs1' | 'pkcs8' | 'sec1' | 'spki' | 'jwk'

/** What the digest of a key may be of: also of its numbers as KMIP encodes them in TTLV (transparent formats), of secret keys, RSA and EC. */
export type DigestFormat = KeyFormat | 'transparent'

/**
 * How a key is wrapped by another: RFC 3394; RFC 5649; a random IV (12), ciphertext and tag (16) of AES-GCM; RSAES-OAEP with
 * SHA-256 (RFC 8017), for what is shorter than the modulus less 66 bytes.
 */
export type WrapMethod = 'AES-KW' | 'AES-KWP' | 'AES-GCM' | 'RSA-OAEP-256'

/** What is wrapped: the key itself, or KMIP's Key Value around it in TTLV (KMIP 2.1 section 3.2). */
export type WrapEncoding = 'none' | 'ttlv'

/**
 * HKDF (RFC 5869), PBKDF2 (RFC 8018), HMAC in the three modes of SP 800-108 with a 32-bit counter; and for old clients the beginning of
 * a hash of the key, of the HMAC of the info under it, of the info encrypted under it, and of the secret that was agreed.
 */
export type KdfMethod =
  | 'HKDF'
  | 'PBKDF2'
  | 'SP800-108-counter'
  | 'SP800-108-feedback'
  | 'SP800-108-pipeline'
  | 'Hash'
  | 'HMAC'
  | 'Encrypted'
  | 'Agreed'

/** What goes into a derivation beside the secret; each of at most 1,024 bytes, default empty. */
export interface KdfInputs {
  /** Of HKDF and PBKDF2. */
  readonly salt?: Uint8Array
  /** HKDF's info; what HMAC is of, or is encrypted; the label of SP 800-108. */
  readonly info?: Uint8Array
  /** Of SP 800-108. */
  readonly context?: Uint8Array
  /** Of PBKDF2, which needs them: 1 to 10,000,000. */
  readonly iterations?: number
  /** Of encryption, which needs one: CBC, CTR or ECB. */
  readonly mode?: CipherMode
  /** Of encryption: PKCS#7. Default false. */
  readonly padded?: boolean
  readonly iv?: Uint8Array
}

/** KMIP 2.1 section 13.1: by exclusive or, which needs all shares; Shamir's polynomials over a field. */
export type SplitMethod =
  | 'XOR'
  | 'PolynomialSharingGF2_8'
  | 'PolynomialSharingGF2_16'
  | 'PolynomialSharingPrimeField'

/**
 * Of the fields of bytes the polynomial of GF(2^8): 283, x^8 + x^4 + x^3 + x + 1, or 285, x^8 + x^4 + x^3 + x^2 + 1; of the field of a
 * prime that, big endian, of at most 1,024 bytes.
 */
export type SplitField = 283 | 285 | Uint8Array | undefined

/**
 * A key in locked, undumpable, wiped memory. Its bytes cannot be read from JavaScript; only {@link Addon.exportKey}
 * copies them out. Public keys use the same class. Collected handles are wiped too, but dispose them.
 */
export interface KeyHandle {
  readonly kind: KeyKind
  readonly type: KeyType
  /** Bits; of the modulus for RSA, of the field for EC, 255 for Ed25519 and X25519, 448 for Ed448 and X448. */
  readonly length: number
  /** Only of EC keys. */
  readonly curve: Curve | undefined
  /** Wipes the key. Later use throws MORTISE_CLOSED. May be called twice. */
  dispose(): void
}

export interface KeyPair {
  readonly privateKey: KeyHandle
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer
}

export interface SelfTestResult {
  readonly name: string
  readonly passed: boolean
  readonly microseconds: number
  /** How many byte strings it is made of, inputs and answers. */
  readonly vectors: number
}

/** RFC 7518 section 4.6. */
export type KeyAgreement = 'ECDH-ES' | 'ECDH-ES+A128KW' | 'ECDH-ES+A192KW' | 'ECDH-ES+A256KW'
/** RFC 7518 section 4; AES-KW is A128KW, A192KW or A256KW by the length of the key. */
export type KeyManagement = 'RSA-OAEP-256' | 'AES-KW' | 'dir' | KeyAgreement
/** RFC 7518 section 5. */
export type ContentEncryption =
  | 'A128GCM'
  | 'A192GCM'
  | 'A256GCM'
  | 'A128CBC-HS256'
  | 'A192CBC-HS384'
  | 'A256CBC-HS512'

/** What is encrypted to a key, in the parts of JWE (RFC 7516 section 2). */
export interface Envelope {
  readonly encryptedKey: Uint8Array
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

/** What is in a PKCS#12 file (RFC 7292). */
export interface Keystore {
  readonly keys: readonly (KeystoreEntry & {
    /** DER; the caller wipes it. */
    readonly pkcs8: Buffer
  })[]
  readonly certificates: readonly (KeystoreEntry & { readonly der: Buffer })[]
  /** Names of what is neither: secret keys. */
  readonly others: readonly string[]
}

export interface KeystoreEntry {
  /** friendlyName; empty where there is none. */
  readonly name: string
  /** localKeyId, which a key and its certificate have in common; empty where there is none. */
  readonly id: Buffer
}

/** What the header of a JWE says for ECDH-ES: the sender's ephemeral key as JWK, `apu` and `apv` decoded. */
export interface EnvelopeSender {
  readonly epk: Uint8Array
  readonly apu: Uint8Array
  readonly apv: Uint8Array
}

/** What a cipher lease is for. */
export interface CipherPurposes {
  readonly encrypt: boolean
  readonly decrypt: boolean
  /** Not Mortise's records but bare AES-GCM or, by its key, ChaCha20-Poly1305: IV (12, random), ciphertext, tag (16). Default false. */
  readonly bare?: boolean
}

/** What a lease is bound to. */
export interface LeaseBinding {
  /** Process-wide number of the key manager that opened it, from {@link Addon.newManager}. */
  readonly manager: number
  /** Store id. */
  readonly store: string
  /** Object id. */
  readonly object: string
  /** Principal id. */
  readonly principal: string
  /** Key version that stands in records: 1 to 2^32-1. */
  readonly keyVersion: number
  /** Uses that are reserved: one more than these throws MORTISE_LEASE_EXHAUSTED. */
  readonly uses: number
  /** Milliseconds from now after which it stops unless renewed. */
  readonly milliseconds: number
  /** Milliseconds from now after which it ends, renewed or not. Default: never. */
  readonly lifetime?: number
}

/** What a MAC lease is for. */
export interface MacPurposes {
  readonly generate: boolean
  readonly verify: boolean
}

/** Common to all kinds of lease. Every use of an ended or overdue lease throws MORTISE_LEASE_ENDED. */
interface Lease {
  /** Whether the key is not in this process: what would block throws MORTISE_LEASE_ASYNCHRONOUS. */
  readonly asynchronous?: true
  /** Uses so far. */
  readonly used: number
  /** Uses that are left of those reserved. */
  readonly left: number
  readonly ended: boolean
  /** Adds reserved uses. */
  reserve(uses: number): void
  /** Ends it and drops the native key. May be called twice. */
  end(): void
}

/**
 * A leased AES-256 key that makes and opens Mortise's records (docs/formats.md): format 0x01, key version (4, big endian),
 * nonce (24), ciphertext, tag (16); XAES-256-GCM (C2SP) with the first 29 bytes and then the caller's `aad` as additional
 * data. 45 bytes more than the plaintext. The lease draws 12 random bytes once and counts the other 12. For AES-128 and
 * AES-192 keys the record is format 0x02 with a random 12-byte nonce and plain AES-GCM: 33 bytes more.
 */
export interface CipherLease extends Lease {
  /** Bytes that a record is longer than its plaintext. */
  readonly overhead: number
  seal(plaintext: Uint8Array, aad?: Uint8Array): Buffer
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED for whatever reason it does not open */
  open(record: Uint8Array, aad?: Uint8Array): Buffer
  /** Into memory of the caller, at least `overhead` longer than the plaintext. */
  sealInto(plaintext: Uint8Array, out: Uint8Array, aad?: Uint8Array): void
  /** Likewise; `out` is zeroed where the record does not open. @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  openInto(record: Uint8Array, out: Uint8Array, aad?: Uint8Array): void
  /**
   * Seals `lengths.length` plaintexts, the i-th at `arena[offsets[i]]`, into `out` one behind the other; record i is
   * `lengths[i] + overhead` bytes. With `aadOffsets` and `aadLengths` each has additional data of its own, which lies in `aad`.
   * Everything is validated before any work. Blocks.
   *
   * @returns bytes written
   */
  sealBatch(
    arena: Uint8Array,
    offsets: Uint32Array,
    lengths: Uint32Array,
    out: Uint8Array,
    aad?: Uint8Array,
    aadOffsets?: Uint32Array,
    aadLengths?: Uint32Array,
  ): number
  /**
   * Opens records likewise; plaintext i is `lengths[i] - overhead` bytes, packed. `status[i]` is 1 for an opened record and 0 for
   * one that fails, whose place in `out` is zeroed. A record too short to be one takes no room. Blocks.
   *
   * @returns bytes written
   */
  openBatch(
    arena: Uint8Array,
    offsets: Uint32Array,
    lengths: Uint32Array,
    out: Uint8Array,
    status: Uint8Array,
    aad?: Uint8Array,
    aadOffsets?: Uint32Array,
    aadLengths?: Uint32Array,
  ): number
  /**
   * The same on the core's threads, several at a time where it is much. Uses are counted at once; `arena`, `out`, `status` and
   * `aad` must be neither changed, read nor transferred until it settles.
   */
  sealBatchAsync(...args: Parameters<CipherLease['sealBatch']>): Promise<number>
  openBatchAsync(...args: Parameters<CipherLease['openBatch']>): Promise<number>
}

/** A leased signing key and its scheme. */
export interface SignerLease extends Lease {
  /** Bytes of a signature; DER-encoded ones are at most this. */
  readonly signatureLength: number
  /**
   * Signs each message (or digest, where the lease was opened for digests). The results are views of one allocation. Blocks.
   */
  signBatch(inputs: readonly Uint8Array[]): Buffer[]
  /** The same on the core's threads, several at a time. The inputs are copied at once. */
  signBatchAsync(inputs: readonly Uint8Array[]): Promise<Buffer[]>
}

/** A leased key that verifies signatures, and their scheme. */
export interface VerifierLease extends Lease {
  /**
   * Whether each signature is that of the input (a message, or a digest where the lease was opened for digests) in its place.
   * One that is not leaves the others alone. Blocks.
   */
  verifyBatch(inputs: readonly Uint8Array[], signatures: readonly Uint8Array[]): boolean[]
  /** The same on the core's threads, several at a time. Inputs and signatures are copied at once. */
  verifyBatchAsync(inputs: readonly Uint8Array[], signatures: readonly Uint8Array[]): Promise<boolean[]>
}

/** A leased key for HMAC or AES-CMAC. */
export interface MacLease extends Lease {
  /** Bytes of a MAC. */
  readonly macLength: number
  mac(data: Uint8Array): Buffer
  /** Whether the MAC is that of the data, whole; compared in constant time. */
  verify(data: Uint8Array, mac: Uint8Array): boolean
  /**
   * Makes the MACs of `lengths.length` messages, the i-th at `arena[offsets[i]]`, in `out` one behind the other. Everything is
   * validated before any work. Blocks.
   *
   * @returns bytes written
   */
  macBatch(arena: Uint8Array, offsets: Uint32Array, lengths: Uint32Array, out: Uint8Array): number
  /**
   * Verifies MACs that lie in `macs` likewise: `status[i]` is 1 for one that is valid, and 0 for another, which leaves the others
   * alone. Blocks.
   *
   * @returns how many there were
   */
  verifyBatch(
    arena: Uint8Array,
    offsets: Uint32Array,
    lengths: Uint32Array,
    macs: Uint8Array,
    status: Uint8Array,
  ): number
  /**
   * The same on the core's threads, several at a time where it is much. Uses are counted at once; the buffers must be neither
   * changed, read nor transferred until it settles.
   */
  macBatchAsync(...args: Parameters<MacLease['macBatch']>): Promise<number>
  verifyBatchAsync(...args: Parameters<MacLease['verifyBatch']>): Promise<number>
}

/** A lease on a key that is elsewhere, which whoever uses it there counts and obeys. */
export interface UseLease extends Lease {
  /** Counts uses that are about to be made. @throws MORTISE_LEASE_ENDED, MORTISE_LEASE_EXHAUSTED */
  take(uses: number): void
}

export interface SignOptions {
  /** `data` is a digest of the scheme's hash. Not with EdDSA. Default false. */
  readonly digested?: boolean
  /** Form of ECDSA signatures: `p1363` (JOSE, r and s) or `der` (X.509). Default `der`. */
  readonly encoding?: 'der' | 'p1363'
  /** `data` is signed as it is, as the digest of a hash that is not named. Of RSASSA-PKCS1-v1_5 and ECDSA. Default false. */
  readonly bare?: boolean
  /** Bytes of the salt of PSS: 0 to 512. Default as many as the hash has. */
  readonly saltLength?: number
  /** To verify PSS: with a salt of whatever length. Default false. */
  readonly anySalt?: boolean
}

/** Data under way in a bare mode; {@link Addon.openModeStream}. */
export interface ModeStream {
  readonly stream: unique symbol
}

/**
 * Every function but selfTest throws MORTISE_SELFTEST_FAILED once a self-test has failed, and promises that have not settled
 * reject with it; what a lease tells of itself, `reserve`, `end` and `dispose` never do. Arguments of wrong shape are
 * MORTISE_INPUT_INVALID.
 */
export interface Addon {
  /** Version of the OpenSSL that is in use, for instance `OpenSSL 3.5.8 ...`. */
  readonly opensslVersion: string
  /** Known-answer tests of every algorithm; they also run when the add-on loads. */
  selfTest(): SelfTestResult[]
  /**
   * For tests of the self-tests: from now on a byte of one vector of the named test is another in this process, and the test
   * fails.
   *
   * @param vector 0 to {@link SelfTestResult.vectors} less 1
   */
  breakSelfTest(name: string, vector: number): void

  /** Makes this process undumpable (PR_SET_DUMPABLE 0) and sets its core limit to 0. */
  hardenProcess(): void
  /** Whether key memory must be locked (`required`) or is locked as far as the limit goes (`preferred`, the default). */
  setMemoryLock(mode: 'required' | 'preferred'): void

  randomFill(target: Uint8Array): void
  /** Constant time for equal lengths. */
  equal(a: Uint8Array, b: Uint8Array): boolean

  generateSecret(type: SecretType, bits: number): KeyHandle
  /** On another thread, with a pairwise check. `parameter`: bits for RSA (2048, 3072, 4096), a curve for EC, null for the others. */
  generateKeyPair(type: 'RSA' | 'EC' | CurveType, parameter: number | Curve | null): Promise<KeyPair>
  /**
   * `Data`: 1 to 65,536 bytes of any content, that no function but export and wrapping takes. `Share`: of a split key, 1 to 16,384
   * bytes.
   */
  importSecret(type: SecretType | 'Data' | 'Share', bytes: Uint8Array): KeyHandle
  /** PKCS#8 DER (RFC 5958), checked: consistency, curve, range. */
  importPrivate(pkcs8: Uint8Array): KeyHandle
  /** SubjectPublicKeyInfo DER (RFC 5280), checked. */
  importPublic(spki: Uint8Array): KeyHandle
  /** Raw bytes of a secret, PKCS#8 of a private and SPKI of a public key: the one explicit export. */
  exportKey(key: KeyHandle): Buffer
  /** SPKI of a private key. */
  publicKeyOf(key: KeyHandle): Buffer

  /** Makes a file of mode 0600 that holds a new root key, synced; fails if it exists (MORTISE_BARRIER_ROOT_KEY_MISSING says why). */
  createKeyFile(path: string): void
  /** Reads such a file into an HMAC handle of 256 bits. */
  readKeyFile(path: string): KeyHandle
  /** HKDF-SHA-256 (RFC 5869) without salt: a 256-bit key of `type` from a secret and a label. */
  deriveSecret(key: KeyHandle, label: string, type: 'AES' | 'HMAC'): KeyHandle

  /** A sealed blob under a 256-bit AES key: format 0x01, nonce (24), ciphertext, tag (16), XAES-256-GCM; the format byte and then `aad` authenticated. */
  sealBytes(key: KeyHandle, plaintext: Uint8Array, aad: Uint8Array): Buffer
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  openBytes(key: KeyHandle, blob: Uint8Array, aad: Uint8Array): Buffer
  /** The same, as format 0x02, for a key, whose clear bytes stay native; kind and type are sealed with it. openBytes refuses it. */
  sealKey(key: KeyHandle, target: KeyHandle, aad: Uint8Array): Buffer
  openKey(key: KeyHandle, blob: Uint8Array, aad: Uint8Array): KeyHandle
  /** The raw bytes of a sealed secret, for one that is given out once. @throws MORTISE_CRYPTO_UNSUPPORTED for one of a pair */
  openKeyBytes(key: KeyHandle, blob: Uint8Array, aad: Uint8Array): Buffer

  /** A key's exported form (raw, PKCS#8 or SPKI) under another key. */
  wrapKey(key: KeyHandle, target: KeyHandle, mode: WrapMethod, encoding?: WrapEncoding): Buffer
  unwrapKey(key: KeyHandle, blob: Uint8Array, mode: WrapMethod, kind: KeyKind, type: KeyType): KeyHandle
  /** The same on another thread. */
  unwrapKeyAsync(
    key: KeyHandle,
    blob: Uint8Array,
    mode: WrapMethod,
    kind: KeyKind,
    type: KeyType,
    encoding?: WrapEncoding,
  ): Promise<KeyHandle>

  /**
   * A key from its encoding, checked as by importPrivate and importPublic, on another thread. The format is found out where
   * it is not said, but for raw bytes: PEM by its label, DER by its first elements, JWK. At most 16,384 bytes.
   *
   * @throws MORTISE_CRYPTO_DECRYPTION_FAILED for encrypted PKCS#8 with a wrong password; for others MORTISE_CRYPTO_KEY_INVALID or
   *   MORTISE_CRYPTO_UNSUPPORTED
   */
  importEncoded(
    bytes: Uint8Array,
    options: {
      readonly format?: KeyFormat
      /** Needed for secret keys, which do not say what they are. */
      readonly secretType?: SecretType
      /** UTF-8, for PBES2 with PBKDF2 (HMAC-SHA-2, at most 10,000,000 iterations) and AES-CBC. */
      readonly password?: Uint8Array
    },
  ): Promise<KeyHandle>
  /**
   * The encoding of a key, on another thread: the explicit export. DER unless `encoding` says PEM; JWK is UTF-8 text. A
   * `password` encrypts PKCS#8: PBES2, PBKDF2-HMAC-SHA-256 with 600,000 iterations, AES-256-CBC.
   *
   * @throws MORTISE_CRYPTO_UNSUPPORTED for a format that keys of the kind do not have
   */
  exportEncoded(
    key: KeyHandle,
    format: KeyFormat,
    options: { readonly encoding?: 'der' | 'pem'; readonly password?: Uint8Array },
  ): Promise<Buffer>
  /**
   * PKCS#12 (RFC 7292) of a private key, its certificate and those above it (DER, in this order, at most 32), on another thread. PBES2 as
   * above and a MAC with HMAC-SHA-256, 200,000 iterations each.
   *
   * @param password UTF-8, 1 to 1,024 bytes
   * @throws MORTISE_INPUT_INVALID, MORTISE_INPUT_TOO_LARGE
   */
  exportPkcs12(key: KeyHandle, certificates: readonly Uint8Array[], password: Uint8Array): Promise<Buffer>
  /**
   * All that is in a PKCS#12 file of others, on another thread. The caller wipes the keys.
   *
   * @param bytes at most 16 MiB, with 10,000 entries
   * @param password UTF-8, at most 1,024 bytes
   * @throws MORTISE_CRYPTO_DECRYPTION_FAILED for a wrong password, MORTISE_CRYPTO_KEY_INVALID, MORTISE_CRYPTO_UNSUPPORTED for
   *   algorithms of the past (RC2), MORTISE_INPUT_TOO_LARGE
   */
  readKeystore(bytes: Uint8Array, password: Uint8Array): Promise<Keystore>

  /** SHA-256 of what {@link exportEncoded} would give out as DER, without giving it out. */
  keyDigest(key: KeyHandle, format: DigestFormat): Promise<Buffer>

  /**
   * A secret key derived on another thread: from a secret key, or from what a private key and the public key of a peer agree
   * on (SP 800-56A; RFC 7748).
   */
  deriveKey(
    base: KeyHandle,
    peer: KeyHandle | undefined,
    method: KdfMethod,
    hash: Hash,
    inputs: KdfInputs,
    type: SecretType,
    bits: number,
  ): Promise<KeyHandle>
  /**
   * As many keys as there are infos, 256 at most: `inputs.info` is not read. HKDF extracts once for all of them; PBKDF2 has no
   * info and derives one key only.
   */
  deriveKeys(
    base: KeyHandle,
    peer: KeyHandle | undefined,
    method: KdfMethod,
    hash: Hash,
    inputs: KdfInputs,
    type: SecretType,
    bits: number,
    infos: readonly Uint8Array[],
  ): Promise<KeyHandle[]>
  /** Shares of a key's exported form, of the type `Share`; the i-th has the identifier i + 1. 2 to 255 parts. */
  splitKey(
    key: KeyHandle,
    method: SplitMethod,
    field: SplitField,
    parts: number,
    threshold: number,
  ): KeyHandle[]
  /** The key of as many shares as it needs: with fewer, or others, it is another one, which only some kinds of keys notice. */
  joinShares(
    shares: readonly KeyHandle[],
    identifiers: Uint8Array,
    method: SplitMethod,
    field: SplitField,
    /** Bytes of the key, which the field of a prime does not tell. */
    size: number,
    kind: KeyKind,
    type: KeyType,
  ): KeyHandle

  /** One record of Mortise's format (see {@link CipherLease}), with fresh randomness. */
  sealRecord(key: KeyHandle, keyVersion: number, plaintext: Uint8Array, aad: Uint8Array): Buffer
  openRecord(key: KeyHandle, record: Uint8Array, aad: Uint8Array): Buffer
  /** Bare AES-GCM with a fresh random 96-bit IV: IV (12), ciphertext, tag (16). */
  gcmSeal(key: KeyHandle, plaintext: Uint8Array, aad: Uint8Array): Buffer
  /** `iv` of 12 bytes, `sealed` is ciphertext and tag (16). */
  gcmOpen(key: KeyHandle, iv: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Buffer
  /** For known-answer tests and later for callers' IVs under policy: as gcmSeal with the IV given; ciphertext and tag only. */
  gcmSealWithIv(key: KeyHandle, iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Buffer

  /** RSAES-OAEP (RFC 8017 section 7.1). `mask` is the hash of MGF1. */
  oaepEncrypt(key: KeyHandle, plaintext: Uint8Array, hash: Hash, mask: Hash, label: Uint8Array): Buffer
  oaepDecrypt(
    key: KeyHandle,
    ciphertext: Uint8Array,
    hash: Hash,
    mask: Hash,
    label: Uint8Array,
  ): Promise<Buffer>

  /** Blocks: 20 us for P-256, milliseconds for RSA. */
  sign(key: KeyHandle, scheme: SignatureScheme, data: Uint8Array, options: SignOptions): Buffer
  signAsync(key: KeyHandle, scheme: SignatureScheme, data: Uint8Array, options: SignOptions): Promise<Buffer>
  /** `key` is public or private. False for every signature that does not verify. */
  verify(
    key: KeyHandle,
    scheme: SignatureScheme,
    data: Uint8Array,
    signature: Uint8Array,
    options: SignOptions,
  ): boolean
  hash(hash: Hash, data: Uint8Array): Buffer
  /**
   * Hashes of `lengths.length` messages, the i-th at `arena[offsets[i]]`, into `out` one behind the other. Blocks.
   *
   * @returns bytes written
   */
  hashBatch(
    hash: Hash,
    arena: Uint8Array,
    offsets: Uint32Array,
    lengths: Uint32Array,
    out: Uint8Array,
  ): number
  /** The same on the core's threads; the buffers must be neither changed, read nor transferred until it settles. */
  hashBatchAsync(...args: Parameters<Addon['hashBatch']>): Promise<number>
  hmac(key: KeyHandle, hash: Hash, data: Uint8Array): Buffer
  /** In constant time. False for every MAC that is not that of the data. */
  hmacVerify(key: KeyHandle, hash: Hash, data: Uint8Array, mac: Uint8Array): boolean
  /** AES-CMAC (SP 800-38B). */
  cmac(key: KeyHandle, data: Uint8Array): Buffer

  /**
   * A bare mode: the ciphertext, and the tag of `tag` bytes behind it. `padded` is PKCS#7, of CBC and ECB; `tag` is 12 to 16
   * of GCM and ChaCha20-Poly1305 and otherwise 0. Nothing is counted here.
   */
  modeEncrypt(
    key: KeyHandle,
    mode: CipherMode,
    padded: boolean,
    tag: number,
    iv: Uint8Array,
    plaintext: Uint8Array,
    aad: Uint8Array,
  ): Buffer
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED for whatever is wrong with the ciphertext */
  modeDecrypt(
    key: KeyHandle,
    mode: CipherMode,
    padded: boolean,
    tag: number,
    iv: Uint8Array,
    sealed: Uint8Array,
    aad: Uint8Array,
  ): Buffer
  /**
   * The same for data that comes in parts; not to decrypt what authenticates, nor of XTS. The expanded key stays in OpenSSL's memory until the
   * last part, or until nobody has the stream any more.
   */
  openModeStream(
    key: KeyHandle,
    mode: CipherMode,
    padded: boolean,
    tag: number,
    iv: Uint8Array,
    encrypt: boolean,
    aad: Uint8Array,
  ): ModeStream
  /** What can be told by now. */
  modeStreamUpdate(stream: ModeStream, part: Uint8Array): Buffer
  /** The rest, and the tag behind it. @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  modeStreamFinal(stream: ModeStream): Buffer

  /** A new key of the curve of a public one, for one ECDH-ES: P-256, P-384, P-521, X25519 or X448. Dispose of it. */
  ephemeralKey(recipient: KeyHandle): { readonly privateKey: KeyHandle; readonly publicJwk: Buffer }
  /**
   * Encrypts to a key in the parts of JWE, with a content key that is made and stays here.
   *
   * @param ephemeral for ECDH-ES: the private key whose public one stands in `aad`
   * @param iv of AES-GCM under RSA-OAEP: 1 to 128 bytes. Default 12 random ones
   */
  sealEnvelope(
    key: KeyHandle,
    management: KeyManagement,
    encryption: ContentEncryption,
    plaintext: Uint8Array,
    aad: Uint8Array,
    ephemeral: KeyHandle | undefined,
    iv?: Uint8Array,
  ): Envelope
  /** On another thread. @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  openEnvelope(
    key: KeyHandle,
    management: KeyManagement,
    encryption: ContentEncryption,
    envelope: Envelope,
    aad: Uint8Array,
    sender: EnvelopeSender | undefined,
  ): Promise<Buffer>
  /**
   * The same of ECDH-ES where the key of the recipient is elsewhere.
   *
   * @param secret what was agreed on there with {@link senderSpki}
   */
  openAgreedEnvelope(
    secret: KeyHandle,
    management: KeyManagement,
    encryption: ContentEncryption,
    envelope: Envelope,
    aad: Uint8Array,
    sender: EnvelopeSender | undefined,
  ): Promise<Buffer>
  /** SPKI (DER) of the sender of ECDH-ES. @throws MORTISE_CRYPTO_DECRYPTION_FAILED, whatever is wrong with it */
  senderSpki(sender: EnvelopeSender): Buffer

  /** A number for one key manager of this process, in whichever thread. */
  newManager(): number
  openCipherLease(key: KeyHandle, purposes: CipherPurposes, binding: LeaseBinding): CipherLease
  openSignerLease(
    key: KeyHandle,
    scheme: SignatureScheme,
    options: SignOptions,
    binding: LeaseBinding,
  ): SignerLease
  /** `key` is public or private. */
  openVerifierLease(
    key: KeyHandle,
    scheme: SignatureScheme,
    options: SignOptions,
    binding: LeaseBinding,
  ): VerifierLease
  /** HMAC with a hash, of an HMAC key; CMAC without one, of an AES key. */
  openMacLease(key: KeyHandle, hash: Hash | undefined, purposes: MacPurposes, binding: LeaseBinding): MacLease
  openUseLease(binding: LeaseBinding): UseLease
  /**
   * Ends leases in every thread of this process, at once: those on `object` of the store; of `principal` only, where
   * given; all of the store where `object` is null.
   *
   * @returns how many
   */
  endLeases(store: string, object: string | null, principal: string | null): number
  /** Moves the deadline of every lease of a manager to `milliseconds` from now. Overdue leases stay overdue. */
  renewLeases(manager: number, milliseconds: number): void

  /**
   * A function that decodes the TTLV message that begins at `start` onto `tape`, four words an item (native/ttlv/tape.h), from the node
   * `first` on. It answers the node behind the last, or for a message that is refused or not whole a negative number: its fault times
   * 2^32, and its place in bytes. {@link TtlvDecoder} is the way to it.
   */
  ttlvDecoder(
    largestMessage: number,
    strict: boolean,
  ): (bytes: Uint8Array, start: number, tape: Uint32Array, first: number) => number
  /**
   * A function that writes into `out` the message of the commands (native/ttlv/encode.h), which stand in that array behind four words:
   * how many words they are, UTF-16 units of `texts`, whether these are other than ASCII, and where in `out` to begin. It answers the
   * bytes written; -1 where they do not fit, or the texts are not ASCII after all; -2 for what are no commands. Commands that have been
   * written are wiped. The array must not be detached. {@link TtlvWriter} is the way to it.
   */
  ttlvEncoder(commands: Uint32Array): (texts: string, out: Uint8Array) => number
}
