import type { Judged, Policy } from '../../crypto/index.js'
import type { KeyHandle } from '../../native/index.js'
import { keyFault, policyFault } from '../admission.js'
import type { Certificate } from '../certificate.js'
import { importKey } from '../import_key.js'
import type { PathOptions } from './options.js'
import { failure, type PathFailure } from './reasons.js'

/** Anchors are parsed once and used for years; taking in a key costs as much as several signatures. */
const anchorKeys = new WeakMap<Certificate, KeyHandle>()

/** The keys of issuers, for one validation. */
export class IssuerKeys {
  readonly #anchors: ReadonlySet<Certificate>
  readonly #own = new Map<Certificate, KeyHandle>()

  constructor({ anchors }: PathOptions) {
    this.#anchors = new Set(anchors)
  }

  /** Or why it has none that is valid. */
  of(issuer: Certificate): KeyHandle | string {
    const kept = this.#anchors.has(issuer) ? anchorKeys : this.#own
    const known = kept.get(issuer)
    if (known) return known
    const key = importKey(issuer.publicKey.der)
    if (typeof key !== 'string') kept.set(issuer, key)
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
  const { publicKey } = certificate
  const fault = keyFault(publicKey, policy)
  if (fault !== undefined) return failure('algorithm', certificate, fault)
  if (profile !== 'webpki' || publicKey.kind?.algorithm !== 'RSA' || publicKey.kind.length % 8 === 0)
    return undefined
  return failure('algorithm', certificate, 'has an RSA key whose length is no multiple of 8 bits (BR 6.1.5)')
}

export function policyFailure(
  certificate: Certificate,
  policy: Policy | undefined,
  judged: readonly Judged[],
): PathFailure | undefined {
  const fault = policyFault(policy, judged)
  return fault === undefined ? undefined : failure('algorithm', certificate, fault)
}
