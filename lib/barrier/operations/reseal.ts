import type {
  GrantRow,
  GrantWrite,
  ObjectRow,
  RecordRow,
  Rows,
  SystemOperation,
} from '../../operation/index.js'
import { type Barrier, keyringVersionOf } from '../barrier.js'
import { keyringNamespace } from '../keyring.js'
import type { BarrierServices } from './services.js'

/** Rows that are looked at for one Change. */
const pageLength = 250

export interface ResealInput {
  /** `next` of the page before. */
  readonly after?: string
}

export interface ResealedPage {
  /** Rows that were sealed again. */
  readonly resealed: number
  /** `after` of the next page; null when all rows were seen. */
  readonly next: string | null
}

/** In the order in which they are seen. */
export const tables = ['objects', 'grants', 'records'] as const

/**
 * Seals a page of rows again that are sealed with an older version of the keyring. Each becomes a version newer, as by any
 * other change of it. It may be begun anew at any time: what is sealed with the active version already is passed over.
 */
export const reseal: SystemOperation<BarrierServices, ResealInput, ResealedPage> = {
  name: 'Reseal',
  permission: 'BarrierManage',
  durability: 'written',
  async prepare({ store, barrier }, _actor, input) {
    const [table, after] = position(input.after)
    const page = await store.scan(table, pageLength, after)
    const rows = resealed(barrier, table, page.rows)
    const count = Object.values(rows).reduce((sum, written) => sum + written.length, 0)
    const following = tables[tables.indexOf(table) + 1]
    const next = page.next !== null ? `${table} ${page.next}` : following === undefined ? null : following
    return {
      answer: { resealed: count, next },
      rows,
      detail: { version: barrier.keyringVersion, rows: count },
    }
  },
}

function position(after = 'objects'): [(typeof tables)[number], string | undefined] {
  const [, name, rest] = /^(\w+)(?: (.*))?$/s.exec(after) ?? []
  const table = tables.find((one) => one === name) ?? 'objects'
  return [table, rest]
}

function resealed(
  barrier: Barrier,
  table: (typeof tables)[number],
  rows: readonly (ObjectRow | GrantRow | RecordRow)[],
): Pick<Rows, 'objects'> | Pick<Rows, 'grants'> | Pick<Rows, 'records'> {
  const old = rows.filter((row) => (oldestVersion(row) ?? Number.POSITIVE_INFINITY) < barrier.keyringVersion)
  if (table === 'objects')
    return { objects: (old as ObjectRow[]).map((row) => ({ row: barrier.resealObject(row) })) }
  if (table === 'grants')
    return { grants: (old as GrantRow[]).map((row): GrantWrite => ({ row: barrier.resealGrant(row) })) }
  return { records: (old as RecordRow[]).map((row) => ({ row: barrier.resealRecord(row) })) }
}

/** The oldest version of the keyring that a row is sealed or authenticated with; undefined for one that is not sealed. */
export function oldestVersion(row: ObjectRow | GrantRow | RecordRow): number | undefined {
  if ('namespace' in row) {
    return row.namespace === keyringNamespace ? undefined : keyringVersionOf(row.value)
  }
  const versions = [
    keyringVersionOf(row.mac),
    'material' in row && row.material ? keyringVersionOf(row.material) : undefined,
  ]
  return versions.reduce((oldest, version) =>
    version !== undefined && version < (oldest ?? version) ? version : oldest,
  )
}
