import type { ObjectRow } from './object.js'
import type { Permission } from './permission.js'

/** To whom a grant is given. */
export type GranteeKind = 'principal' | 'group' | 'everyone'

/** Permissions of one grantee on one key, with all its versions. The primary key is (object, granteeKind, grantee). */
export interface GrantRow {
  /** The family: id of the first version. */
  readonly object: string
  readonly granteeKind: GranteeKind
  /** Principal id or group id; the empty string for everyone. */
  readonly grantee: string
  readonly version: number
  /** In alphabetical order, without repetition. */
  readonly permissions: readonly Permission[]
  readonly mac: Uint8Array
}

/** A small sealed value: principals, tokens, and the protocol state of faces. The primary key is (namespace, key). */
export interface RecordRow {
  readonly namespace: string
  readonly key: string
  readonly version: number
  /** Opaque to the store. */
  readonly value: Uint8Array
  /** Milliseconds since 1970 after which the record is gone, or null. */
  readonly expires: number | null
  /** Fields that the record can be found by, exact match. */
  readonly index: Readonly<Record<string, string>>
}

/** A row to write. `row.version - 1` is the version that must be there now; 0 means that none may be. */
export interface ObjectWrite {
  readonly row: ObjectRow
}
export type GrantWrite =
  | { readonly row: GrantRow }
  | { readonly remove: Pick<GrantRow, 'object' | 'granteeKind' | 'grantee' | 'version'> }
export type RecordWrite =
  | { readonly row: RecordRow }
  /**
   * Consume once: exactly one of several concurrent removals succeeds. Without a version whichever is there is meant: what
   * is written once has a newer one after it was sealed again.
   */
  | { readonly remove: Pick<RecordRow, 'namespace' | 'key'> & Partial<Pick<RecordRow, 'version'>> }

/** Removes the records of a chain up to a sequence number, which must be that of a record that is there. */
export interface Prune {
  readonly chain: string
  readonly through: number
}

/**
 * How long an answer waits for the disk. `synced`: the commit is on stable storage. `written`: the commit survives the
 * death of the process and is synced within 50 ms (or at once, where the audit setting says always).
 */
export type Durability = 'synced' | 'written'

/**
 * Everything that one operation does to the store, as a value: rows, the versions it relied on, its audit record. Only
 * the store applies Changes, each in one transaction, whole or not at all.
 */
export interface Change {
  readonly objects?: readonly ObjectWrite[]
  readonly grants?: readonly GrantWrite[]
  readonly records?: readonly RecordWrite[]
  /** Leading records of audit chains to remove, in the same transaction as this one's own record. */
  readonly prunes?: readonly Prune[]
  /** Rows of objects that were read and must still be of that version. */
  readonly relies?: readonly { readonly object: string; readonly version: number }[]
  /** The grants epoch that the decision relied on; a Change relying on an older one conflicts. */
  readonly epoch?: number
  /** Whether applying this starts a new grants epoch: who may do what has changed. */
  readonly newEpoch?: boolean
  /** The encoded audit record (lib/audit/record.ts): UTF-8 JSON. A Change without one cannot be applied. */
  readonly audit: Uint8Array
  readonly durability: Durability
}

/** Where the audit record of an applied Change stands. */
export interface Applied {
  /** UUID of the chain of this writing process. */
  readonly chain: string
  /** 1, 2, ... within the chain. */
  readonly sequence: number
}
