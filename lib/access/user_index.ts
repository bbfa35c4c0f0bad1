import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { longestPage, type RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import type { Principals } from './principals.js'

const namespace = 'user-index'
const mark = { namespace, key: 'complete', version: 1, expires: null, index: {} }

/** Whether everybody is found by queries: whoever was registered before there were any has to be written again once. */
export class UserIndex {
  readonly #store: Store
  readonly #barrier: Barrier
  readonly #principals: Principals
  readonly #marks: RecordReader<object>
  #complete = false

  constructor(store: Store, barrier: Barrier, principals: Principals) {
    this.#store = store
    this.#barrier = barrier
    this.#principals = principals
    this.#marks = new RecordReader(store, barrier, namespace)
  }

  /** From memory once it is so. */
  async isComplete(): Promise<boolean> {
    this.#complete ||= (await this.#marks.read(mark.key)) !== undefined
    return this.#complete
  }

  /** The rows that make it so. */
  async complete(): Promise<RecordWrite[]> {
    const rows = [writeRecord(this.#barrier, mark, {})]
    for (let after: string | undefined; ; ) {
      const options = { limit: longestPage, ...(after !== undefined && { after }) }
      const page = await this.#store.records('principal', options)
      for (const row of page) rows.push(...this.#principals.indexed(row))
      after = page.at(-1)?.key
      if (page.length < longestPage) return rows
    }
  }
}
