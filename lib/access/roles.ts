import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import {
  governingPermissions,
  type ObjectPermission,
  type RecordWrite,
  type Role,
  type Scope,
  type SystemPermission,
  systemPermissions,
} from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { builtinRoles } from './builtin.js'
import { Cache } from './cache.js'
import { checkedScope } from './scope.js'
import { checkedChoice, checkedDescription } from './text.js'

/** Key: the name. */
const namespace = 'role'
const cachedRoles = 1000
const form = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/

export interface NewRole {
  /** 1 to 64 of a-z, 0-9, `.`, `_` and `-`, beginning and ending with a letter or digit. */
  readonly name: string
  /** At most 1,024 characters. Default empty. */
  readonly description?: string
  /** Default none. A role with a scope can have none. */
  readonly system?: readonly SystemPermission[]
  /** Some of those that neither use a key nor let it out. Default none. */
  readonly objects?: readonly ObjectPermission[]
  /** Which objects it is about. Default null: every one. */
  readonly scope?: Scope | null
}

/** What may be changed of a role. Undefined fields stay as they are. */
export type RoleChanges = Omit<NewRole, 'name'>

/** @throws MORTISE_INPUT_INVALID */
export function newRole({ name, ...rest }: NewRole): Role {
  if (!form.test(name)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'a role needs a name of 1 to 64 of a-z, 0-9, ".", "_" and "-", with a letter or digit at both ends',
    )
  }
  return changedRole({ name, description: '', system: [], objects: [], scope: null }, rest)
}

/** @throws MORTISE_INPUT_INVALID */
export function changedRole(before: Role, changes: RoleChanges): Role {
  const { description, system, objects, scope } = { ...before, ...changes }
  if (scope !== null && system.length > 0) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'a scope limits what is done with objects: give system permissions by a role that has no scope',
    )
  }
  return {
    name: before.name,
    description: checkedDescription(description),
    system: checkedChoice('system permission', systemPermissions, system),
    objects: checkedChoice('permission of roles', governingPermissions, objects),
    scope: scope && checkedScope(scope),
  }
}

/** The roles that there are: the built-in ones and those of the store. */
export class Roles {
  readonly #barrier: Barrier
  readonly #records: RecordReader<Role>
  readonly #cache: Cache<Role>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(cachedRoles, async (name) => (await this.#records.read(name))?.value)
  }

  /**
   * From memory where it is known.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async get(name: string): Promise<Role | undefined> {
    return builtinRoles.find((role) => role.name === name) ?? this.#cache.get(name)
  }

  /** @throws MORTISE_ROLE_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
  async find(name: string): Promise<Role> {
    return (await this.get(name)) ?? notFound(name)
  }

  /** @throws MORTISE_ROLE_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
  all(names: readonly string[]): Promise<Role[]> {
    return Promise.all([...new Set(names)].sort().map((name) => this.find(name)))
  }

  /**
   * One of the store's as it is now: for whoever is about to change it.
   *
   * @throws MORTISE_ROLE_NOT_FOUND, MORTISE_ACCESS_BUILT_IN, MORTISE_BARRIER_INTEGRITY
   */
  async read(name: string): Promise<Stored<Role>> {
    if (builtinRoles.some((role) => role.name === name)) {
      throw new MortiseError('MORTISE_ACCESS_BUILT_IN', `the role ${name} is built in: make one of your own`)
    }
    return (await this.#records.read(name)) ?? notFound(name)
  }

  /** A page of the store's roles in the order of their names, after the name `after`. */
  async list(limit: number, after: string | undefined): Promise<Role[]> {
    return (await this.#records.page(limit, after)).map(({ value }) => value)
  }

  write(role: Role, version: number): RecordWrite {
    return writeRecord(this.#barrier, { namespace, key: role.name, version, expires: null, index: {} }, role)
  }

  remove({ key, version }: Stored<Role>): RecordWrite {
    return { remove: { namespace, key, version } }
  }

  forget(name: string): void {
    this.#cache.forget(name)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }
}

/** The indexed fields by which the holders of a role are found. */
export function heldRoles(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`role ${name}`, 'held']))
}

/** What finds them. */
export function holding(name: string) {
  return { field: `role ${name}`, value: 'held' }
}

function notFound(name: string): never {
  throw new MortiseError('MORTISE_ROLE_NOT_FOUND', `there is no role ${name}`)
}
