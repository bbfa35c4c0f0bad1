import type { GranteeKind, GrantRow, ObjectPermission, ScopedGrant, Subject } from '../operation/index.js'
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
 * The grants on one object, found by whom they are given to. They are put in order when they are read from the store, where
 * there is at most one for each grantee, and each is authenticated: beside that it takes no time.
 */
export class ObjectGrants {
  static readonly none = new ObjectGrants([])

  readonly rows: readonly GrantRow[]
  readonly #by: Readonly<Record<Exclude<GranteeKind, 'everyone'>, ReadonlyMap<string, GrantRow>>> | undefined
  readonly #everyone: GrantRow | undefined

  constructor(rows: readonly GrantRow[]) {
    this.rows = rows
    if (rows.length <= few) return
    const by = { principal: new Map<string, GrantRow>(), group: new Map<string, GrantRow>() }
    for (const row of rows) {
      if (row.granteeKind === 'everyone') this.#everyone = row
      else by[row.granteeKind].set(row.grantee, row)
    }
    this.#by = by
  }

  /**
   * A grant that is given to somebody: its own, one of its groups', or everyone's.
   *
   * @param permission that it is for; default any
   */
  to(subject: Subject, permission?: ObjectPermission): GrantRow | undefined {
    if (!this.#by) return findGrant(subject, this.rows, permission)
    const { principal, group } = this.#by
    return (
      ifFor(principal.get(subject.id), permission) ??
      firstOfGroups(group, subject, permission) ??
      ifFor(this.#everyone, permission)
    )
  }
}

/**
 * The first of some grants that is given to somebody.
 *
 * @param permission that it is for; default any
 */
export function findGrant<Grant extends Given>(
  subject: Subject,
  grants: readonly Grant[],
  permission?: ObjectPermission,
): Grant | undefined {
  return grants.find((grant) => reaches(subject, grant) && isFor(grant, permission))
}

function firstOfGroups(
  grants: ReadonlyMap<string, GrantRow>,
  { groups }: Subject,
  permission: ObjectPermission | undefined,
): GrantRow | undefined {
  for (const group of groups.keys()) {
    const found = ifFor(grants.get(group), permission)
    if (found) return found
  }
  return undefined
}

function ifFor(grant: GrantRow | undefined, permission: ObjectPermission | undefined): GrantRow | undefined {
  return grant && isFor(grant, permission) ? grant : undefined
}

function isFor({ permissions }: Given, permission: ObjectPermission | undefined): boolean {
  return permission === undefined || permissions.includes(permission)
}

function reaches(subject: Subject, { granteeKind, grantee }: Given): boolean {
  if (granteeKind === 'principal') return grantee === subject.id
  return granteeKind === 'everyone' || subject.groups.has(grantee)
}

interface ByScope {
  readonly groups: ReadonlyMap<string, readonly ScopedGrant[]>
  readonly prefixes: ReadonlyMap<string, readonly ScopedGrant[]>
  /** Of the prefixes: of each length the characters with which they end, so that few names are cut and looked up in vain. */
  readonly ends: ReadonlyMap<number, ReadonlySet<string>>
}

/** Of lists, which never change, for as long as the lists are kept: those of somebody who is in memory. */
const byScope = new WeakMap<readonly ScopedGrant[], ByScope>()

function scopesOf(grants: readonly ScopedGrant[]): ByScope {
  const made = byScope.get(grants)
  if (made) return made
  const prefix = ({ scope }: ScopedGrant) => ('namePrefix' in scope ? scope.namePrefix : undefined)
  const prefixes = grouped(grants, prefix)
  const index = {
    prefixes,
    groups: grouped(grants, ({ scope }) => ('objectGroup' in scope ? scope.objectGroup : undefined)),
    ends: endsOf(prefixes.keys()),
  }
  byScope.set(grants, index)
  return index
}

/** The grants on scopes that something is in, list by list. */
export function grantsOver(named: Named, grants: readonly ScopedGrant[]): (readonly ScopedGrant[])[] {
  if (grants.length <= few) return [grants.filter(({ scope }) => covers(scope, named))]
  const index = scopesOf(grants)
  const { name, objectGroups } = named
  const found: (readonly ScopedGrant[])[] = []
  const add = (list: readonly ScopedGrant[] | undefined) => list && found.push(list)
  for (const [length, ends] of index.ends) {
    if (name !== null && length <= name.length && ends.has(name.charAt(length - 1))) {
      add(index.prefixes.get(name.slice(0, length)))
    }
  }
  for (const group of objectGroups) add(index.groups.get(group))
  return found
}

function endsOf(prefixes: Iterable<string>): Map<number, Set<string>> {
  const ends = new Map<number, Set<string>>()
  for (const prefix of prefixes) {
    const known = ends.get(prefix.length)
    if (known) known.add(prefix.charAt(prefix.length - 1))
    else ends.set(prefix.length, new Set([prefix.charAt(prefix.length - 1)]))
  }
  return ends
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
