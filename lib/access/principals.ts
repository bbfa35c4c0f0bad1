import { randomUUID } from 'node:crypto'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import {
  type Principal,
  type PrincipalKind,
  type RecordRow,
  type RecordWrite,
  type Rows,
  type SystemPermission,
  systemPermissions,
} from '../operation/index.js'
import type { RecordQuery, Store } from '../storage/index.js'
import { Cache } from './cache.js'
import { heldRoles, holding } from './roles.js'
import { checkedChoice, checkedDate, checkedName, folded, isId } from './text.js'

const namespace = 'principal'
/** Key: the name; value: the id. The store refuses a second record of a key, so names are unique. */
const nameNamespace = 'principal-name'

const kinds: readonly PrincipalKind[] = ['user', 'service', 'client']
const cachedPrincipals = 10_000

/** What a new principal may do unless said otherwise: make, import and draw random bytes. */
export const defaultPermissions: readonly SystemPermission[] = ['Create', 'Import', 'RNGRetrieve']

export interface NewPrincipal {
  /** 1 to 255 characters, none of them a control character; kept in normalization form C. Not in the form of a UUID. */
  readonly name: string
  /** Default `user`. */
  readonly kind?: PrincipalKind
  /** Names of roles. Default none. */
  readonly roles?: readonly string[]
  /** Default {@link defaultPermissions}. */
  readonly permissions?: readonly SystemPermission[]
  /** Milliseconds since 1970 from which it is refused everywhere. Default null: never. */
  readonly expires?: number | null
  /** Whether it must set another password before it may do anything else. Default false. */
  readonly passwordChangeRequired?: boolean
}

/** What may be changed of a principal. Undefined fields stay as they are. */
export interface PrincipalChanges extends Partial<Omit<NewPrincipal, 'kind'>> {
  readonly enabled?: boolean
}

/**
 * A principal to register, and the rows that register it.
 *
 * @throws MORTISE_INPUT_INVALID for a name, kind or permission that cannot be
 */
export function newPrincipal(barrier: Barrier, input: NewPrincipal): { principal: Principal; rows: Rows } {
  const principal: Principal = {
    id: randomUUID(),
    name: checkedName('a principal', input.name),
    kind: checkedKind(input.kind ?? 'user'),
    roles: unique(input.roles ?? []),
    permissions: checkedPermissions(input.permissions ?? defaultPermissions),
    enabled: true,
    expires: checkedDate('the expiry of a principal', input.expires ?? null),
    passwordChangeRequired: input.passwordChangeRequired ?? false,
  }
  return {
    principal,
    rows: { records: [writePrincipal(barrier, principal, 1), writeName(barrier, principal)] },
  }
}

/**
 * A principal after changes, and the rows that keep it.
 *
 * @throws MORTISE_INPUT_INVALID for a permission that is unknown
 */
export function changedPrincipal(
  barrier: Barrier,
  before: Stored<Principal>,
  changes: PrincipalChanges,
): { principal: Principal; rows: RecordWrite[] } {
  const { expires } = changes
  const principal: Principal = {
    ...before.value,
    name: changes.name === undefined ? before.value.name : checkedName('a principal', changes.name),
    enabled: changes.enabled ?? before.value.enabled,
    expires: expires === undefined ? before.value.expires : checkedDate('the expiry of a principal', expires),
    passwordChangeRequired: changes.passwordChangeRequired ?? before.value.passwordChangeRequired,
    roles: unique(changes.roles ?? before.value.roles),
    permissions: checkedPermissions(changes.permissions ?? before.value.permissions),
  }
  const row = writePrincipal(barrier, principal, before.version + 1)
  if (principal.name === before.value.name) return { principal, rows: [row] }
  return { principal, rows: [row, unname(before.value), writeName(barrier, principal)] }
}

/** Who is registered. */
export class Principals {
  readonly #barrier: Barrier
  readonly #principals: RecordReader<Principal>
  readonly #names: RecordReader<{ readonly id: string }>
  readonly #cache: Cache<Principal>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#principals = new RecordReader(store, barrier, namespace)
    this.#names = new RecordReader(store, barrier, nameNamespace)
    this.#cache = new Cache(cachedPrincipals, async (id) => (await this.#read(id))?.value)
  }

  /**
   * By id, from memory where it is known.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  get(id: string): Promise<Principal | undefined> {
    return this.#cache.get(id)
  }

  /** By id, if it is in memory. */
  known(id: string): Principal | undefined {
    return this.#cache.known(id)
  }

  /** The id that a name belongs to. */
  async idOf(name: string): Promise<string | undefined> {
    return (await this.#names.read(name.normalize('NFC')))?.value.id
  }

  /**
   * @param principal id or name
   * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_BARRIER_INTEGRITY
   */
  async find(principal: string): Promise<Principal> {
    const id = await this.#identify(principal)
    return (id && (await this.get(id))) || notFound(principal)
  }

  /**
   * As the store has it now: for whoever is about to change it.
   *
   * @param principal id or name
   * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_BARRIER_INTEGRITY
   */
  async read(principal: string): Promise<Stored<Principal>> {
    const id = await this.#identify(principal)
    return (id && (await this.#read(id))) || notFound(principal)
  }

  /** A page in the order of ids, after the id `after`. */
  async list(limit: number, after: string | undefined): Promise<Principal[]> {
    return (await this.#principals.page(limit, after)).map(({ value }) => complete(value))
  }

  /** Whether somebody else than `principal` is an administrator by a role of its own, and stays one. */
  async isAdministratedWithout(principal: string): Promise<boolean> {
    const two = await this.#principals.page(2, undefined, { field: 'administrator', value: 'enabled' })
    return two.some(({ key }) => key !== principal)
  }

  /** Names of some principals that have a role themselves. */
  async holding(role: string, limit: number): Promise<string[]> {
    return (await this.#principals.page(limit, undefined, holding(role))).map(({ value }) => value.name)
  }

  /**
   * The row again of somebody who was registered before users could be searched for, with what it is found by; nothing for
   * everybody else.
   */
  indexed(row: RecordRow): RecordWrite[] {
    if (row.index['name'] !== undefined) return []
    const { value, version } = this.#principals.open(row)
    return [writePrincipal(this.#barrier, complete(value), version + 1)]
  }

  /** Those of a query, which says by what they are ordered: `name`. */
  async select(query: RecordQuery): Promise<{ principals: Principal[]; total: number }> {
    const { found, total } = await this.#principals.find(query)
    return { principals: found.map(({ value }) => complete(value)), total }
  }

  /** The rows that unregister somebody. */
  remove({ key, version, value }: Stored<Principal>): RecordWrite[] {
    return [{ remove: { namespace, key, version } }, unname(value)]
  }

  forget(id: string): void {
    this.#cache.forget(id)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }

  async #read(id: string): Promise<Stored<Principal> | undefined> {
    const stored = await this.#principals.read(id)
    return stored && { ...stored, value: complete(stored.value) }
  }

  async #identify(principal: string): Promise<string | undefined> {
    return isId(principal) ? principal.toLowerCase() : await this.idOf(principal)
  }
}

/** What was registered before principals could expire says nothing about it. */
function complete(stored: Principal): Principal {
  return stored.expires === undefined ? { ...stored, expires: null, passwordChangeRequired: false } : stored
}

function writeName(barrier: Barrier, { id, name }: Principal): RecordWrite {
  return writeRecord(
    barrier,
    { namespace: nameNamespace, key: name, version: 1, expires: null, index: {} },
    { id },
  )
}

function unname({ name }: Principal): RecordWrite {
  return { remove: { namespace: nameNamespace, key: name } }
}

/** Whether it is an administrator by a role of its own, and not one whom a day ends. */
export function staysAdministrator({ enabled, expires, roles }: Principal): boolean {
  return enabled && expires === null && roles.includes('administrator')
}

/** An index value that is in the order of dates. */
export function dateText(milliseconds: number): string {
  return String(milliseconds).padStart(16, '0')
}

/** Enabled administrators and the holders of roles are found by an index, so that looking for them does not read everybody. */
function writePrincipal(barrier: Barrier, principal: Principal, version: number): RecordWrite {
  const { name, kind, expires } = principal
  const index = {
    ...heldRoles(principal.roles),
    ...(staysAdministrator(principal) && { administrator: 'enabled' }),
    name: folded(name),
    kind,
    ...(expires !== null && { expires: dateText(expires) }),
  }
  return writeRecord(barrier, { namespace, key: principal.id, version, expires: null, index }, principal)
}

function checkedKind(given: PrincipalKind): PrincipalKind {
  checkedChoice('kind of principal', kinds, [given])
  return given
}

function unique(roles: readonly string[]): string[] {
  return [...new Set(roles)].sort()
}

function checkedPermissions(given: readonly SystemPermission[]): SystemPermission[] {
  return checkedChoice('system permission', systemPermissions, given)
}

function notFound(principal: string): never {
  throw new MortiseError('MORTISE_PRINCIPAL_NOT_FOUND', `no principal ${principal} is registered`)
}
