import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { isMortiseError } from '../errors/index.js'
import type { AuditDetail, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'

const namespace = 'job'

/** What is done to an object when a date comes. */
export const jobKinds = ['destroy', 'rotate', 'crl', 'ocsp', 'token'] as const
export type JobKind = (typeof jobKinds)[number]

/**
 * Something to do to an object when a date comes. The object says what is to become of it (its attributes are
 * authenticated with it); a job makes sure that it is done, and is consumed by the Change that does it. What is put back
 * into the store after that finds an object that does not ask for it.
 */
export interface Job {
  readonly kind: JobKind
  /** Object id. */
  readonly object: string
  /** When it falls due, milliseconds since 1970. */
  readonly due: number
  /** When to try, which a failure puts off: milliseconds since 1970. */
  readonly at: number
  /** Principal id of whoever asked for it. */
  readonly setBy: string
  /** How often it failed. */
  readonly failures: number
  /** Code of the last error. */
  readonly code: string | null
}

/** A job in the store. */
export interface StoredJob extends Job {
  /** Rises with `at`. */
  readonly key: string
}

/** A job that is written for the first time. */
export function newJob(kind: JobKind, object: string, due: number, setBy: string): Job {
  return { kind, object, due, at: due, setBy, failures: 0, code: null }
}

/** What the audit record says of whatever a job does. */
export function originOf(job: Job): AuditDetail {
  return { job: job.kind, due: new Date(job.due).toISOString(), setBy: job.setBy }
}

/** Jobs are sealed records whose keys begin with the time, so that the first one in order is the next. */
export class Jobs {
  readonly #store: Store
  readonly #barrier: Barrier
  readonly #records: RecordReader<Job>

  constructor(store: Store, barrier: Barrier) {
    this.#store = store
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  async read(key: string): Promise<StoredJob | undefined> {
    const stored = await this.#records.read(key)
    return stored && { ...stored.value, key }
  }

  /** Consumes what is scheduled of one kind on an object. @throws MORTISE_BARRIER_INTEGRITY */
  async removals(object: string, kind: JobKind): Promise<RecordWrite[]> {
    const page = await this.#records.page(100, undefined, { field: 'object', value: object })
    return page
      .filter(({ value }) => value.object === object && value.kind === kind)
      .map((job) => this.remove(job))
  }

  /** The next ones in order, those that somebody has damaged left out. */
  async page(limit: number, after?: string): Promise<StoredJob[]> {
    const rows = await this.#store.records(namespace, { limit, ...(after !== undefined && { after }) })
    return rows.flatMap((row) => {
      try {
        const { key, value } = this.#records.open(row)
        return [{ ...value, key }]
      } catch (error) {
        if (isMortiseError(error, 'MORTISE_BARRIER_INTEGRITY')) return []
        throw error
      }
    })
  }

  /** How many are to be tried by now, up to `limit`. */
  async waiting(now: number, limit: number): Promise<number> {
    const rows = await this.#store.records(namespace, { limit })
    return rows.filter(({ key }) => key < timeKey(now + 1)).length
  }

  /** How many have failed and wait for another attempt, up to `limit`. */
  async failing(limit: number): Promise<number> {
    const where = { field: 'failing', value: 'yes' }
    return (await this.#store.records(namespace, { where, limit })).length
  }

  write(job: Job): RecordWrite {
    const { kind, object, due, at, setBy, failures, code } = job
    const index: Record<string, string> = { object, ...(failures > 0 && { failing: 'yes' }) }
    const identity = { namespace, key: keyOf(job), version: 1, expires: null, index }
    return writeRecord(this.#barrier, identity, { kind, object, due, at, setBy, failures, code })
  }

  /** Consumes a job: of several Changes that do so, one is applied. */
  remove({ key }: Pick<StoredJob, 'key'>): RecordWrite {
    return { remove: { namespace, key } }
  }
}

function keyOf({ at, kind, object }: Job): string {
  return `${timeKey(at)}.${kind}.${object}`
}

/** 16 digits hold every date that there is. */
function timeKey(milliseconds: number): string {
  return String(milliseconds).padStart(16, '0')
}
