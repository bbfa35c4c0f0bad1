import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { longestPage, type RecordRow, type RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import type { Groups } from './groups.js'
import type { Principals } from './principals.js'

const namespace = 'user-index'
const mark = { namespace, key: 'complete', version: 1, expires: null, index: {} }

/** Whether everybody, and every group, is found by queries: what was made before there were any has to be written again once. */
export class UserIndex {
  readonly #store: Store
  readonly #barrier: Barrier
  readonly #principals: Principals
  readonly #groups: Groups
  readonly #marks: RecordReader<object>
  #complete = false

  constructor(store: Store, barrier: Barrier, principals: Principals, groups: Groups) {
    this.#store = store
    this.#barrier = barrier
    this.#principals = principals
    this.#groups = groups
    this.#marks = new RecordReader(store, barrier, namespace)
  }

  /** From memory once it is so. */
  async isComplete(): Promise<boolean> {
    this.#complete ||= (await this.#marks.read(mark.key)) !== undefined
    return this.#complete
  }

  /** The rows that make it so. */
  async complete(): Promise<RecordWrite[]> {
    const principals = await this.#indexed('principal', this.#principals)
    return [
      writeRecord(this.#barrier, mark, {}),
      ...principals,
      ...(await this.#indexed('group', this.#groups)),
    ]
  }

  async #indexed(
    kind: 'principal' | 'group',
    kept: { indexed(row: RecordRow): RecordWrite[] },
  ): Promise<RecordWrite[]> {
    const rows: RecordWrite[] = []
    for (let after: string | undefined; ; ) {
      const options = { limit: longestPage, ...(after !== undefined && { after }) }
      const page = await this.#store.records(kind, options)
      for (const row of page) rows.push(...kept.indexed(row))
      after = page.at(-1)?.key
      if (page.length < longestPage) return rows
    }
  }
}
