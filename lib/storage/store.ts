import type {
  Applied,
  Change,
  GrantRow,
  ObjectRow,
  ObjectType,
  Purpose,
  RecordRow,
  State,
} from '../operation/index.js'

/** A date that objects are located by: when they were made, or an attribute. */
export type DateField =
  | 'created'
  | 'originallyCreated'
  | 'activated'
  | 'processStart'
  | 'protectStop'
  | 'deactivated'
  | 'compromised'
  | 'destroyed'
  | 'archived'

/** Exact matches, all of which must hold. Undefined fields do not restrict. */
export interface ObjectQuery {
  readonly domain: string
  readonly purpose: Purpose
  readonly name?: string
  /** The state that an object is in at a time: its dates may have brought it to another one than its row has. */
  readonly state?: State
  /** That time, in milliseconds since 1970. Default: before every date, when the state is the row's. */
  readonly now?: number
  /** Whether it is in one of the two destroyed states. */
  readonly destroyed?: boolean
  readonly type?: ObjectType
  readonly algorithm?: string
  readonly length?: number
  readonly family?: string
  readonly owner?: string
  /** Only objects that this principal owns or has a grant on (its own, one to `groups`, or one to everyone). */
  readonly visibleTo?: { readonly principal: string; readonly groups: readonly string[] }
  /** Bits of the usage mask, all of which it has. */
  readonly usage?: number
  /** Terms, all of which it has, and those of which it has none. The rarest first. */
  readonly terms?: readonly string[]
  readonly without?: readonly string[]
  /** Milliseconds since 1970: from the first on, before the second. */
  readonly dates?: readonly { readonly field: DateField; readonly from?: number; readonly to?: number }[]
  /** The largest number of rows to return. */
  readonly limit: number
  /** Whether the newest come first. Default: the oldest. */
  readonly newestFirst?: boolean
  /** Return what follows this object in the order of (created, id): the last of the page before. */
  readonly after?: { readonly created: number; readonly id: string }
}

/** An indexed field that a record has, or another record whose key is the same but for what stands before and after it. */
export type FieldTerm = {
  readonly namespace: string
  readonly field: string
  /** What the keys of that namespace have before and after the key that is meant: only how long it is counts. Default nothing. */
  readonly prefix?: string
  readonly suffix?: string
} & (
  | { readonly values: readonly string[] }
  /** The field's value is this or comes before it. */
  | { readonly through: string }
)

/** What is asked of a record: a field, or that its key is one of some. */
export type RecordTerm = FieldTerm | { readonly keys: readonly string[] }

/** Records that have all of some terms and none of others. */
export interface RecordQuery {
  /** The field by whose values they come; records that have none are not found. */
  readonly order: string
  readonly all?: readonly RecordTerm[]
  readonly none?: readonly RecordTerm[]
  /** How many to pass over. */
  readonly skip: number
  /** 0 for none, where only their number is of interest. */
  readonly limit: number
}

/** What tells a process to forget something that it has cached. */
export interface Notice {
  /** Rises with each notice of the store. */
  readonly sequence: number
  readonly kind: 'object' | 'grants' | 'record'
  /** Object id; family; `namespace/key`. */
  readonly key: string
}

/** What a poll of the changes table returns. */
export interface Notices {
  /** Poll again after this. */
  readonly sequence: number
  readonly epoch: number
  /** Every notice since; null when so many came that some are gone already: forget everything. */
  readonly notices: readonly Notice[] | null
}

/** The end of one audit chain. */
export interface ChainHead {
  readonly chain: string
  readonly sequence: number
  readonly hash: Uint8Array
}

/** A head as the store has it. */
export interface StoredHead extends ChainHead {
  /** What the first record that is kept follows: sequence number 0 and zeros, or the last record that was pruned. */
  readonly origin: Pick<ChainHead, 'sequence' | 'hash'>
  /** Rises with each record that is committed, over all chains; 0 when all of the chain was pruned. */
  readonly position: number
}

/** The rows that {@link Store.scan} reads, by table. */
export interface Tables {
  readonly objects: ObjectRow
  readonly grants: GrantRow
  readonly records: RecordRow
}

/** One audit record as it is stored. */
export interface AuditRow {
  readonly chain: string
  readonly sequence: number
  /** The encoded record. */
  readonly record: Uint8Array
  readonly hash: Uint8Array
}

/** One audit record on its way out of the store. */
export interface FollowedRow extends AuditRow {
  /** The hash of the record before it in its chain. */
  readonly previous: Uint8Array
}

export interface StoreHealth {
  /** `sqlite` or `postgresql`. */
  readonly name: string
  readonly up: boolean
  readonly message?: string
}

/** A copy of a store, for whoever asked for it alone. */
export interface StoreCopy {
  /** What {@link openSqliteStore} opens. */
  readonly directory: string
  remove(): Promise<void>
}

/**
 * The storage port. Untrusted: whatever it returns is checked by the barrier. Everything is asynchronous; only
 * {@link Store.apply} writes. All methods throw MORTISE_STORAGE_UNAVAILABLE when the store cannot be reached,
 * MORTISE_STORAGE_CORRUPT when it is damaged and MORTISE_CLOSED after {@link Store.close}.
 */
export interface Store {
  /** UUID made with the store; part of what every row is authenticated over. */
  readonly id: string

  /** Several objects by id in one crossing, missing ones left out. */
  objects(ids: readonly string[]): Promise<ObjectRow[]>
  /** The object that bears the name now, be it as a further one, among those not destroyed. Constant time in the number of objects. */
  objectNamed(domain: string, name: string): Promise<ObjectRow | undefined>
  /** All versions of a key, newest first. */
  family(family: string): Promise<ObjectRow[]>
  /** In the order of (created, id). */
  locate(query: ObjectQuery): Promise<ObjectRow[]>

  /** The grants on a family. */
  grants(family: string): Promise<GrantRow[]>
  /** Whether somebody has a grant on any family. */
  hasGrants(grantee: Pick<GrantRow, 'granteeKind' | 'grantee'>): Promise<boolean>
  /** The present grants epoch. */
  epoch(): Promise<number>

  /** An expired record is not returned. */
  record(namespace: string, key: string): Promise<RecordRow | undefined>
  /** Records of a namespace in the order of their keys, by one indexed field where `where` is given. */
  records(
    namespace: string,
    options: {
      readonly where?: { readonly field: string; readonly value: string }
      readonly after?: string
      readonly limit: number
    },
  ): Promise<RecordRow[]>

  /** Records of a namespace by several terms, and how many there are. An expired record is not found. */
  findRecords(
    namespace: string,
    query: RecordQuery,
  ): Promise<{ readonly rows: readonly RecordRow[]; readonly total: number }>

  /**
   * All rows of a table in pages, in an order that writing does not change, for whoever must see every one of them. A row
   * that is made meanwhile may be missed. Expired records are left out.
   *
   * @param after `next` of the page before
   */
  scan<Table extends keyof Tables>(
    table: Table,
    limit: number,
    after?: string,
  ): Promise<{ readonly rows: readonly Tables[Table][]; readonly next: string | null }>

  /**
   * Applies a Change in one transaction with its audit record, or nothing of it. Changes that arrive while a commit is
   * under way share the next one.
   *
   * @throws MORTISE_STORAGE_CONFLICT when an expected version or the epoch is not the present one
   * @throws MORTISE_NAME_TAKEN when a name is in use
   * @throws MORTISE_STORAGE_FULL when there is no room
   */
  apply(change: Change): Promise<Applied>

  /** What has changed since `after` (0: from the oldest kept). */
  notices(after: number): Promise<Notices>

  /** The heads of all chains, the one that was written to last first. */
  chainHeads(): Promise<StoredHead[]>
  /** Records of one chain in order, from `from` on. */
  auditChain(chain: string, from: number, limit: number): Promise<AuditRow[]>
  /** The newest records of all chains, newest first, before `before` (a value of `cursor`) where given. */
  auditTail(limit: number, before?: number): Promise<{ readonly rows: AuditRow[]; readonly cursor: number }>

  /** The next records of all chains in the order in which they were committed, after `after`: 0, or a `cursor`. */
  auditAfter(after: number, limit: number): Promise<{ readonly rows: FollowedRow[]; readonly cursor: number }>

  /**
   * Holds a name, until this store lets go of it, is closed, or its process ends. A name is held once at a time, whatever
   * processes have the store open.
   *
   * @returns false where it is held already, here or elsewhere
   */
  hold(name: string): Promise<boolean>
  letGo(name: string): Promise<void>

  /** A consistent copy of everything that is committed now; writers are not held up. Remove it after use. */
  copy(): Promise<StoreCopy>
  /** Reads all of the store and says what is wrong with its own structure: nothing, where it is sound. */
  faults(): Promise<readonly string[]>

  health(): Promise<StoreHealth>
  /** Applies what was accepted, syncs and closes. May be called twice. */
  close(): Promise<void>
}
