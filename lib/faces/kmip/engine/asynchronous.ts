import { randomBytes } from 'node:crypto'
import { native, TtlvDecoder, type TtlvMessage, TtlvWriter } from '../../../native/index.js'
import { enumeration, Tag } from '../tables/index.js'
import type { Version } from '../version.js'
import { type Failure, failureOf, refuse } from './refusal.js'

const ResultStatus = enumeration('ResultStatus')

/** So many requests of one client and of all, and bytes of what they have come to, for so many milliseconds. */
const mostOfOwner = 100
const mostOfAll = 1000
const mostBytes = 64 * 2 ** 20
const lifetime = 600_000
/** Milliseconds before one begins, in which it can be canceled, unless somebody asks for it. */
const delay = 1000
/** Milliseconds that Poll waits for one. */
const patience = 2000

/** What became of an item. */
interface Outcome {
  readonly status: number
  readonly failure?: Failure | undefined
}

/** The same with what it answers. */
interface Done extends Outcome {
  readonly answer?: { write?(writer: TtlvWriter): void; readonly secret?: Buffer }
}

/** The same, as Poll answers it. */
interface Polled extends Outcome {
  readonly operation: number
  readonly payload: TtlvMessage | undefined
}

/** An item that is done later. */
export interface Later {
  readonly correlation: Buffer
  readonly operation: number
  /** Microseconds since 1970. */
  readonly submitted: bigint
  readonly stage: 'Submitted' | 'InProcess' | 'Completed'
}

interface Entry {
  readonly owner: string
  readonly correlation: Buffer
  readonly operation: number
  readonly submitted: bigint
  readonly place: number
  readonly job: Job
  isCanceled: boolean
  isObtained: boolean
  isProcessed: boolean
  outcome?: Outcome
  /** The Response Payload, encoded. */
  payload?: Buffer
}

/** @param isCanceled whether the item at a place is not wanted any more */
type Work = (isCanceled: (place: number) => boolean) => Promise<readonly Done[]>

/** The items of one message, which run one after the other. */
interface Job {
  readonly entries: Entry[]
  readonly version: Version
  readonly until: number
  readonly work: Work
  stage: Later['stage']
  timer?: NodeJS.Timeout
  done?: Promise<void>
}

export type Cancellation = 'Canceled' | 'UnableToCancel' | 'Completed' | 'Failed' | 'Unavailable'

/**
 * Requests that are answered later (KMIP 2.1 sections 9.1 and 9.2), and what they have come to, in memory: whoever asks has been
 * decided on already, and secrets among the answers are nowhere else. All of it is lost with the process.
 */
export class AsynchronousRequests {
  readonly #entries = new Map<string, Entry>()
  readonly #writer = new TtlvWriter(native)
  readonly #decoder = new TtlvDecoder(native, { largestMessage: mostBytes })
  #bytes = 0

  /** A copy of a message, which does not keep the memory that it came in. */
  keep(message: TtlvMessage): TtlvMessage {
    return this.#decoder.decode(this.#writer.message((writer) => writer.copy(message, message.root)))
  }

  /**
   * @param owner whoever may ask for it
   * @param operations of the items
   * @param work runs them; called later
   * @throws ServerLimitExceeded
   */
  submit(owner: string, version: Version, operations: readonly number[], work: Work): readonly Buffer[] {
    this.#forgetOld()
    const own = [...this.#entries.values()].filter((entry) => entry.owner === owner).length
    if (own + operations.length > mostOfOwner || this.#entries.size + operations.length > mostOfAll)
      throw refuse('ServerLimitExceeded', `${mostOfOwner} requests may wait for an answer: poll some first`)
    const until = performance.now() + lifetime
    const job: Job = { entries: [], version, until, work, stage: 'Submitted' }
    const submitted = BigInt(Date.now()) * 1000n
    for (const [place, operation] of operations.entries()) {
      const correlation = randomBytes(16)
      const said = { owner, correlation, operation, submitted, place, job }
      const entry = { ...said, isCanceled: false, isObtained: false, isProcessed: false }
      job.entries.push(entry)
      this.#entries.set(keyOf(entry), entry)
    }
    job.timer = setTimeout(() => this.#begin(job).catch(() => undefined), delay).unref()
    return job.entries.map(({ correlation }) => correlation)
  }

  /** What one has come to; undefined while it has not. @throws InvalidAsynchronousCorrelationValue */
  async poll(correlation: Buffer, owner: string): Promise<Polled | undefined> {
    const entry = this.#find(correlation, owner) ?? unknown()
    if (!entry.isCanceled) {
      const done = this.#begin(entry.job)
      if (entry.isProcessed) await done
      else await within(done, patience)
    }
    const { outcome, payload, operation } = entry
    if (!outcome) return undefined
    entry.isObtained = true
    return { ...outcome, operation, payload: payload && this.#decoder.decode(Buffer.from(payload)) }
  }

  cancel(correlation: Buffer, owner: string): Cancellation {
    const entry = this.#find(correlation, owner)
    if (!entry) return 'Unavailable'
    if (entry.outcome && !entry.isCanceled)
      return entry.outcome.status === ResultStatus.Success ? 'Completed' : 'Failed'
    if (entry.job.stage !== 'Submitted') return entry.isCanceled ? 'Canceled' : 'UnableToCancel'
    entry.isCanceled = true
    entry.outcome = failed(entry, 'OperationCanceledByRequester', 'the request was canceled')
    return 'Canceled'
  }

  /** Sees to it that the next poll does not find it pending. @throws InvalidAsynchronousCorrelationValue, DuplicateProcessRequest */
  process(correlation: Buffer, owner: string): void {
    const entry = this.#find(correlation, owner) ?? unknown()
    if (entry.isProcessed || entry.outcome)
      throw refuse('DuplicateProcessRequest', 'the request is being processed, or has been')
    entry.isProcessed = true
    this.#begin(entry.job).catch(() => undefined)
  }

  /** Those whose results have not been obtained. */
  list(owner: string): readonly Later[] {
    this.#forgetOld()
    return [...this.#entries.values()]
      .filter((entry) => entry.owner === owner && !entry.isObtained && !entry.isCanceled)
      .map(({ job: { stage }, ...entry }) => ({ ...entry, stage }))
  }

  #begin(job: Job): Promise<void> {
    clearTimeout(job.timer)
    job.done ??= this.#run(job)
    return job.done
  }

  async #run(job: Job): Promise<void> {
    const { entries } = job
    if (entries.every(({ isCanceled }) => isCanceled)) return
    job.stage = 'InProcess'
    const results = await job.work((place) => entries[place]?.isCanceled ?? false)
    for (const entry of entries) this.#keep(entry, results[entry.place])
    job.stage = 'Completed'
  }

  #keep(entry: Entry, done: Done | undefined): void {
    if (!done) {
      entry.outcome = failed(entry, 'GeneralFailure', 'it was not begun, because one before it had failed')
      return
    }
    const { status, failure, answer } = done
    entry.outcome = { status, failure }
    if (failure || !answer) return
    const payload = this.#writer.message((writer) => {
      writer.begin(Tag.ResponsePayload)
      answer.write?.(writer)
      writer.end()
    })
    answer.secret?.fill(0)
    if (this.#bytes + payload.length <= mostBytes && this.#entries.has(keyOf(entry))) {
      entry.payload = payload
      this.#bytes += payload.length
      return
    }
    payload.fill(0)
    entry.outcome = failed(entry, 'ServerLimitExceeded', 'it was done, and there is no room for the answer')
  }

  #find(correlation: Buffer, owner: string): Entry | undefined {
    this.#forgetOld()
    const entry = this.#entries.get(keyOf({ correlation }))
    return entry?.owner === owner ? entry : undefined
  }

  #forgetOld(): void {
    const now = performance.now()
    for (const [key, { job, payload }] of this.#entries) {
      if (job.until > now) return
      this.#entries.delete(key)
      this.#bytes -= payload?.length ?? 0
      payload?.fill(0)
    }
  }
}

function keyOf({ correlation }: Pick<Entry, 'correlation'>): string {
  return correlation.toString('hex')
}

function failed({ job }: Entry, reason: Parameters<typeof refuse>[0], message: string): Outcome {
  const failure = failureOf(refuse(reason, message), job.version)
  return { status: ResultStatus.OperationFailed, failure }
}

function unknown(): never {
  throw refuse('InvalidAsynchronousCorrelationValue', 'no request of yours has this value, or not any more')
}

/** Waits for something, and no longer than so many milliseconds. */
async function within(done: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([done, tooLong])
  clearTimeout(timer)
}
