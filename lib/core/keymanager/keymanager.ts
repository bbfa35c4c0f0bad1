import type { Grantee } from '../../access/index.js'
import { isMortiseError, MortiseError } from '../../errors/index.js'
import {
  checkKeyName,
  createKeymanagerRequest,
  createKeymanagerRoot,
  type EnvelopeFault,
  type EnvelopeOptions,
  getKeymanagerKeys,
  installKeymanagerCertificate,
  type KeyInfo,
  type KeymanagerJweOptions,
  type KeymanagerPolicy,
  type KeyName,
  type KeyVersion,
  keyInfo,
  keymanagerArgon2,
  keymanagerDecrypt,
  keymanagerDecryptJwe,
  keymanagerDecryptWithPin,
  keymanagerEncrypt,
  keymanagerEncryptJwe,
  keymanagerEncryptJweTo,
  keymanagerEncryptWithPin,
  keymanagerSign,
  keymanagerTokenId,
  keymanagerVerify,
  keymanagerVerifyWith,
  layerOf,
  migrateKeymanagerKey,
  parentOf,
  parseEnvelope,
  parseJwe,
  registerKeymanagerCertificate,
  rootName,
  type SubjectInput,
  setKeymanagerPolicy,
  type TokenSalts,
} from '../../keymanager/index.js'
import type { SignAnswer } from '../../keys/index.js'
import type { SignatureScheme } from '../../native/index.js'
import type { GrantablePermission } from '../../operation/index.js'
import { buildCertificateBundle, type Certificate } from '../../x509/index.js'
import type { Services } from '../services.js'
import { KeymanagerClients } from './clients.js'
import { DueKeys, type Runner } from './due_keys.js'
import { type MosipInput, type MosipReport, moveFromMosip } from './import.js'
import { KeymanagerLicenses } from './licenses.js'
import { KeymanagerPartners } from './partners.js'
import { KeymanagerSecrets } from './secrets.js'

/**
 * The keys of applications for somebody, by the names that MOSIP gives them: which key is meant by a name, and that it is made or
 * replaced when it is due. What is then done with it is an operation like any other.
 */
export class Keymanager {
  readonly #services: Services
  readonly #session: Runner
  readonly #due: DueKeys

  /** @internal */
  constructor(services: Services, session: Runner) {
    this.#services = services
    this.#session = session
    this.#due = new DueKeys(services, session)
  }

  /** Symmetric keys, and zero-knowledge encryption. */
  get secrets(): KeymanagerSecrets {
    return new KeymanagerSecrets(this.#services, this.#session, this.#due)
  }

  /** The trust store. */
  get partners(): KeymanagerPartners {
    return new KeymanagerPartners(this.#services, this.#session, this.#due)
  }

  get licenses(): KeymanagerLicenses {
    return new KeymanagerLicenses(this.#session, this.#due)
  }

  /** What clients do with the keys of their machines. */
  get clients(): KeymanagerClients {
    return new KeymanagerClients(this.#session, this.#due)
  }

  /** Makes ROOT. @throws MORTISE_KEYMANAGER_KEY_EXISTS */
  createRoot(subject: SubjectInput = {}): Promise<KeyInfo> {
    return this.#session.run(createKeymanagerRoot, subject)
  }

  /** Gives somebody all rights on the key of a name, and so on those that are made below it from now on. */
  async admit(name: KeyName, grantee: Grantee): Promise<void> {
    const newest = (await this.#services.rings.get(name)).versions.at(-1)
    if (!newest) return this.#due.refuse(name, { operation: getKeymanagerKeys })
    for (const object of [newest.privateKey, newest.publicKey, newest.certificate])
      if (object !== null) await this.#session.grant(object, grantee, rights)
  }

  /**
   * Takes in the keys of a MOSIP Keymanager with what they are called, and gives somebody all rights on them.
   *
   * @throws MORTISE_INPUT_INVALID for what is no dump; MORTISE_CRYPTO_DECRYPTION_FAILED for a keystore of another password
   */
  moveFromMosip(input: MosipInput, grantee: Grantee): Promise<MosipReport> {
    return moveFromMosip(this.#services, this.#session, input, () => this.admit(rootName, grantee))
  }

  /** Says how long the keys of an application are valid. */
  setPolicy(application: string, policy: KeymanagerPolicy): Promise<void> {
    return this.#session.run(setKeymanagerPolicy, { application, ...policy })
  }

  /**
   * The key of a name that protects now. It is made where there is none yet.
   *
   * @param options.force another one though there is one
   * @throws MORTISE_KEYMANAGER_APPLICATION, MORTISE_KEYMANAGER_REFERENCE, MORTISE_KEYMANAGER_KEY_MISSING
   */
  async makeKey(
    name: KeyName,
    { force = false, subject }: { readonly force?: boolean; readonly subject?: SubjectInput } = {},
  ): Promise<KeyInfo> {
    checkKeyName(name)
    const ring = await this.#services.rings.get(name)
    const newest = ring.versions.at(-1)
    if (newest && force)
      return this.#services.rings.alone(name, () => this.#due.renew(ring, newest, { use: 'Rekey', subject }))
    const wanted = { use: 'Get', operation: getKeymanagerKeys, subject, first: true } as const
    return this.#told(name, await this.#due.current(name, wanted))
  }

  /** What may be told of a key, to who may get it. */
  async #told(name: KeyName, { publicKey, keyId }: KeyVersion): Promise<KeyInfo> {
    const all = await this.#session.run(getKeymanagerKeys, { ...pick(name), object: publicKey })
    const found = all.find((one) => one.keyId === keyId)
    if (found) return found
    throw new MortiseError('MORTISE_KEYMANAGER_KEY_MISSING')
  }

  /** All keys that have borne a name, the oldest first; none where there is no such name. */
  async keys(name: KeyName): Promise<readonly KeyInfo[]> {
    const newest = (await this.#services.rings.get(name)).versions.at(-1)
    return newest ? this.#session.run(getKeymanagerKeys, { ...name, object: newest.publicKey }) : []
  }

  /** Encrypts to the key of a name, in MOSIP's envelope. Not with the key of an application itself. */
  async encrypt(name: KeyName, plaintext: Uint8Array, options: EnvelopeOptions = {}): Promise<Buffer> {
    const isOwn = layerOf(name) !== 'base'
    if (isOwn || name.reference === 'IDENTITY_CACHE') throw new MortiseError('MORTISE_KEYMANAGER_REFERENCE')
    const { publicKey, x509 } = await this.#due.current(name, {
      use: 'Encrypt',
      operation: keymanagerEncrypt,
    })
    return this.#session.run(keymanagerEncrypt, {
      ...options,
      ...{ object: publicKey, certificate: x509.der, plaintext },
    })
  }

  /**
   * Opens what was encrypted to a key of a name, or of its application, however old.
   *
   * @throws MORTISE_KEYMANAGER_ENVELOPE, MORTISE_CRYPTO_DECRYPTION_FAILED
   */
  async decrypt(name: KeyName, sealed: Uint8Array, options: EnvelopeOptions = {}): Promise<Buffer> {
    const envelope = parseEnvelope(sealed)
    const all = await this.#private(name)
    const newest = all[0]
    const run = (object: string | null, parsed: NonNullable<typeof envelope> | EnvelopeFault) =>
      this.#session.run(keymanagerDecrypt, { ...options, object: object ?? '', envelope: parsed })
    if (!newest) return this.#due.refuse(name, { operation: keymanagerDecrypt })
    if (!envelope) return run(newest.privateKey, 'format')
    if (!envelope.thumbprint) return this.#decryptByTrial(all, (object) => run(object, envelope))
    const thumbprint = envelope.thumbprint.toString('hex')
    const meant = all.find(({ thumbprints }) => thumbprints.includes(thumbprint))
    if (meant) return run(meant.privateKey, envelope)
    return run(newest.privateKey, await this.#whereabouts(thumbprint))
  }

  /** The keys that may open what is of a name: its own, then those of its application. */
  async #private(name: KeyName): Promise<readonly KeyVersion[]> {
    const names = name.reference === '' ? [name] : [name, { ...name, reference: '' }]
    const rings = await Promise.all(names.map((one) => this.#services.rings.get(one)))
    return rings.flatMap(({ versions }) => versions).filter(({ privateKey }) => privateKey !== null)
  }

  async #whereabouts(thumbprint: string): Promise<EnvelopeFault> {
    return (await this.#services.rings.isKnown(thumbprint)) ? 'elsewhere' : 'unknown'
  }

  /** Old envelopes do not say of which key they are: the oldest comes first. */
  async #decryptByTrial(
    versions: readonly KeyVersion[],
    run: (object: string | null) => Promise<Buffer>,
  ): Promise<Buffer> {
    for (const { privateKey } of versions) {
      try {
        return await run(privateKey)
      } catch (error) {
        if (!isMortiseError(error, 'MORTISE_CRYPTO_DECRYPTION_FAILED')) throw error
      }
    }
    throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
  }

  /** Encrypts a text to the key of a name, as a compact JWE: RSA-OAEP-256 and A256GCM. */
  async encryptJwe(name: KeyName, text: Uint8Array, options: KeymanagerJweOptions = {}): Promise<string> {
    const { publicKey, x509 } = await this.#due.current(name, {
      use: 'Encrypt',
      operation: keymanagerEncryptJwe,
    })
    return this.#session.run(keymanagerEncryptJwe, { ...options, object: publicKey, certificate: x509, text })
  }

  /** The same to the key of somebody's certificate (PEM). */
  encryptJweTo(certificate: string, text: Uint8Array, options: KeymanagerJweOptions = {}): Promise<string> {
    return this.#session.run(keymanagerEncryptJweTo, { ...options, certificate, text })
  }

  /** Opens a JWE to a key of a name, or of its application. @throws MORTISE_KEYMANAGER_ENVELOPE, MORTISE_CRYPTO_DECRYPTION_FAILED */
  async decryptJwe(name: KeyName, token: string): Promise<Buffer> {
    const all = await this.#private(name)
    const thumbprint = parseJwe(token)?.thumbprint
    const meant = all.find(({ thumbprints }) => thumbprints.includes(thumbprint ?? ''))
    const newest = all[0]
    if (!newest) return this.#due.refuse(name, { operation: keymanagerDecryptJwe })
    const fault = meant || !thumbprint ? undefined : await this.#whereabouts(thumbprint)
    const object = (meant ?? newest).privateKey ?? ''
    return this.#session.run(keymanagerDecryptJwe, { object, token, fault })
  }

  /** Encrypts with a PIN, which is kept nowhere. */
  encryptWithPin(data: Uint8Array, pin: string): Promise<Buffer> {
    return this.#session.run(keymanagerEncryptWithPin, { data, pin })
  }

  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  decryptWithPin(data: Uint8Array, pin: string): Promise<Buffer> {
    return this.#session.run(keymanagerDecryptWithPin, { data, pin })
  }

  /** A slow hash, argon2id, with a salt of its own where none is given. */
  argon2(data: Uint8Array, salt?: Uint8Array): Promise<{ readonly hash: Buffer; readonly salt: Uint8Array }> {
    return this.#session.run(keymanagerArgon2, { data, salt })
  }

  /** The certificate of the key that a name has now, and those above it up to ROOT: PKCS#7, DER. */
  async chain(name: KeyName): Promise<Buffer> {
    const { x509 } = await this.key(name)
    return buildCertificateBundle((await this.#chainOf(name, x509)).map(({ der }) => der))
  }

  /** A certificate of a name, and those above it, up to the first that nobody here has issued. */
  async #chainOf(name: KeyName, x509: Certificate): Promise<readonly Certificate[]> {
    const chain = [x509]
    for (let above = name; layerOf(above) !== 'root'; ) {
      above = parentOf(above)
      const below = chain.at(-1) as Certificate
      const issuer = (await this.#services.rings.get(above)).versions.findLast((one) =>
        isBelow(below, one.x509),
      )
      if (!issuer) break
      chain.push(issuer.x509)
    }
    return chain
  }

  /** Signs with the key of an application, or one on a curve: what `data` gives for the key that it is. */
  async sign(
    name: KeyName,
    data: (key: SigningKey) => Uint8Array | Promise<Uint8Array>,
    scheme?: SignatureScheme,
  ): Promise<SignAnswer> {
    if (layerOf(name) === 'base') throw new MortiseError('MORTISE_KEYMANAGER_REFERENCE')
    const version = await this.#due.current(name, { use: 'Sign', operation: keymanagerSign })
    return this.#session.run(keymanagerSign, {
      object: version.privateKey ?? '',
      data: await data({
        keyId: version.keyId,
        x509: version.x509,
        chain: () => this.#chainOf(name, version.x509),
      }),
      scheme,
    })
  }

  /**
   * Whether a signature is of one of the keys that have borne a name: of the one that is meant, where it is said.
   *
   * @param meant what a signature says of its key; without a certificate every key is tried that could be it
   * @throws MORTISE_KEYMANAGER_CERTIFICATE where somebody else's certificate has ended
   */
  async verify(
    name: KeyName,
    data: Uint8Array,
    signature: Uint8Array,
    scheme: SignatureScheme,
    { kid, thumbprint }: MeantKey = {},
  ): Promise<KeyInfo | undefined> {
    const ring = await this.#services.rings.get(name)
    if (ring.versions.length === 0) await this.#due.refuse(name, { operation: keymanagerVerify })
    const byId = ring.versions.filter(({ keyId }) => kid === keyId || kid?.endsWith(`#${keyId}`))
    const meant = byId.length > 0 ? byId : ring.versions
    for (const version of meant.toReversed()) {
      if (thumbprint !== undefined && !version.thumbprints.includes(thumbprint)) continue
      const input = { object: version.publicKey, data, signature, scheme }
      const valid = await this.#session.run(keymanagerVerify, input).catch((error) => {
        // A scheme of another kind of key.
        if (isMortiseError(error, 'MORTISE_CRYPTO_UNSUPPORTED')) return false
        throw error
      })
      if (valid) return keyInfo(name, version)
    }
    return undefined
  }

  /** The key of a name that protects now; that of an application must have been made. */
  async key(name: KeyName): Promise<KeyInfo> {
    checkKeyName(name)
    const current = await this.#due.current(name, { use: 'Get', operation: getKeymanagerKeys })
    return this.#told(name, current)
  }

  /** Whether a signature is of the key of a certificate that whoever asks trusts. */
  async verifyWith(
    certificate: string | Uint8Array,
    data: Uint8Array,
    signature: Uint8Array,
    scheme: SignatureScheme,
  ): Promise<boolean> {
    return this.#session.run(keymanagerVerifyWith, { certificate, data, signature, scheme })
  }

  /** PKCS#10, DER, of the key of a name. */
  async request(name: KeyName, subject: SubjectInput = {}): Promise<Buffer> {
    const { privateKey } = await this.#due.current(name, { use: 'Get', operation: getKeymanagerKeys })
    return this.#session.run(createKeymanagerRequest, { ...pick(name), object: privateKey ?? '', subject })
  }

  /** Gives the newest key of a name the certificate that another authority has signed for it. */
  async installCertificate(name: KeyName, certificate: string): Promise<KeyInfo> {
    const newest = (await this.#services.rings.get(name)).versions.at(-1)
    if (!newest?.privateKey) return this.#due.refuse(name, { operation: installKeymanagerCertificate })
    return this.#session.run(installKeymanagerCertificate, {
      ...pick(name),
      ...{ object: newest.privateKey, certificate },
    })
  }

  /** Takes in somebody else's certificate under a name of its own: who may let ROOT certify, may. */
  async registerCertificate(name: KeyName, certificate: string): Promise<KeyInfo> {
    checkKeyName(name)
    const { privateKey } = await this.#due.root(registerKeymanagerCertificate)
    return this.#session.run(registerKeymanagerCertificate, {
      ...pick(name),
      ...{ root: privateKey ?? '', certificate },
    })
  }

  /**
   * Takes in a key of another Keymanager under a reference.
   *
   * @param encrypted the private key (PKCS#8) in an envelope to the key of the application
   * @param certificate PEM
   * @param ends when it stops protecting, where that is before its certificate ends: milliseconds since 1970
   * @returns whether it was not here yet
   * @throws MORTISE_KEYMANAGER_ENVELOPE, MORTISE_CRYPTO_DECRYPTION_FAILED, MORTISE_KEYMANAGER_CERTIFICATE
   */
  async migrateKey(
    name: KeyName,
    encrypted: Uint8Array,
    certificate: string,
    ends?: number,
  ): Promise<boolean> {
    const wanted = { use: 'Certify', operation: getKeymanagerKeys } as const
    const { privateKey } = await this.#due.current({ ...name, reference: '' }, wanted)
    return this.#session.run(migrateKeymanagerKey, {
      ...pick(name),
      ...{ object: privateKey ?? '', encrypted, certificate, ends },
    })
  }

  /** What a partner calls somebody by, without knowing the UIN. */
  async tokenId(uin: string, partner: string, salts: TokenSalts): Promise<string> {
    const { publicKey } = await this.#due.root(keymanagerTokenId)
    return this.#session.run(keymanagerTokenId, { root: publicKey, uin, partner, salts })
  }

  /** Ends the newest key of a name: it still opens and verifies, and another one is made when it is next wanted. */
  async revoke(name: KeyName): Promise<void> {
    const newest = (await this.#services.rings.get(name)).versions.at(-1)
    if (!newest) return this.#due.refuse(name, { operation: getKeymanagerKeys })
    const objects = [newest.privateKey, newest.publicKey].filter((one) => one !== null)
    for (const object of objects) await this.#session.revoke(object)
  }
}

/** All that is asked of the keys of applications. */
const rights: readonly GrantablePermission[] = [
  'AuthorityManage',
  'Certify',
  'Decrypt',
  'Encrypt',
  'Get',
  'GetAttributes',
  'Locate',
  'Rekey',
  'Revoke',
  'Sign',
  'SignatureVerify',
]

function pick({ application, reference }: KeyName): KeyName {
  return { application, reference }
}

/** What a signature is of. */
export interface SigningKey extends Pick<KeyVersion, 'keyId' | 'x509'> {
  /** Its certificate and those above it. */
  chain(): Promise<readonly Certificate[]>
}

/** Whether a certificate says that it is signed with the key of another one. Those of MOSIP may say it by the name alone. */
function isBelow({ issuer, extensions }: Certificate, { subject, extensions: above }: Certificate): boolean {
  const identifier = extensions.authorityKeyIdentifier?.keyIdentifier
  if (!issuer.equals(subject)) return false
  return (
    identifier === undefined || Buffer.from(identifier).equals(above.subjectKeyIdentifier ?? Buffer.alloc(0))
  )
}

/** What a signature says of the key that it is of. */
interface MeantKey {
  /** Its key id, alone or behind a # . */
  readonly kid?: string | undefined
  /** SHA-256 of its certificate, hexadecimal. */
  readonly thumbprint?: string | undefined
}
