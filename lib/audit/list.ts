import { MortiseError } from '../errors/index.js'
import {
  type AuditRecord,
  decodeAuditRecord,
  type Outcome,
  pageLimit,
  type SystemOperation,
} from '../operation/index.js'
import type { AuditRow, Store } from '../storage/index.js'

/** Records that one page looks at, at most, for those that match. */
const scannedRecords = 10_000

export interface AuditServices {
  readonly store: Store
}

export interface AuditListInput {
  /** The largest number of records to return: 1 to 1000. Default 100. */
  readonly limit?: number
  /** `cursor` of the page before. */
  readonly before?: number
  /** Exact matches, all of which must hold. */
  readonly operation?: string
  /** Object id. */
  readonly object?: string
  /** Principal id. */
  readonly principal?: string
  readonly outcome?: Outcome
  /** The door. */
  readonly face?: string
  /** Id of the request. */
  readonly request?: string
  /** IP address of the client. */
  readonly address?: string
  /** Milliseconds since 1970: records from then on. */
  readonly since?: number
  /** Milliseconds since 1970: records before then. */
  readonly until?: number
}

/** A record and where it stands. */
export interface AuditEntry extends AuditRecord {
  readonly chain: string
  readonly sequence: number
}

export interface AuditPage {
  /** Newest first. With filters a page may hold fewer than its limit, even none, before the last. */
  readonly records: readonly AuditEntry[]
  /** Continue with it as `before`; null when there is nothing older. */
  readonly cursor: number | null
}

/** @throws MORTISE_INPUT_INVALID, MORTISE_AUDIT_BROKEN at a record that does not decode */
export const auditList: SystemOperation<AuditServices, AuditListInput, AuditPage> = {
  name: 'AuditList',
  permission: 'AuditRead',
  durability: 'written',
  async prepare({ store }, _actor, input) {
    const page = await scan(store, input)
    return { answer: page, detail: { count: page.records.length } }
  },
}

/** Reads pages no longer than the limit, so that each either fits into the answer whole or begins the next one. */
async function scan(store: Store, input: AuditListInput): Promise<AuditPage> {
  const { limit: _, before, ...filter } = input
  const limit = pageLimit(input)
  const records: AuditEntry[] = []
  let cursor = before
  for (let scanned = 0; scanned < scannedRecords; scanned += limit) {
    const tail = await store.auditTail(limit, cursor)
    const matching = tail.rows.map(entryOf).filter((record) => matches(record, filter))
    if (records.length + matching.length > limit) break
    records.push(...matching)
    if (tail.rows.length < limit) return { records, cursor: null }
    cursor = tail.cursor
    if (records.length === limit) break
  }
  return { records, cursor: cursor ?? null }
}

/** Fields that match exactly. */
const exact = ['operation', 'object', 'principal', 'outcome', 'face', 'request', 'address'] as const

/** Which records are meant: everything that is given must hold. */
export type AuditFilter = Omit<AuditListInput, 'limit' | 'before'>

export function matches(
  record: AuditEntry,
  { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, ...filter }: AuditFilter,
): boolean {
  return (
    record.time >= since &&
    record.time < until &&
    exact.every((field) => filter[field] === undefined || record[field] === filter[field])
  )
}

export function entryOf({ chain, sequence, record }: AuditRow): AuditEntry {
  const decoded = decodeAuditRecord(record)
  if (!decoded) {
    throw new MortiseError(
      'MORTISE_AUDIT_BROKEN',
      `audit record ${sequence} of chain ${chain} is damaged or was changed outside Mortise: run mortise audit verify`,
    )
  }
  return { ...decoded, chain, sequence }
}
