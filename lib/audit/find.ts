import { MortiseError } from '../errors/index.js'
import { longestPage, type SystemOperation } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { type AuditEntry, type AuditFilter, type AuditServices, entryOf, matches } from './list.js'

/** So many records are looked at, at most: that takes about a second. */
const lookedAt = 50_000
const longestFind = 2 * longestPage

export interface AuditFindInput extends AuditFilter {
  /** How many to pass over. Default 0. */
  readonly skip?: number
  /** 1 to 2000. Default 100. */
  readonly limit?: number
  /** Whether it ended in success. */
  readonly success?: boolean
}

export interface AuditFound {
  /** Newest first. */
  readonly records: readonly AuditEntry[]
  /** How many match: without filters of the whole trail, with filters of what was looked at. */
  readonly total: number
  /** Whether there are older records that were not looked at, and may match. */
  readonly partial: boolean
}

export interface AuditGetInput {
  readonly chain: string
  readonly sequence: number
}

/**
 * A part of the trail by numbers, for who cannot go on from a cursor. It looks at the newest 50,000 records before
 * {@link AuditFilter.until}, which is how older ones are found.
 *
 * @throws MORTISE_INPUT_INVALID, MORTISE_AUDIT_BROKEN at a record that does not decode
 */
export const auditFind: SystemOperation<AuditServices, AuditFindInput, AuditFound> = {
  name: 'AuditFind',
  permission: 'AuditRead',
  durability: 'written',
  async prepare({ store }, _actor, input) {
    const found = await find(store, input)
    return { answer: found, detail: { count: found.records.length } }
  },
}

/** One record. @throws MORTISE_AUDIT_NOT_FOUND, MORTISE_AUDIT_BROKEN */
export const auditGet: SystemOperation<AuditServices, AuditGetInput, AuditEntry> = {
  name: 'AuditGet',
  permission: 'AuditRead',
  durability: 'written',
  async prepare({ store }, _actor, { chain, sequence }) {
    const [row] = await store.auditChain(chain, sequence, 1)
    if (row?.sequence !== sequence) {
      throw new MortiseError(
        'MORTISE_AUDIT_NOT_FOUND',
        `there is no record ${sequence} of the chain ${chain}: it was pruned, or never was`,
      )
    }
    return { answer: entryOf(row), detail: { chain, sequence } }
  },
}

async function find(store: Store, { skip = 0, limit = 100, ...filter }: AuditFindInput): Promise<AuditFound> {
  const isPage = Number.isInteger(limit) && limit >= 1 && limit <= longestFind
  if (!isPage || !(Number.isInteger(skip) && skip >= 0 && skip <= lookedAt)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `skip is 0 to ${lookedAt} and limit 1 to ${longestFind}: ask for what is older by its time`,
    )
  }
  const all = Object.values(filter).every((value) => value === undefined)
  const end = skip + limit
  const records: AuditEntry[] = []
  let matching = 0
  let cursor = filter.until === undefined ? undefined : await positionOf(store, filter.until)
  let partial = !all
  for (let looked = 0; looked < lookedAt && !(all && matching >= end); looked += longestPage) {
    const tail = await store.auditTail(longestPage, cursor)
    const page = tail.rows.map(entryOf)
    for (const record of page.filter((one) => fits(one, filter))) {
      if (matching >= skip && matching < end) records.push(record)
      matching++
    }
    cursor = tail.cursor
    if (page.length < longestPage || page.every(({ time }) => isBefore(time, filter))) {
      partial = false
      break
    }
  }
  return { records, total: all ? await count(store) : matching, partial }
}

/** A position in the trail that whatever was recorded before a time is below: found by halves, for the trail is in order but for moments. */
async function positionOf(store: Store, until: number): Promise<number> {
  const before = async (position?: number) => {
    const { rows, cursor } = await store.auditTail(1, position)
    const [row] = rows
    return row && { position: cursor, time: entryOf(row).time }
  }
  let low = 0
  let high = (await before())?.position ?? 0
  while (high - low > 1) {
    const found = await before(Math.floor((low + high) / 2) + 1)
    if (!found || found.time < until) low = Math.floor((low + high) / 2)
    else high = found.position
  }
  return high + longestPage
}

function fits(record: AuditEntry, { success, ...filter }: Omit<AuditFindInput, 'skip' | 'limit'>): boolean {
  return matches(record, filter) && (success === undefined || success === (record.outcome === 'success'))
}

/** A whole page of them ends the search: the trail is in the order of time but for the moments in which processes meet. */
function isBefore(time: number, { since }: AuditFilter): boolean {
  return since !== undefined && time < since
}

async function count(store: Store): Promise<number> {
  const heads = await store.chainHeads()
  return heads.reduce((sum, { sequence, origin }) => sum + sequence - origin.sequence, 0)
}
