import type { GranteeKind, ScopedGrant, Subject } from '../operation/index.js'
import { covers, type Named } from './scope.js'

/** Beside these, looking at each takes no longer. */
const few = 16

/** What a grant tells of whom it is given to. */
interface Given {
  readonly granteeKind: GranteeKind
  /** Principal id or group id; the empty string for everyone. */
  readonly grantee: string
}

/**
 * Indexes of lists, which never change, for as long as the lists are kept. A list that is looked at for the first time has
 * none: making one takes as long as looking through it ten times.
 */
class Indexes<List extends object, Index> {
  readonly #made = new WeakMap<List, Index | 'wanted'>()
  readonly #make: (list: List) => Index

  constructor(make: (list: List) => Index) {
    this.#make = make
  }

  of(list: List): Index | undefined {
    const made = this.#made.get(list)
    if (made !== undefined && made !== 'wanted') return made
    const index = made === 'wanted' ? this.#make(list) : undefined
    this.#made.set(list, index ?? 'wanted')
    return index
  }
}

type ByGrantee = Readonly<Record<GranteeKind, ReadonlyMap<string, readonly Given[]>>>

const byGrantee = new Indexes((grants: readonly Given[]): ByGrantee => {
  const of = (kind: GranteeKind) =>
    grouped(
      grants.filter(({ granteeKind }) => granteeKind === kind),
      ({ grantee }) => grantee,
    )
  return { principal: of('principal'), group: of('group'), everyone: of('everyone') }
})

/** The grants that are given to somebody: its own, those of its groups, and everyone's. */
export function grantsTo<Grant extends Given>(subject: Subject, grants: readonly Grant[]): readonly Grant[] {
  const index = grants.length > few ? byGrantee.of(grants) : undefined
  if (!index) {
    const reaching: Grant[] = []
    for (const grant of grants) if (reaches(subject, grant)) reaching.push(grant)
    return reaching
  }
  const found = [...(index.principal.get(subject.id) ?? [])]
  for (const group of subject.groups.keys()) found.push(...(index.group.get(group) ?? []))
  found.push(...(index.everyone.get('') ?? []))
  return found as unknown as readonly Grant[]
}

function reaches({ id, groups }: Subject, { granteeKind, grantee }: Given): boolean {
  switch (granteeKind) {
    case 'principal':
      return grantee === id
    case 'group':
      return groups.has(grantee)
    case 'everyone':
      return true
    default:
      return false
  }
}

interface ByScope {
  readonly groups: ReadonlyMap<string, readonly ScopedGrant[]>
  readonly prefixes: ReadonlyMap<string, readonly ScopedGrant[]>
  /** Those of the prefixes. */
  readonly lengths: readonly number[]
}

const byScope = new Indexes((grants: readonly ScopedGrant[]): ByScope => {
  const prefix = ({ scope }: ScopedGrant) => ('namePrefix' in scope ? scope.namePrefix : undefined)
  const prefixes = grouped(grants, prefix)
  return {
    prefixes,
    groups: grouped(grants, ({ scope }) => ('objectGroup' in scope ? scope.objectGroup : undefined)),
    lengths: [...new Set([...prefixes.keys()].map(({ length }) => length))],
  }
})

/** The grants on scopes that something is in. */
export function grantsOver(named: Named, grants: readonly ScopedGrant[]): readonly ScopedGrant[] {
  const index = grants.length > few ? byScope.of(grants) : undefined
  if (!index) return grants.filter(({ scope }) => covers(scope, named))
  const found: ScopedGrant[] = []
  for (const length of named.name === null ? [] : index.lengths) {
    if (length <= (named.name as string).length)
      found.push(...(index.prefixes.get((named.name as string).slice(0, length)) ?? []))
  }
  for (const group of named.objectGroups) found.push(...(index.groups.get(group) ?? []))
  return found
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string | undefined) {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
