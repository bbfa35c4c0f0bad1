import { anyPolicy, type PolicyMapping } from '../extensions/policies.js'

interface Node {
  /** Policies of the next certificate that satisfy it. */
  expected: ReadonlySet<string>
  /** Valid policies of the depth above. */
  readonly parents: ReadonlySet<string>
}

/** The nodes of one depth, by valid policy. */
type Depth = Map<string, Node>

/**
 * The valid_policy_graph (RFC 9618), which says the same as the tree of RFC 5280 section 6.1 without growing exponentially.
 * Nodes without children are left in place, and not counted at the end: whether the graph is NULL shows at its last depth.
 */
export class PolicyGraph {
  readonly #depths: Depth[] = [
    new Map([[anyPolicy, { expected: new Set([anyPolicy]), parents: new Set<string>() }]]),
  ]

  get isNull(): boolean {
    return this.#last().size === 0
  }

  /** Section 6.1.3, steps (d) and (e). */
  add(policies: readonly string[], admitsAny: boolean): void {
    const above = this.#last()
    const parentsOf = expectations(above)
    const depth: Depth = new Map()
    const place = (policy: string, parents: ReadonlySet<string>) =>
      depth.set(policy, { expected: new Set([policy]), parents })
    for (const policy of policies) {
      if (policy === anyPolicy) continue
      const parents = parentsOf.get(policy)
      if (parents) place(policy, parents)
      else if (above.has(anyPolicy)) place(policy, new Set([anyPolicy]))
    }
    if (admitsAny && policies.includes(anyPolicy)) {
      for (const [policy, parents] of parentsOf) if (!depth.has(policy)) place(policy, parents)
    }
    this.#depths.push(depth)
  }

  /** Section 6.1.4, step (b). */
  map(mappings: readonly PolicyMapping[], isInhibited: boolean): void {
    const depth = this.#last()
    for (const [policy, subjects] of groupedByIssuer(mappings)) {
      const node = depth.get(policy)
      if (isInhibited) depth.delete(policy)
      else if (node) node.expected = subjects
      else if (depth.has(anyPolicy)) {
        depth.set(policy, { expected: subjects, parents: new Set([anyPolicy]) })
      }
    }
  }

  /** Section 6.1.5, step (g): the user_constrained_policy_set, in the terms of the trust anchor. */
  constrainedTo(initial: readonly string[]): string[] {
    const authority = this.#authorityConstrained()
    if (initial.includes(anyPolicy)) return [...authority]
    return initial.filter((policy) => authority.has(anyPolicy) || authority.has(policy))
  }

  /** What branches off anyPolicy and reaches the last depth; anyPolicy itself, where that is there. */
  #authorityConstrained(): Set<string> {
    const found = new Set<string>()
    if (this.#last().has(anyPolicy)) found.add(anyPolicy)
    let reached: ReadonlySet<string> = new Set(this.#last().keys())
    for (const depth of this.#depths.toReversed()) {
      const above = new Set<string>()
      for (const policy of reached) {
        const parents = depth.get(policy)?.parents ?? []
        for (const parent of parents) {
          above.add(parent)
          if (parent === anyPolicy && policy !== anyPolicy) found.add(policy)
        }
      }
      reached = above
    }
    return found
  }

  #last(): Depth {
    return this.#depths.at(-1) ?? new Map()
  }
}

/** Which nodes expect a policy. */
function expectations(depth: Depth): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>()
  for (const [policy, { expected }] of depth) {
    for (const one of expected) {
      const parents = all.get(one)
      if (parents) parents.add(policy)
      else all.set(one, new Set([policy]))
    }
  }
  return all
}

function groupedByIssuer(mappings: readonly PolicyMapping[]): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>()
  for (const { issuerDomainPolicy, subjectDomainPolicy } of mappings) {
    const subjects = all.get(issuerDomainPolicy)
    if (subjects) subjects.add(subjectDomainPolicy)
    else all.set(issuerDomainPolicy, new Set([subjectDomainPolicy]))
  }
  return all
}
