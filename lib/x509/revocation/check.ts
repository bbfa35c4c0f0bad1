import { equalBytes } from '../bytes.js'
import type { Certificate } from '../certificate.js'
import type { DistributionPoint } from '../extensions/distribution_points.js'
import { allReasons, type FlaggedReason } from '../extensions/reasons.js'
import type { Budget } from '../path/budget.js'
import { failure, type PathFailure } from '../path/reasons.js'
import type { Crl } from './crl.js'
import { isDeltaOf } from './delta.js'
import type { RevocationOptions } from './options.js'
import type { Revocation } from './revocation.js'
import { scopeOf } from './scope.js'

/** What the search knows and the check of revocation asks for. */
export interface Signers {
  /** Certificates that may have signed CRLs, beside those of the path. */
  readonly candidates: readonly Certificate[]
  isSignedBy(crl: Crl, signer: Certificate): boolean
  /** Whether a valid path leads from the signer of a CRL to the trust anchor, none of it revoked. */
  hasPath(signer: Certificate, anchor: Certificate): boolean
}

type Status = Revocation | 'good' | 'unknown'

/** RFC 5280 section 6.3, for each certificate of a path. */
export class RevocationCheck {
  readonly #options: RevocationOptions
  /** The newest first: what it says counts. */
  readonly #crls: readonly Crl[]
  readonly #at: Date
  readonly #signers: Signers
  readonly #budget: Budget

  constructor(options: RevocationOptions, at: Date, signers: Signers, budget: Budget) {
    this.#options = options
    this.#crls = [...(options.crls ?? [])].sort((a, b) => b.thisUpdate.getTime() - a.thisUpdate.getTime())
    this.#at = at
    this.#signers = signers
    this.#budget = budget
  }

  /** @param path from the trust anchor, which nobody revokes, to the leaf */
  failure(path: readonly Certificate[]): PathFailure | undefined {
    for (let i = 1; i < path.length; i++) {
      const certificate = path[i] as Certificate
      const status = this.#status(certificate, path.slice(0, i))
      if (this.#budget.isExceeded)
        return failure('limit', certificate, 'has too many CRLs that may be about it')
      if (typeof status === 'object') {
        const since = status.revocationDate.toISOString()
        return failure('revoked', certificate, `is revoked since ${since} (${status.reason})`)
      }
      if (status === 'unknown' && this.#options.whereUnknown !== 'accept') {
        return failure(
          'revocation-unknown',
          certificate,
          'is perhaps revoked: nothing that is valid now tells',
        )
      }
    }
    return undefined
  }

  /** @param above from the trust anchor to the issuer */
  #status(certificate: Certificate, above: readonly Certificate[]): Status {
    const issuer = above.at(-1) as Certificate
    const index = this.#options.indexes?.find(({ issuer: other }) => isSameAuthority(issuer, other))
    if (index) return index.find(certificate.serialNumber) ?? 'good'
    const left = new Set<FlaggedReason>(allReasons)
    const points = [...(certificate.extensions.cRLDistributionPoints ?? []), pointOf(certificate)]
    for (const point of points) {
      for (const crl of this.#crls) {
        if (left.size === 0) return 'good'
        if (!this.#budget.spend('comparisons')) return 'unknown'
        const reasons = this.#reasons(crl, certificate, point)
        if (!reasons.some((reason) => left.has(reason))) continue
        const status = this.#statusBy(crl, certificate, above)
        if (status === 'unknown') continue
        if (status !== 'good') return status
        for (const reason of reasons) left.delete(reason)
      }
    }
    return left.size === 0 ? 'good' : 'unknown'
  }

  #reasons(crl: Crl, certificate: Certificate, point: DistributionPoint): readonly FlaggedReason[] {
    const isComplete = crl.extensions.deltaCRLIndicator === undefined
    return (isComplete && isUsable(crl) && scopeOf(crl, certificate, point)) || []
  }

  /** By a complete CRL that is about the certificate: steps (a), (c) and (f) to (k). */
  #statusBy(complete: Crl, certificate: Certificate, above: readonly Certificate[]): Status {
    const delta = this.#deltaOf(complete, certificate, above)
    if (!delta && !isCurrent(complete, this.#at)) return 'unknown'
    if (!this.#isSigned(complete, certificate, above)) return 'unknown'
    const [found, changed] = [complete, delta].map((crl) =>
      crl?.entries.find(certificate.serialNumber, certificate.issuer),
    )
    if (changed) return changed.reason === 'removeFromCRL' ? 'good' : changed
    return found ?? 'good'
  }

  /** The newest. */
  #deltaOf(complete: Crl, certificate: Certificate, above: readonly Certificate[]): Crl | undefined {
    return this.#crls.find(
      (crl) =>
        isDeltaOf(crl, complete) &&
        isUsable(crl) &&
        isCurrent(crl, this.#at) &&
        this.#isSigned(crl, certificate, above),
    )
  }

  /**
   * Step (f): by a certificate above, which has been looked at, or by another one with a path of its own to the same anchor. The certificate
   * itself may sign: its issuer has then made it the signer of the CRLs that tell about it (PKITS 4.14.30).
   */
  #isSigned(crl: Crl, certificate: Certificate, above: readonly Certificate[]): boolean {
    const anchor = above[0] as Certificate
    const isSigner = (signer: Certificate) =>
      signer.subject.equals(crl.issuer) && maySign(signer) && this.#signers.isSignedBy(crl, signer)
    return (
      [certificate, ...above].some(isSigner) ||
      this.#signers.candidates.some(
        (signer) => !above.includes(signer) && isSigner(signer) && this.#signers.hasPath(signer, anchor),
      )
    )
  }
}

/** For CRLs that no point names: the last paragraph of section 6.3.3. */
function pointOf({ issuer }: Certificate): DistributionPoint {
  return { distributionPoint: { fullName: [{ form: 'directoryName', value: issuer }] } }
}

/** Whether all that is critical in it is obeyed, and it is numbered as section 5.2.3 wants every CRL to be. */
function isUsable({ extensions, entries }: Crl): boolean {
  const { critical, unknownCritical, cRLNumber } = extensions
  const isObeyed = unknownCritical.length === 0 && !entries.hasUnknown
  return isObeyed && cRLNumber !== undefined && !critical.has('cRLNumber')
}

/** By whole seconds. One without a next update would be valid for ever, and is not of section 5.1.2.5. */
function isCurrent({ thisUpdate, nextUpdate }: Crl, at: Date): boolean {
  const time = at.getTime()
  return (
    nextUpdate !== undefined &&
    time >= thisUpdate.getTime() &&
    Math.floor(time / 1_000) <= nextUpdate.getTime() / 1_000
  )
}

/** Stricter than step (f): what is of no authority must be made to sign CRLs. */
function maySign({ extensions }: Certificate): boolean {
  return extensions.keyUsage?.includes('cRLSign') ?? extensions.basicConstraints?.cA === true
}

function isSameAuthority(a: Certificate, b: Certificate): boolean {
  return equalBytes(a.publicKey.der, b.publicKey.der) && a.subject.equals(b.subject)
}
