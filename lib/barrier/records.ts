import { MortiseError } from '../errors/index.js'
import { longestPage, type RecordRow, type RecordWrite } from '../operation/index.js'
import type { RecordQuery, Store } from '../storage/index.js'
import type { Barrier } from './barrier.js'

/** The format byte that stands before the JSON of every value. */
const format = 1

/** A record with its value opened. */
export interface Stored<Value> {
  readonly key: string
  readonly version: number
  readonly value: Value
}

/** Seals a value as JSON into the row that writes it. */
export function writeRecord(
  barrier: Barrier,
  identity: Omit<RecordRow, 'value'>,
  value: object,
): RecordWrite {
  return {
    row: barrier.sealRecord(identity, Buffer.concat([Buffer.of(format), Buffer.from(JSON.stringify(value))])),
  }
}

/** Reads and opens the records of one namespace. The store is not trusted: what it returns must be what was asked for. */
export class RecordReader<Value> {
  readonly #store: Store
  readonly #barrier: Barrier
  readonly #namespace: string

  constructor(store: Store, barrier: Barrier, namespace: string) {
    this.#store = store
    this.#barrier = barrier
    this.#namespace = namespace
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  async read(key: string): Promise<Stored<Value> | undefined> {
    const row = await this.#store.record(this.#namespace, key)
    if (!row) return undefined
    if (row.key !== key) throw misplaced(this.#namespace, key)
    return this.open(row)
  }

  /**
   * A page in the order of keys.
   *
   * @param where one indexed field that must match
   * @param after the last key of the page before
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async page(
    limit: number,
    after: string | undefined,
    where?: { readonly field: string; readonly value: string },
  ): Promise<Stored<Value>[]> {
    const rows = await this.#store.records(this.#namespace, {
      limit,
      ...(where && { where }),
      ...(after !== undefined && { after }),
    })
    return rows.map((row) => {
      if (where && row.index[where.field] !== where.value) throw misplaced(this.#namespace, row.key)
      return this.open(row)
    })
  }

  /**
   * All of them in the order of keys, read in pages.
   *
   * @param where as of {@link page}
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async *all(where?: { readonly field: string; readonly value: string }): AsyncGenerator<Stored<Value>> {
    for (let after: string | undefined; ; ) {
      const page = await this.page(longestPage, after, where)
      yield* page
      if (page.length < longestPage) return
      after = page.at(-1)?.key
    }
  }

  /**
   * Those of a query, and how many there are. Nobody vouches for what it leaves out: it is for lists, and decides nothing.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async find(query: RecordQuery): Promise<{ found: Stored<Value>[]; total: number }> {
    const { rows, total } = await this.#store.findRecords(this.#namespace, query)
    return { found: rows.map((row) => this.open(row)), total }
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  open(row: RecordRow): Stored<Value> {
    if (row.namespace !== this.#namespace) throw misplaced(this.#namespace, row.key)
    const bytes = this.#barrier.openRecord(row)
    if (bytes[0] !== format) {
      throw new MortiseError(
        'MORTISE_STORAGE_VERSION',
        `record ${row.namespace}/${row.key} has format ${bytes[0]}, which this version of Mortise does not know`,
      )
    }
    return { key: row.key, version: row.version, value: JSON.parse(bytes.toString('utf8', 1)) }
  }
}

function misplaced(namespace: string, key: string): MortiseError {
  return new MortiseError(
    'MORTISE_BARRIER_INTEGRITY',
    `the store returns another record for ${namespace}/${key}: it was changed outside Mortise or is damaged`,
  )
}
