import type { KeyHandle } from '../../native/index.js'
import { equalBytes } from '../bytes.js'
import { type Certificate, isSelfIssued } from '../certificate.js'
import { importKey } from '../import_key.js'
import { RevocationCheck, type Signers } from '../revocation/check.js'
import type { Crl } from '../revocation/crl.js'
import {
  isSignedWith,
  judgedHash,
  type SignatureAlgorithm,
  type Signed,
  signatureAlgorithm,
} from '../signature.js'
import { Budget } from './budget.js'
import { authorityFailure, checkPath, validityFailure } from './check.js'
import { keyFailure, policyFailure } from './keys.js'
import { defaultDepth, type PathOptions } from './options.js'
import { failure, type PathFailure, pathError } from './reasons.js'

export interface ValidPath {
  /** From the leaf to the trust anchor. */
  readonly path: readonly Certificate[]
  /** The user_constrained_policy_set (RFC 9618 section 5.5), object identifiers; may hold anyPolicy. */
  readonly policies: readonly string[]
}

/**
 * Builds and validates a certification path (RFC 5280 section 6, RFC 4158): every way from the leaf to a trust anchor is tried
 * until one is valid, within bounds on signatures, steps and comparisons that no honest path comes near. Revocation is
 * looked at where it is asked for. Blocks: a third of a millisecond for one P-256 authority between that was not met lately.
 *
 * @throws MORTISE_X509_PATH_INVALID with `reason` ({@link pathReasons}), `subject` and `serialNumber` of the certificate at fault in
 *   its details
 */
export function validatePath(options: PathOptions): ValidPath {
  return new Search(options).run()
}

/**
 * Whether somebody has signed something, or why that cannot be said: it never changes. CRLs are read once and used for days, certificates
 * of authorities too.
 */
const looked = new WeakMap<Signed, WeakMap<Certificate, boolean | PathFailure>>()

/** What a search, and those for who signs CRLs that it starts, may spend and know. */
interface Shared {
  readonly budget: Budget
  /** Each pair is verified once; by what the profile asks, so that these are each search's own. */
  readonly signatures: Map<Certificate, Map<Certificate, PathFailure | undefined>>
  /** Of each trust anchor, who signs CRLs and whether a path leads from there to it. */
  readonly signers: Map<Certificate, Map<Certificate, boolean>>
}

function share(): Shared {
  return { budget: new Budget(), signatures: new Map(), signers: new Map() }
}

class Search {
  readonly #options: PathOptions
  readonly #shared: Shared
  #failure: PathFailure | undefined

  constructor(options: PathOptions, shared: Shared = share()) {
    this.#options = options
    this.#shared = shared
  }

  run(): ValidPath {
    const { leaf } = this.#options
    const found = this.find()
    if (found) return found
    throw pathError(
      this.#shared.budget.isExceeded
        ? failure('limit', leaf, 'has too many possible paths, or too many names under constraints')
        : (this.#failure ?? failure('untrusted', leaf, 'has no path to a trust anchor')),
    )
  }

  find(): ValidPath | undefined {
    const { leaf } = this.#options
    this.#failure = keyFailure(leaf, this.#options)
    return this.#failure ? undefined : this.#extend([leaf])
  }

  /** Depth first; `path` is from the leaf upwards. */
  #extend(path: readonly Certificate[]): ValidPath | undefined {
    const last = path.at(-1) as Certificate
    for (const anchor of this.#issuersOf(last, this.#options.anchors)) {
      const found = this.#complete([...path, anchor])
      if (found || this.#shared.budget.isExceeded) return found
    }
    if (this.#isFull(path)) return undefined
    for (const issuer of this.#issuersOf(last, this.#options.intermediates)) {
      if (path.some((certificate) => isSameAuthority(certificate, issuer))) continue
      if (!this.#mayIssue(issuer, last)) continue
      const found = this.#extend([...path, issuer])
      if (found || this.#shared.budget.isExceeded) return found
    }
    return undefined
  }

  #complete(path: readonly Certificate[]): ValidPath | undefined {
    const [anchor, last] = [path.at(-1), path.at(-2)] as [Certificate, Certificate]
    if (!this.#shared.budget.spend('steps')) return undefined
    const unsigned = this.#signatureFailure(last, anchor)
    const fromAnchor = [...path].reverse()
    const policies = unsigned ?? checkPath(fromAnchor, this.#options, this.#shared.budget)
    if ('reason' in policies) {
      this.#failure ??= policies
      return undefined
    }
    const revoked = this.#revocationFailure(fromAnchor)
    this.#failure ??= revoked
    return revoked ? undefined : { path, policies }
  }

  /** What would fail for the path as a whole anyway, and the signature, before anything is built on it. */
  #mayIssue(issuer: Certificate, subject: Certificate): boolean {
    if (!this.#shared.budget.spend('steps')) return false
    const refusal =
      validityFailure(issuer, this.#options.at) ??
      authorityFailure(issuer) ??
      this.#signatureFailure(subject, issuer)
    this.#failure ??= refusal
    return refusal === undefined
  }

  /** Those that bear the issuer's name, first those with the key identifier that the certificate names. */
  #issuersOf({ issuer, extensions }: Certificate, among: readonly Certificate[]): Certificate[] {
    const named = among.filter(({ subject }) => subject.equals(issuer))
    const identifier = extensions.authorityKeyIdentifier?.keyIdentifier
    if (named.length < 2 || identifier === undefined) return named
    const isMeant = ({ extensions: { subjectKeyIdentifier: own } }: Certificate) =>
      own !== undefined && equalBytes(own, identifier)
    return [...named.filter(isMeant), ...named.filter((one) => !isMeant(one))]
  }

  #revocationFailure(path: readonly Certificate[]): PathFailure | undefined {
    const { revocation, at, intermediates } = this.#options
    if (revocation === undefined) return undefined
    const signers: Signers = {
      candidates: intermediates,
      isSignedBy: (crl, signer) => this.#signs(crl, signer),
      hasPath: (signer, anchor) => this.#hasPath(signer, anchor),
    }
    return new RevocationCheck(revocation, at, signers, this.#shared.budget).failure(path)
  }

  #signs(crl: Crl, signer: Certificate): boolean {
    const algorithm = signatureAlgorithm(crl.signatureAlgorithm)
    const isRefused =
      algorithm === undefined ||
      keyFailure(signer, this.#options) !== undefined ||
      policyFailure(signer, this.#options.policy, judgedHash(algorithm)) !== undefined
    return !isRefused && this.#isSigned(crl, algorithm, signer) === true
  }

  /** From memory where it was looked at before; undefined where there is no more to spend. */
  #isSigned(
    signed: Signed,
    algorithm: SignatureAlgorithm,
    signer: Certificate,
  ): boolean | PathFailure | undefined {
    const signers = looked.get(signed) ?? new WeakMap<Certificate, boolean | PathFailure>()
    const known = signers.get(signer)
    if (known !== undefined) return known
    if (!this.#shared.budget.spend('signatures')) return undefined
    const key = this.#key(signer)
    const found = 'dispose' in key ? isSignedWith(signed, algorithm, key) : key
    looked.set(signed, signers.set(signer, found))
    return found
  }

  /** Of one whose path is being looked for, because a CRL of its own is to tell whether it is revoked, it is not known yet. */
  #hasPath(signer: Certificate, anchor: Certificate): boolean {
    const signers = this.#shared.signers.get(anchor) ?? new Map<Certificate, boolean>()
    this.#shared.signers.set(anchor, signers)
    const known = signers.get(signer)
    if (known !== undefined) return known
    signers.set(signer, false)
    const { intermediates, at, policy, revocation } = this.#options
    const options = {
      leaf: signer,
      anchors: [anchor],
      intermediates,
      at,
      ...(policy && { policy }),
      ...(revocation && { revocation }),
    }
    const isValid = new Search(options, { ...this.#shared, signatures: new Map() }).find() !== undefined
    signers.set(signer, isValid)
    return isValid
  }

  #isFull(path: readonly Certificate[]): boolean {
    const counted = path.slice(1).filter((certificate) => !isSelfIssued(certificate))
    return counted.length > (this.#options.maximumDepth ?? defaultDepth)
  }

  #signatureFailure(subject: Certificate, issuer: Certificate): PathFailure | undefined {
    const known = this.#shared.signatures.get(subject) ?? new Map<Certificate, PathFailure | undefined>()
    this.#shared.signatures.set(subject, known)
    if (!known.has(issuer)) known.set(issuer, this.#verify(subject, issuer))
    return known.get(issuer)
  }

  #verify(subject: Certificate, issuer: Certificate): PathFailure | undefined {
    const algorithm = signatureAlgorithm(subject.signatureAlgorithm)
    if (algorithm === undefined) {
      const { algorithm: type } = subject.signatureAlgorithm
      return failure('algorithm', subject, `is signed by an algorithm (${type}) that is not supported`)
    }
    const refusal =
      keyFailure(issuer, this.#options) ?? policyFailure(subject, this.#options.policy, judgedHash(algorithm))
    if (refusal) return refusal
    const found = this.#isSigned(subject, algorithm, issuer)
    if (found === undefined) return failure('limit', subject, 'has too many possible issuers')
    if (found === true) return undefined
    if (found !== false) return found
    return failure('signature', subject, 'is not signed by the key of its issuer')
  }

  #key(issuer: Certificate): KeyHandle | PathFailure {
    const key = importKey(issuer.publicKey.der)
    if (typeof key !== 'string') return key
    return failure('algorithm', issuer, `has a key that is not valid: ${key}`)
  }
}

/** The same name and key: a path gains nothing by a second one (RFC 4158 section 5.2). */
function isSameAuthority(a: Certificate, b: Certificate): boolean {
  return equalBytes(a.publicKey.der, b.publicKey.der) && a.subject.equals(b.subject)
}
