import { randomUUID } from 'node:crypto'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { Group, RecordRow, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { systemGroups } from './builtin.js'
import { Cache } from './cache.js'
import { heldRoles, holding } from './roles.js'
import { checkedDescription, checkedMetadata, checkedName, folded, isId, type Metadata } from './text.js'

const namespace = 'group'
/** Key: the name; value: the id. The store refuses a second record of a key, so names are unique. */
const nameNamespace = 'group-name'
const cachedGroups = 10_000

export interface NewGroup {
  /** 1 to 255 visible characters without `/`, `?` and `#`; not beginning with `-`, not `nil`, not in the form of a UUID. */
  readonly name: string
  /** At most 1,024 characters. Default empty. */
  readonly description?: string
  /** Default none. */
  readonly roles?: readonly string[]
  /** At most 64 KiB as JSON. Default empty. */
  readonly metadata?: Metadata
}

/** What may be changed of a group. Undefined fields stay as they are. */
export type GroupChanges = Partial<NewGroup>

/** @param now milliseconds since 1970 @throws MORTISE_INPUT_INVALID */
export function newGroup(
  { name, description = '', roles = [], metadata = {} }: NewGroup,
  now: number,
): Group {
  return {
    id: randomUUID(),
    name: groupName(name),
    description: checkedDescription(description),
    system: false,
    roles: [...new Set(roles)].sort(),
    metadata: checkedMetadata(metadata),
    created: now,
    updated: now,
  }
}

/** @param now milliseconds since 1970 @throws MORTISE_INPUT_INVALID */
export function changedGroup(before: Group, changes: GroupChanges, now: number): Group {
  const { id, created } = before
  return { ...newGroup({ ...before, ...changes }, now), id, created }
}

/** Which groups there are: the system's and those of the store. */
export class Groups {
  readonly #barrier: Barrier
  readonly #records: RecordReader<Group>
  readonly #names: RecordReader<{ readonly id: string }>
  readonly #cache: Cache<Group>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
    this.#names = new RecordReader(store, barrier, nameNamespace)
    this.#cache = new Cache(cachedGroups, async (id) => (await this.#read(id))?.value)
  }

  /**
   * By id, from memory where it is known.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async get(id: string): Promise<Group | undefined> {
    return systemGroups.find((group) => group.id === id) ?? this.#cache.get(id)
  }

  /** The id that a name belongs to. */
  async idOf(name: string): Promise<string | undefined> {
    const normal = name.normalize('NFC')
    const system = systemGroups.find((group) => group.name === normal)
    return system?.id ?? (await this.#names.read(normal))?.value.id
  }

  /** The id that is meant, whether or not there is still such a group. */
  async identify(group: string): Promise<string | undefined> {
    return isId(group) ? group.toLowerCase() : this.idOf(group)
  }

  /**
   * @param group id or name
   * @throws MORTISE_GROUP_NOT_FOUND, MORTISE_BARRIER_INTEGRITY
   */
  async find(group: string): Promise<Group> {
    const id = await this.identify(group)
    return (id && (await this.get(id))) || notFound(group)
  }

  /**
   * One of the store's as it is now: for whoever is about to change it.
   *
   * @param group id or name
   * @throws MORTISE_GROUP_NOT_FOUND, MORTISE_ACCESS_BUILT_IN, MORTISE_BARRIER_INTEGRITY
   */
  async read(group: string): Promise<Stored<Group>> {
    const id = await this.identify(group)
    if (systemGroups.some((one) => one.id === id)) {
      throw new MortiseError(
        'MORTISE_ACCESS_BUILT_IN',
        `${group} is a system group: only its members can be changed`,
      )
    }
    return (id && (await this.#read(id))) || notFound(group)
  }

  /** So many groups after those that are passed over, in the order of their names whatever their case, and how many there are. */
  async list(skip: number, limit: number): Promise<{ groups: Group[]; total: number }> {
    // However the system's are spread among the others, no more of these than they are stand on an earlier or later page.
    const before = Math.max(0, skip - systemGroups.length)
    const query = { order: 'name', skip: before, limit: limit + systemGroups.length }
    const { found, total } = await this.#records.find(query)
    const groups = found.map(({ value }) => complete(value))
    for (const system of systemGroups) {
      const next = groups.findIndex(({ name }) => folded(name) > folded(system.name))
      groups.splice(next < 0 ? groups.length : next, 0, system)
    }
    const first = skip - before
    return { groups: groups.slice(first, first + limit), total: total + systemGroups.length }
  }

  /** The row again of one that was made before groups came in the order of their names; nothing for every other. */
  indexed(row: RecordRow): RecordWrite[] {
    if (row.index['name'] !== undefined) return []
    const stored = this.#records.open(row)
    return this.write(complete(stored.value), stored)
  }

  /** Names of some groups that have a role. */
  async holding(role: string, limit: number): Promise<string[]> {
    return (await this.#records.page(limit, undefined, holding(role))).map(({ value }) => value.name)
  }

  /** The rows that make a group, or change it from `before`. */
  write(group: Group, before?: Stored<Group>): RecordWrite[] {
    const index = { ...heldRoles(group.roles), name: folded(group.name) }
    const version = (before?.version ?? 0) + 1
    const row = writeRecord(this.#barrier, { namespace, key: group.id, version, expires: null, index }, group)
    if (group.name === before?.value.name) return [row]
    const name = { namespace: nameNamespace, key: group.name, version: 1, expires: null, index: {} }
    const named = writeRecord(this.#barrier, name, { id: group.id })
    return before ? [row, unname(before.value), named] : [row, named]
  }

  remove({ key, version, value }: Stored<Group>): RecordWrite[] {
    return [{ remove: { namespace, key, version } }, unname(value)]
  }

  async #read(id: string): Promise<Stored<Group> | undefined> {
    const stored = await this.#records.read(id)
    return stored && { ...stored, value: complete(stored.value) }
  }

  forget(id: string): void {
    this.#cache.forget(id)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }
}

/** What was made before groups had dates and metadata says nothing about them. */
function complete(stored: Group): Group {
  return stored.metadata === undefined ? { ...stored, metadata: {}, created: null, updated: null } : stored
}

function unname({ name }: Group): RecordWrite {
  return { remove: { namespace: nameNamespace, key: name } }
}

/** What paths and queries of HTTP would not carry is refused as well, so that every face can name every group. */
function groupName(given: string): string {
  const name = checkedName('a group', given)
  if (/[/?#]/.test(name) || name.startsWith('-') || name === 'nil') {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'the name of a group has no "/", "?" and "#", does not begin with "-" and is not "nil"',
    )
  }
  return name
}

function notFound(group: string): never {
  throw new MortiseError('MORTISE_GROUP_NOT_FOUND', `there is no group ${group}`)
}
