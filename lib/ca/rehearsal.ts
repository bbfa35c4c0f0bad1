import type { Policy } from '../crypto/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import { native, type SignatureScheme } from '../native/index.js'
import {
  buildCertificate,
  type Certificate,
  type CertificateTemplate,
  lintCertificate,
  type Signer,
  validatePath,
} from '../x509/index.js'
import type { Authority } from './authorities.js'
import { refused } from './names.js'

/** Extensions that name keys, which are others in a rehearsal. */
const ofKeys = ['2.5.29.14', '2.5.29.35']

/** A key that nobody trusts, of the kind that a scheme is of. */
interface ThrowAway {
  readonly signer: Signer
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
}

const kinds: Readonly<Record<string, Parameters<typeof native.generateKeyPair>>> = {
  RS256: ['RSA', 2048],
  ES256: ['EC', 'P-256'],
  ES256K: ['EC', 'secp256k1'],
  ES384: ['EC', 'P-384'],
  ES512: ['EC', 'P-521'],
  EdDSA: ['Ed25519', null],
  Ed448: ['Ed448', null],
}

/**
 * Certificates are signed with a throw-away key first: it is looked at as it would be, and nobody can use it. The key stands in for
 * those of all authorities above, so that the whole path is validated as it would be.
 */
export class Rehearsals {
  readonly #policy: Policy
  readonly #keys = new Map<SignatureScheme, Promise<ThrowAway>>()
  readonly #paths = new WeakMap<Certificate, Promise<readonly Certificate[]>>()

  constructor(policy: Policy) {
    this.#policy = policy
  }

  /**
   * A certificate as it will be but for its signature.
   *
   * @param issuer of what is no self-signed certificate
   * @returns TBSCertificate, and what may be said against it
   * @throws MORTISE_CERTIFICATE_REFUSED with the lints that it fails, or why its path is not valid
   */
  async rehearse(
    template: CertificateTemplate,
    scheme: SignatureScheme,
    issuer?: Authority & { readonly certificate: Certificate },
  ): Promise<{ readonly message: Buffer; readonly warnings: readonly string[] }> {
    const key = await this.#key(scheme)
    const certificate = await built(() => buildCertificate(template, key.signer))
    const findings = lintCertificate(certificate)
    const errors = findings.filter(({ severity }) => severity === 'error')
    if (errors.length > 0) {
      const texts = errors.map(({ name, text }) => `${name} (${text})`)
      throw refused(`the certificate would not be sound: ${texts.join('; ')}`, {
        lints: errors.map(({ name }) => name).join(','),
      })
    }
    if (issuer) this.#validate(certificate, await this.#path(issuer, scheme))
    return {
      message: Buffer.from(certificate.message),
      warnings: findings.map(({ name, text }) => `${name}: ${text}`),
    }
  }

  #validate(leaf: Certificate, path: readonly Certificate[]): void {
    const at = new Date(Math.max(...[leaf, ...path].map(({ notBefore }) => notBefore.getTime())))
    try {
      const [anchor] = path.slice(-1) as [Certificate]
      validatePath({ leaf, intermediates: path.slice(0, -1), anchors: [anchor], at, policy: this.#policy })
    } catch (error) {
      if (!isMortiseError(error, 'MORTISE_X509_PATH_INVALID')) throw error
      throw refused(`the authority may not issue it: ${error.message}`, {
        reason: String(error.details['reason']),
      })
    }
  }

  /** The certificates of the issuer and of those above it, as if they all had the throw-away key. */
  #path(
    { certificate, chain }: { readonly certificate: Certificate; readonly chain: readonly Certificate[] },
    scheme: SignatureScheme,
  ): Promise<readonly Certificate[]> {
    const known =
      this.#paths.get(certificate) ??
      Promise.all([certificate, ...chain].map((one) => this.#copy(one, scheme)))
    this.#paths.set(certificate, known)
    return known
  }

  async #copy(certificate: Certificate, scheme: SignatureScheme): Promise<Certificate> {
    const { signer, publicKey } = await this.#key(scheme)
    const other = certificate.extensions.all.filter(({ type }) => !ofKeys.includes(type))
    const { serialNumber, issuer, notBefore, notAfter, subject } = certificate
    const fields = { serialNumber, issuer, notBefore, notAfter, subject, publicKey }
    return buildCertificate({ ...fields, extensions: { other } }, signer)
  }

  #key(scheme: SignatureScheme): Promise<ThrowAway> {
    const known = this.#keys.get(scheme) ?? makeKey(scheme)
    this.#keys.set(scheme, known)
    known.catch(() => this.#keys.delete(scheme))
    return known
  }
}

async function makeKey(scheme: SignatureScheme): Promise<ThrowAway> {
  const kind = kinds[scheme]
  if (!kind) throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED')
  const { privateKey, publicKey } = await native.generateKeyPair(...kind)
  const options = { digested: false, encoding: 'der' } as const
  return {
    signer: { scheme, sign: (message) => native.sign(privateKey, scheme, message, options) },
    publicKey,
  }
}

/** What cannot be encoded was asked for so. */
async function built<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_X509_INVALID')) throw error
    throw refused(`there can be no such certificate: ${error.message}`)
  }
}
