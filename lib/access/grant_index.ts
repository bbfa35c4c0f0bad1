import type { GranteeKind, ObjectPermission, ScopedGrant, Subject } from '../operation/index.js'
import { covers, type Named } from './scope.js'

/** Beside these, looking at each takes no longer. */
const few = 16

/** What a grant tells of whom it is given to. */
interface Given {
  readonly granteeKind: GranteeKind
  /** Principal id or group id; the empty string for everyone. */
  readonly grantee: string
  readonly permissions: readonly string[]
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

/**
 * The first grant that is given to somebody: its own, those of its groups, or everyone's.
 *
 * @param permission that it is for; default any
 */
export function findGrant<Grant extends Given>(
  subject: Subject,
  grants: readonly Grant[],
  permission?: ObjectPermission,
): Grant | undefined {
  const index = grants.length > few ? byGrantee.of(grants) : undefined
  if (!index) {
    for (const grant of grants) {
      if (reaches(subject, grant) && isFor(grant, permission)) return grant
    }
    return undefined
  }
  const found =
    first(index.principal.get(subject.id), permission) ??
    firstOfGroups(index.group, subject, permission) ??
    first(index.everyone.get(''), permission)
  return found as Grant | undefined
}

function firstOfGroups(
  grants: ReadonlyMap<string, readonly Given[]>,
  { groups }: Subject,
  permission: ObjectPermission | undefined,
): Given | undefined {
  for (const group of groups.keys()) {
    const found = first(grants.get(group), permission)
    if (found) return found
  }
  return undefined
}

function first(
  grants: readonly Given[] | undefined,
  permission: ObjectPermission | undefined,
): Given | undefined {
  return grants?.find((grant) => isFor(grant, permission))
}

function isFor({ permissions }: Given, permission: ObjectPermission | undefined): boolean {
  return permission === undefined || permissions.includes(permission)
}

/** Looked at a thousand times for one decision. */
function reaches(subject: Subject, grant: Given): boolean {
  const { granteeKind } = grant
  if (granteeKind === 'principal') return grant.grantee === subject.id
  if (granteeKind === 'group') return subject.groups.has(grant.grantee)
  return granteeKind === 'everyone'
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

/** The grants on scopes that something is in, list by list. */
export function grantsOver(named: Named, grants: readonly ScopedGrant[]): (readonly ScopedGrant[])[] {
  const index = grants.length > few ? byScope.of(grants) : undefined
  if (!index) return [grants.filter(({ scope }) => covers(scope, named))]
  const { name, objectGroups } = named
  const found: (readonly ScopedGrant[])[] = []
  const add = (list: readonly ScopedGrant[] | undefined) => list && found.push(list)
  for (const length of index.lengths) {
    if (name !== null && length <= name.length) add(index.prefixes.get(name.slice(0, length)))
  }
  for (const group of objectGroups) add(index.groups.get(group))
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
