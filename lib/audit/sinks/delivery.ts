import { createHash } from 'node:crypto'
import type { Stored } from '../../barrier/index.js'
import { type Clock, encodeSystemRecord } from '../../operation/index.js'
import type { FollowedRow, Store } from '../../storage/index.js'
import { delivered, isOf } from '../bookkeeping.js'
import type { CheckpointServices } from '../checkpoint_store.js'
import { type SinkCursor, SinkCursors } from './cursors.js'
import { reasonOf, type Sink } from './sink.js'

/** Milliseconds between looks for new records, and the longest after failures, each of which doubles them. */
const interval = 1000
const longestInterval = 60_000
/** Records that are read at a time: the store's thread has others to serve. */
const pageLength = 250
/** Records of one delivery, which bounds the memory that it takes. */
const batchLength = 2000
/** Further than so many records behind, their number is not counted exactly. */
const counted = 250

export interface DeliveryServices extends CheckpointServices {
  readonly clock: Clock
}

/** How a sink does. */
export interface SinkHealth {
  readonly kind: Sink['kind']
  /** `file:PATH`, `tcp://HOST:PORT`, ... */
  readonly place: string
  /** Records that are not delivered yet. */
  readonly waiting: number
  /** Why the last delivery failed, in whatever process it was tried; null when it did not. */
  readonly failure: string | null
}

/**
 * Brings the records of the trail to a sink, behind those who write them, in the order in which they were committed. One process
 * of a store does at a time. A batch is delivered and only then is the cursor moved: whatever ends a process between the two
 * makes it be delivered again, nothing makes it be left out.
 */
export class Delivery {
  readonly #services: DeliveryServices
  readonly #cursors: SinkCursors
  readonly #sink: Sink
  readonly #name: string
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #failures = 0
  /** Why this process could not deliver, where the cursor does not say so. */
  #failure: string | null = null
  #stopped = false

  constructor(services: DeliveryServices, sink: Sink) {
    this.#services = services
    this.#cursors = new SinkCursors(services.store, services.barrier)
    this.#sink = sink
    this.#name = `sink-${createHash('sha256').update(sink.place).digest('hex').slice(0, 16)}`
    this.#run()
  }

  async health(): Promise<SinkHealth> {
    const { kind, place } = this.#sink
    const { store } = this.#services
    try {
      const { value } = await this.#cursors.read(this.#sink)
      const failure = value.failure ?? this.#failure
      return { kind, place, waiting: await waiting(store, value.position), failure }
    } catch (error) {
      // A cursor that somebody has damaged: how far the sink has come is not known.
      return { kind, place, waiting: await waiting(store, 0), failure: reasonOf(error) }
    }
  }

  /** Delivers what is there, unless the sink does not take it: the next process will. */
  async close(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#running
    if (this.#failures === 0) await this.#deliverAll()
  }

  #run(): void {
    this.#running = this.#deliverAll().then(() => {
      if (this.#stopped) return
      const pause = Math.min(interval * 2 ** this.#failures, longestInterval)
      this.#timer = setTimeout(() => this.#run(), pause).unref()
    })
  }

  async #deliverAll(): Promise<void> {
    const { store } = this.#services
    try {
      if (!(await store.hold(this.#name))) return
      try {
        while (await this.#deliverBatch()) this.#failures = 0
      } finally {
        await store.letGo(this.#name)
      }
      this.#failures = 0
      this.#failure = null
    } catch (error) {
      this.#failures++
      this.#failure = reasonOf(error)
    }
  }

  /** @returns whether there may be more */
  async #deliverBatch(): Promise<boolean> {
    const { store, clock } = this.#services
    const cursor = await this.#cursors.read(this.#sink)
    const { rows, position } = await batch(store, cursor.value.position)
    if (rows.every((row) => isOf(row, delivered))) return false
    try {
      await this.#sink.deliver(rows)
    } catch (error) {
      await this.#tell(cursor, reasonOf(error))
      throw error
    }
    const detail = { sink: cursor.key, records: rows.length, position }
    await store.apply({
      records: [this.#cursors.write(cursor, { position, failure: null })],
      audit: encodeSystemRecord(clock.now(), delivered, detail),
      durability: 'written',
    })
    return rows.length >= batchLength && !this.#stopped
  }

  /** Lets every process know, and the trail, that a sink has begun to fail. */
  async #tell(cursor: Stored<SinkCursor>, failure: string): Promise<void> {
    if (cursor.value.failure === failure) return
    const { store, clock } = this.#services
    await store.apply({
      records: [this.#cursors.write(cursor, { failure })],
      audit: encodeSystemRecord(clock.now(), 'AuditSinkFailed', { sink: cursor.key, failure }),
      durability: 'written',
    })
  }
}

/** The records after a position, and the position of the last of them. */
async function batch(
  store: Store,
  after: number,
): Promise<{ readonly rows: readonly FollowedRow[]; readonly position: number }> {
  const rows: FollowedRow[] = []
  for (let position = after; ; ) {
    const page = await store.auditAfter(position, pageLength)
    rows.push(...page.rows)
    position = page.cursor
    if (page.rows.length < pageLength || rows.length >= batchLength) return { rows, position }
  }
}

/** Has a sink that is new begin with what comes from now on. */
export async function beginNow({ store, barrier, clock }: DeliveryServices, sink: Sink): Promise<void> {
  const cursors = new SinkCursors(store, barrier)
  const cursor = await cursors.read(sink)
  if (cursor.version > 0) return
  const position = (await store.auditTail(1)).cursor
  const detail = { sink: cursor.key, records: 0, position }
  await store.apply({
    records: [cursors.write(cursor, { position })],
    audit: encodeSystemRecord(clock.now(), delivered, detail),
    durability: 'synced',
  })
}

/** How many records after a position are to be delivered. */
async function waiting(store: Store, after: number): Promise<number> {
  const behind = (await store.auditTail(1)).cursor - after
  if (behind > counted) return behind
  const { rows } = await store.auditAfter(after, counted)
  return rows.every((row) => isOf(row, delivered)) ? 0 : rows.length
}
