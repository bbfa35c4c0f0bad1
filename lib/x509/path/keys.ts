import { admit, type Judged, judgedKey, type Policy } from '../../crypto/index.js'
import { isMortiseError } from '../../errors/index.js'
import { type KeyHandle, native } from '../../native/index.js'
import type { Certificate } from '../certificate.js'
import type { PathOptions } from './options.js'
import { failure, type PathFailure } from './reasons.js'

/** Bits: 112 bits of strength (SP 800-131A section 3). */
const smallestModulus = 2048

/** Anchors are parsed once and used for years; taking in a key costs as much as several signatures. */
const anchorKeys = new WeakMap<Certificate, KeyHandle>()

/** The keys of issuers, for one validation. */
export class IssuerKeys {
  readonly #anchors: ReadonlySet<Certificate>
  readonly #own = new Map<Certificate, KeyHandle>()

  constructor({ anchors }: PathOptions) {
    this.#anchors = new Set(anchors)
  }

  /** @throws MORTISE_CRYPTO_KEY_INVALID, MORTISE_CRYPTO_UNSUPPORTED as importPublic does */
  of(issuer: Certificate): KeyHandle {
    const kept = this.#anchors.has(issuer) ? anchorKeys : this.#own
    const known = kept.get(issuer)
    if (known) return known
    const key = native.importPublic(issuer.publicKey.der)
    kept.set(issuer, key)
    return key
  }

  dispose(): void {
    for (const key of this.#own.values()) key.dispose()
  }
}

/** Why the key of a certificate is not admitted. */
export function keyFailure(
  certificate: Certificate,
  { policy, profile }: PathOptions,
): PathFailure | undefined {
  const { kind } = certificate.publicKey
  if (!kind) return failure('algorithm', certificate, 'has a key of a kind that is not supported')
  if (kind.algorithm === 'RSA' && kind.length < smallestModulus) {
    return failure('algorithm', certificate, `has an RSA key of only ${kind.length} bits`)
  }
  if (profile === 'webpki' && kind.algorithm === 'RSA' && kind.length % 8 !== 0) {
    return failure(
      'algorithm',
      certificate,
      'has an RSA key whose length is no multiple of 8 bits (BR 6.1.5)',
    )
  }
  return policyFailure(certificate, policy, [judgedKey(kind.algorithm, kind.length, kind.curve)])
}

export function policyFailure(
  certificate: Certificate,
  policy: Policy = 'approved',
  judged: readonly Judged[],
): PathFailure | undefined {
  try {
    admit(policy, 'process', ...judged)
    return undefined
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_CRYPTO_POLICY')) throw error
    const { refused } = error.details
    return failure('algorithm', certificate, `needs ${refused}, which the policy approved refuses`)
  }
}
