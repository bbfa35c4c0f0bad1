import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { Clock, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Cache } from './cache.js'
import {
  type ConnectionKind,
  checkedSettings,
  connectionKinds,
  type SettingsOf,
} from './connection_settings.js'
import type { Groups } from './groups.js'
import { checkedChoice, checkedDescription, isPlainName } from './text.js'

export type { ConnectionKind } from './connection_settings.js'

/** Key: the name. */
const namespace = 'connection'
const cachedConnections = 1000
const mostGroups = 1000

/** Where a proof of who somebody is comes from. */
export interface Connection<Kind extends ConnectionKind = ConnectionKind> {
  /** What identities begin with. */
  readonly name: string
  readonly kind: Kind
  /** Where it is kept: in the program, in the configuration of this process, or in the store, where alone it can be changed. */
  readonly origin: 'built-in' | 'configuration' | 'store'
  readonly description: string
  /** Nobody comes in through one that is not. */
  readonly enabled: boolean
  /** Whether whoever is proved for the first time is registered. */
  readonly registers: boolean
  /**
   * Names of groups or roles outside, and the ids of the groups here that they stand for. These groups are the connection's:
   * with each login, whoever logs in is in those that it is said to be in, and in no other of them.
   */
  readonly groups: Readonly<Record<string, string>>
  readonly settings: SettingsOf[Kind]
  /** Milliseconds since 1970. */
  readonly created: number
  readonly updated: number
}

export interface NewConnection {
  /** 1 to 64 letters, digits, `.`, `_` and `-`, beginning and ending with a letter or digit. */
  readonly name: string
  readonly kind: Exclude<ConnectionKind, 'local_account'>
  /** At most 1,024 characters. Default empty. */
  readonly description?: string
  /** Default true. */
  readonly enabled?: boolean
  /** Default false. */
  readonly registers?: boolean
  /** Ids or names of groups here, by names outside. Default none. */
  readonly groups?: Readonly<Record<string, string>>
  /** Those of the kind; what is left out has its default. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Password of Mortise itself at the other end, which no answer shows. Default none. */
  readonly secret?: string | null
}

/** What may be changed of a connection. Undefined fields stay as they are, and so do settings that are left out. */
export type ConnectionChanges = Partial<Omit<NewConnection, 'name' | 'kind'>>

/** What is more than a check of each setting, of who uses them. Throws MORTISE_INPUT_INVALID. */
export type RequireUsable = (connection: Connection, secret: string | null) => Promise<void>

interface StoredConnection extends Omit<Connection, 'origin'> {
  readonly secret: string | null
}

/** The passwords of this store: built in, so that it stays. */
export const localAccount: Connection<'local_account'> = {
  name: 'local_account',
  kind: 'local_account',
  origin: 'built-in',
  description: 'Names and passwords that are kept here',
  enabled: true,
  registers: false,
  groups: {},
  settings: {},
  created: 0,
  updated: 0,
}

/** Certificates below the authorities that are here, as far as these are trusted: whose they are, accounts say. */
export const ownAuthorities: Connection<'certificate'> = {
  ...localAccount,
  name: 'authorities',
  kind: 'certificate',
  description: 'Certificates below the authorities that are here and trusted',
  settings: { authorities: null, subject: 'account' },
}

/** What cannot be the name of another one, for identities begin with it. */
const reserved = [localAccount.name, 'local', ownAuthorities.name]

/** Which connections there are: the built-in ones, those of the configuration and those of the store. */
export class Connections {
  readonly #barrier: Barrier
  readonly #clock: Clock
  readonly #groups: Groups
  readonly #records: RecordReader<StoredConnection>
  readonly #cache: Cache<StoredConnection>
  readonly #ofKind: Cache<Connection[]>
  /** Those that are not of the store, in order. */
  readonly fixed: readonly Connection[]

  constructor(
    store: Store,
    barrier: Barrier,
    clock: Clock,
    groups: Groups,
    configured: readonly Connection[],
  ) {
    this.fixed = [localAccount, ownAuthorities, ...configured]
    this.#barrier = barrier
    this.#clock = clock
    this.#groups = groups
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(cachedConnections, async (name) => (await this.#records.read(name))?.value)
    this.#ofKind = new Cache(connectionKinds.length, (kind) => this.#all(kind as ConnectionKind))
  }

  /**
   * From memory where it is known.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async get(name: string): Promise<Connection | undefined> {
    const fixed = this.fixed.find((one) => one.name === name)
    if (fixed) return fixed
    const stored = await this.#cache.get(name)
    return stored && withoutSecret(stored)
  }

  /** @throws MORTISE_CONNECTION_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
  async find(name: string): Promise<Connection> {
    return (await this.get(name)) ?? notFound(name)
  }

  /** What Mortise proves itself with at the other end. */
  async secretOf(name: string): Promise<string | null> {
    return (await this.#cache.get(name))?.secret ?? null
  }

  /**
   * As the store has it now: for whoever is about to change it.
   *
   * @throws MORTISE_CONNECTION_NOT_FOUND, MORTISE_ACCESS_BUILT_IN, MORTISE_BARRIER_INTEGRITY
   */
  async read(name: string): Promise<Stored<StoredConnection>> {
    const fixed = this.fixed.find((one) => one.name === name)
    if (fixed) {
      throw new MortiseError(
        'MORTISE_ACCESS_BUILT_IN',
        fixed.origin === 'built-in'
          ? `the connection ${name} is built in: make one of your own`
          : `the connection ${name} is of the configuration: change that`,
      )
    }
    return (await this.#records.read(name)) ?? notFound(name)
  }

  /** All of a kind, from memory where they are known: those of the configuration first, then in the order of their names. */
  async ofKind<Kind extends ConnectionKind>(kind: Kind): Promise<readonly Connection<Kind>[]> {
    return ((await this.#ofKind.get(kind)) ?? []) as readonly Connection[] as readonly Connection<Kind>[]
  }

  /** A page of the store's in the order of their names, after the name `after`. */
  async list(limit: number, after: string | undefined): Promise<Connection[]> {
    const page = await this.#records.page(limit, after)
    return page.map(({ value }) => withoutSecret(value))
  }

  /** @throws MORTISE_INPUT_INVALID, MORTISE_GROUP_NOT_FOUND */
  async create(
    input: NewConnection,
    requireUsable: RequireUsable,
  ): Promise<{ connection: Connection; row: RecordWrite }> {
    const { name, kind } = input
    if (!isPlainName(name) || reserved.includes(name.toLowerCase())) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `a connection needs a name of 1 to 64 letters, digits, ".", "_" and "-", with a letter or digit at both ends, other than ${reserved.join(', ')}`,
      )
    }
    checkedChoice(
      'kind of connection',
      connectionKinds.filter((one) => one !== 'local_account'),
      [kind],
    )
    const now = this.#clock.now()
    const blank = { name, kind, description: '', enabled: true, registers: false, groups: {}, secret: null }
    return this.#written(
      { ...blank, settings: {} as SettingsOf[typeof kind], created: now, updated: now },
      input,
      1,
      requireUsable,
    )
  }

  /** @throws MORTISE_INPUT_INVALID, MORTISE_GROUP_NOT_FOUND */
  change(
    before: Stored<StoredConnection>,
    changes: ConnectionChanges,
    requireUsable: RequireUsable,
  ): Promise<{ connection: Connection; row: RecordWrite }> {
    return this.#written(
      { ...before.value, updated: this.#clock.now() },
      changes,
      before.version + 1,
      requireUsable,
    )
  }

  remove({ key, version }: Stored<StoredConnection>): RecordWrite {
    return { remove: { namespace, key, version } }
  }

  forget(name: string): void {
    this.#cache.forget(name)
    this.#ofKind.forgetAll()
  }

  forgetAll(): void {
    this.#cache.forgetAll()
    this.#ofKind.forgetAll()
  }

  async #all(kind: ConnectionKind): Promise<Connection[]> {
    const all = this.fixed.filter((one) => one.kind === kind)
    for await (const { value } of this.#records.all({ field: 'kind', value: kind }))
      all.push(withoutSecret(value))
    return all
  }

  async #written(
    before: StoredConnection,
    { description, enabled, registers, groups, settings, secret }: ConnectionChanges,
    version: number,
    requireUsable: RequireUsable,
  ): Promise<{ connection: Connection; row: RecordWrite }> {
    const stored: StoredConnection = {
      ...before,
      description: checkedDescription(description ?? before.description),
      enabled: enabled ?? before.enabled,
      registers: registers ?? before.registers,
      groups: groups ? await this.#idsOf(groups) : before.groups,
      settings: checkedSettings(before.kind, { ...before.settings, ...settings }),
      secret: secret === undefined ? before.secret : secret,
    }
    const connection = withoutSecret(stored)
    await requireUsable(connection, stored.secret)
    const index = { kind: stored.kind }
    const identity = { namespace, key: stored.name, version, expires: null, index }
    return { connection, row: writeRecord(this.#barrier, identity, stored) }
  }

  async #idsOf(groups: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const entries = Object.entries(groups)
    if (entries.length > mostGroups || entries.some(([outside]) => outside === '' || outside.length > 1024)) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `a connection maps at most ${mostGroups} groups, by names of 1 to 1,024 characters`,
      )
    }
    return Object.fromEntries(
      await Promise.all(
        entries.map(async ([outside, group]) => [outside, (await this.#groups.find(group)).id]),
      ),
    )
  }
}

function withoutSecret({ secret: _, ...connection }: StoredConnection): Connection {
  return { ...connection, origin: 'store' }
}

function notFound(name: string): never {
  throw new MortiseError('MORTISE_CONNECTION_NOT_FOUND', `there is no connection ${name}`)
}
