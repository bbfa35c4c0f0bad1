import { type Certificate, isSelfIssued } from '../certificate.js'
import { keyPurposes } from '../extensions/extended_key_usage.js'
import { anyPolicy, policyQualifiers } from '../extensions/policies.js'
import type { Budget } from './budget.js'
import { ConstrainedNames } from './name_constraints.js'
import { defaultDepth, type PathOptions } from './options.js'
import { bears } from './peer_names.js'
import { PolicyGraph } from './policy_graph.js'
import { profileBreach } from './profile.js'
import { failure, type PathFailure } from './reasons.js'

const knownQualifiers: readonly string[] = Object.values(policyQualifiers)

/**
 * Everything of RFC 5280 section 6.1 but signatures and the chaining of names, which the search has seen to, and revocation,
 * which is asked about after it.
 *
 * @param path from the trust anchor to the leaf
 * @returns the user_constrained_policy_set, or why the path is refused
 */
export function checkPath(
  path: readonly Certificate[],
  options: PathOptions,
  budget: Budget,
): readonly string[] | PathFailure {
  const check = new PathCheck(path.length - 1, options, budget)
  for (const [depth, certificate] of path.entries()) {
    const refusal = check.next(certificate, depth)
    if (refusal) return refusal
  }
  return check.policies(path.at(-1) as Certificate)
}

/** RFC 5280 section 6.1, in its order and with its variables; RFC 9618 for policies. */
class PathCheck {
  readonly #length: number
  readonly #options: PathOptions
  readonly #names: ConstrainedNames
  readonly #graph = new PolicyGraph()
  #explicitPolicy: number
  #inhibitAnyPolicy: number
  #policyMapping: number
  #maximumLength: number

  /** Section 6.1.2. */
  constructor(length: number, options: PathOptions, budget: Budget) {
    this.#length = length
    this.#options = options
    this.#names = new ConstrainedNames(budget)
    const initially = (isSet: boolean | undefined) => (isSet ? 0 : length + 1)
    this.#explicitPolicy = initially(options.explicitPolicy)
    this.#inhibitAnyPolicy = initially(options.inhibitAnyPolicy)
    this.#policyMapping = initially(options.inhibitPolicyMapping)
    this.#maximumLength = options.maximumDepth ?? defaultDepth
  }

  next(certificate: Certificate, depth: number): PathFailure | undefined {
    const isAnchor = depth === 0
    const isLeaf = depth === this.#length
    return (
      this.#basics(certificate, isAnchor, isLeaf) ??
      (isAnchor ? undefined : this.#process(certificate, isLeaf)) ??
      (isLeaf ? this.#wrapUp(certificate) : this.#prepare(certificate, isAnchor))
    )
  }

  #basics(certificate: Certificate, isAnchor: boolean, isLeaf: boolean): PathFailure | undefined {
    return (
      validityFailure(certificate, this.#options.at) ??
      criticalFailure(certificate) ??
      this.#purposeFailure(certificate) ??
      this.#profileFailure(certificate, isAnchor, isLeaf)
    )
  }

  /** RFC 5280 has no chaining of purposes; every validator in use has, and an authority is limited by it. */
  #purposeFailure(certificate: Certificate): PathFailure | undefined {
    const { purpose } = this.#options
    const allowed = certificate.extensions.extKeyUsage
    if (purpose === undefined || allowed === undefined) return undefined
    const isAllowed =
      allowed.includes(keyPurposes[purpose]) || allowed.includes(keyPurposes.anyExtendedKeyUsage)
    return isAllowed ? undefined : failure('purpose', certificate, `is not for ${purpose}`)
  }

  #profileFailure(certificate: Certificate, isAnchor: boolean, isLeaf: boolean): PathFailure | undefined {
    const { profile = 'path' } = this.#options
    const breach = profileBreach(certificate, { isAnchor, isLeaf }, profile)
    return breach === undefined ? undefined : failure('profile', certificate, breach)
  }

  /** Section 6.1.3, from (b) on. */
  #process(certificate: Certificate, isLeaf: boolean): PathFailure | undefined {
    const selfIssued = isSelfIssued(certificate)
    const refusal = selfIssued && !isLeaf ? undefined : this.#names.refusal(certificate)
    if (refusal !== undefined) return failure('name-constraints', certificate, refusal)
    const policies = certificate.extensions.certificatePolicies ?? []
    this.#graph.add(
      policies.map(({ policy }) => policy),
      this.#inhibitAnyPolicy > 0 || (selfIssued && !isLeaf),
    )
    if (this.#explicitPolicy > 0 || !this.#graph.isNull) return undefined
    return failure('policy', certificate, 'has no policy that is valid for the path, which must have one')
  }

  /** Section 6.1.4. */
  #prepare(certificate: Certificate, isAnchor: boolean): PathFailure | undefined {
    const { policyMappings, nameConstraints, policyConstraints, inhibitAnyPolicy } = certificate.extensions
    if (policyMappings !== undefined && !isAnchor) {
      const mapsAny = policyMappings.some((mapping) => Object.values(mapping).includes(anyPolicy))
      if (mapsAny) return failure('policy', certificate, 'maps a policy from or to anyPolicy')
      this.#graph.map(policyMappings, this.#policyMapping === 0)
    }
    if (nameConstraints !== undefined) this.#names.add(nameConstraints)
    const refusal = authorityFailure(certificate) ?? this.#lengthFailure(certificate, isAnchor)
    if (refusal) return refusal
    if (!isAnchor && !isSelfIssued(certificate)) this.#countDown()
    this.#explicitPolicy = least(this.#explicitPolicy, policyConstraints?.requireExplicitPolicy)
    this.#policyMapping = least(this.#policyMapping, policyConstraints?.inhibitPolicyMapping)
    this.#inhibitAnyPolicy = least(this.#inhibitAnyPolicy, inhibitAnyPolicy)
    return undefined
  }

  /** Steps (l) and (m). */
  #lengthFailure(certificate: Certificate, isAnchor: boolean): PathFailure | undefined {
    if (!isAnchor && !isSelfIssued(certificate)) {
      if (this.#maximumLength === 0) return failure('path-length', certificate, 'is one authority too many')
      this.#maximumLength--
    }
    this.#maximumLength = least(this.#maximumLength, certificate.extensions.basicConstraints?.pathLength)
    return undefined
  }

  /** Step (h). */
  #countDown(): void {
    this.#explicitPolicy = Math.max(0, this.#explicitPolicy - 1)
    this.#policyMapping = Math.max(0, this.#policyMapping - 1)
    this.#inhibitAnyPolicy = Math.max(0, this.#inhibitAnyPolicy - 1)
  }

  /** Section 6.1.5, and what is asked of the leaf. */
  #wrapUp(certificate: Certificate): PathFailure | undefined {
    const { keyUsage: own, policyConstraints } = certificate.extensions
    const { keyUsage = [], names = [], isPublicSuffix } = this.#options
    this.#explicitPolicy = Math.max(0, this.#explicitPolicy - 1)
    if (policyConstraints?.requireExplicitPolicy === 0) this.#explicitPolicy = 0
    const missing = own === undefined ? undefined : keyUsage.find((usage) => !own.includes(usage))
    if (missing !== undefined) return failure('key-usage', certificate, `lacks the key usage ${missing}`)
    const nobody = names.find((name) => !bears(certificate, name, isPublicSuffix))
    return nobody && failure('name', certificate, `does not bear the name ${JSON.stringify(nobody.value)}`)
  }

  /** Section 6.1.5, step (g). */
  policies(leaf: Certificate): readonly string[] | PathFailure {
    const policies = this.#graph.constrainedTo(this.#options.initialPolicies ?? [anyPolicy])
    if (this.#explicitPolicy > 0 || policies.length > 0) return policies
    return failure('policy', leaf, 'is not issued under any of the policies that are asked for')
  }
}

function least(value: number, other: number | undefined): number {
  return Math.min(value, other ?? value)
}

/** By whole seconds, as certificates have them. At no date, which is neither before nor after one, nothing is valid. */
export function validityFailure(certificate: Certificate, at: Date): PathFailure | undefined {
  const time = at.getTime()
  if (!(time >= certificate.notBefore.getTime())) {
    return failure('not-yet-valid', certificate, `is valid from ${certificate.notBefore.toISOString()}`)
  }
  if (!(Math.floor(time / 1000) <= certificate.notAfter.getTime() / 1000)) {
    return failure('expired', certificate, `was valid until ${certificate.notAfter.toISOString()}`)
  }
  return undefined
}

/** RFC 5280 section 4.2: what is critical is obeyed or the certificate refused. */
function criticalFailure(certificate: Certificate): PathFailure | undefined {
  const { critical, unknownCritical, certificatePolicies } = certificate.extensions
  const [type = ignored.find((name) => critical.has(name))] = unknownCritical
  if (type !== undefined) {
    return failure(
      'critical-extension',
      certificate,
      `has the critical extension ${type}, which is not obeyed`,
    )
  }
  const used = certificatePolicies?.flatMap(({ qualifiers }) => qualifiers) ?? []
  const isObeyed = used.every(({ type }) => knownQualifiers.includes(type))
  if (isObeyed || !critical.has('certificatePolicies')) return undefined
  return failure(
    'critical-extension',
    certificate,
    'has a critical policy with a qualifier that is not known',
  )
}

/** Read, and no part of path validation: RFC 5280 wants them not to be critical. */
const ignored = [
  'authorityKeyIdentifier',
  'subjectKeyIdentifier',
  'authorityInfoAccess',
  'cRLDistributionPoints',
  'freshestCRL',
] as const

/** Section 6.1.4, steps (k) and (n). Trust does not make an authority of an anchor that is none. */
export function authorityFailure(certificate: Certificate): PathFailure | undefined {
  const { basicConstraints, keyUsage } = certificate.extensions
  if (basicConstraints?.cA !== true) return failure('not-an-authority', certificate, 'is not of an authority')
  if (keyUsage === undefined || keyUsage.includes('keyCertSign')) return undefined
  return failure('key-usage', certificate, 'may not sign certificates')
}
