import { type Barrier, RecordReader, type Stored, writeRecord } from '../../barrier/index.js'
import type { RecordWrite } from '../../operation/index.js'
import type { Store } from '../../storage/index.js'
import type { Sink } from './sink.js'

const namespace = 'audit-sink'
/** Sinks of one store that are told of, at most. */
const most = 1000

/** How far a sink has come, and how it does: known to every process of a store. */
export interface SinkCursor extends Pick<Sink, 'kind' | 'place' | 'confirms'> {
  /** The position of the last record that was delivered; 0 before the first. */
  readonly position: number
  /** Why nothing is delivered at the moment. */
  readonly failure: string | null
}

/** Cursors are sealed records: whoever writes the database cannot make a record pass for delivered. */
export class SinkCursors {
  readonly #barrier: Barrier
  readonly #records: RecordReader<SinkCursor>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  async read({ kind, place, confirms }: Sink): Promise<Stored<SinkCursor>> {
    const fresh = { kind, place, confirms, position: 0, failure: null }
    return (await this.#records.read(place)) ?? { key: place, version: 0, value: fresh }
  }

  /** Of every sink that has ever been delivered to and was not retired. @throws MORTISE_BARRIER_INTEGRITY */
  all(): Promise<Stored<SinkCursor>[]> {
    return this.#records.page(most, undefined)
  }

  write({ key, version, value }: Stored<SinkCursor>, changes: Partial<SinkCursor>): RecordWrite {
    const identity = { namespace, key, version: version + 1, expires: null, index: {} }
    return writeRecord(this.#barrier, identity, { ...value, ...changes })
  }

  remove({ key, version }: Stored<SinkCursor>): RecordWrite {
    return { remove: { namespace, key, version } }
  }
}
