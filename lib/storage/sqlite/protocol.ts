import type { ObjectQuery, RecordQuery, StoreHealth, Tables } from '../store.js'
import type { Outcome } from './committer.js'
import type { Failure } from './failure.js'
import type { RecordFilter } from './reader.js'
import type { Row } from './rows.js'
import type { Tape } from './tape.js'

/** When commits are synced: as each Change asks, or always. */
export type SyncMode = 'interval' | 'always'

export interface Opened {
  readonly id: string
  readonly chain: string
  /** Whether its integrity is still to be checked. */
  readonly unchecked: boolean
}

/** What the database's thread does for the store. `now` is the store's clock. */
export interface DatabaseCalls {
  open(directory: string, sync: SyncMode): Opened
  check(directory: string): void
  apply(tape: Tape, now: number): Outcome[]
  objects(ids: readonly string[]): Row[]
  objectNamed(domain: string, name: string): Row | undefined
  family(family: string): Row[]
  locate(query: ObjectQuery): Row[]
  grants(object: string): Row[]
  hasGrants(granteeKind: string, grantee: string): boolean
  epoch(): number
  record(namespace: string, key: string, now: number): Row | undefined
  records(namespace: string, filter: RecordFilter, now: number): Row[]
  findRecords(
    namespace: string,
    query: RecordQuery,
    now: number,
  ): { readonly rows: Row[]; readonly total: number }
  scan(table: keyof Tables, limit: number, after: Row | null, now: number): Row[]
  notices(after: number): {
    readonly sequence: number
    readonly epoch: number
    readonly notices: Row[] | null
  }
  chainHeads(): Row[]
  auditChain(chain: string, from: number, limit: number): Row[]
  auditTail(limit: number, before: number): Row[]
  auditAfter(after: number, limit: number): Row[]
  hold(name: string): boolean
  letGo(name: string): void
  /** Copies the store of a directory, which this thread has not opened, to another one. */
  copy(directory: string, target: string): void
  faults(): string[]
  health(): StoreHealth
  close(): void
}

export type CallName = keyof DatabaseCalls
/** A call on its way to the thread, with others. */
export type Call = readonly [id: number, name: CallName, args: readonly unknown[]]
/** Its answer: a value, or why there is none. */
export type Answer = readonly [id: number, value: unknown, failure?: Failure]
