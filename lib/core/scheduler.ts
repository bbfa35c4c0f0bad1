import { crlDue, ocspSignerDue } from '../ca/index.js'
import { isMortiseError } from '../errors/index.js'
import { destroyDue, type JobKind, removeFromToken, rotateDue, type StoredJob } from '../keys/index.js'
import { AlreadyDone, encodeSystemRecord, type ObjectOperation, systemClock } from '../operation/index.js'
import { systemActor } from './actor.js'
import type { Pipeline } from './pipeline.js'
import type { Services } from './services.js'

/** Milliseconds. The clock may have been set meanwhile, so that no sleep is longer. */
const longestSleep = 60_000
/** What keeps something that goes wrong at once from being tried without end. */
const shortestSleep = 1000
/** A job that has failed is put off so long, twice as long each time. */
const firstPause = 10_000
const longestPause = 3_600_000
/** Jobs that are read at a time. */
const pageSize = 100
/** What is counted is anybody's to ask for: it must not cost much. */
const countLimit = 1000

/** How the scheduler does. */
export interface JobHealth {
  /** Jobs whose time has come, but which were not tried yet: 1,000 stands for more; likewise those that fail. */
  readonly waiting: number
  /** Jobs that have failed and wait for another attempt. */
  readonly failing: number
  /** Runs of this process since it began, that succeeded and that failed. */
  readonly done: number
  readonly failed: number
}

/** What each kind of job runs, through the pipeline like everything else. */
const operations: Readonly<Record<JobKind, ObjectOperation<Services, StoredJob, unknown>>> = {
  destroy: destroyDue,
  rotate: rotateDue,
  crl: crlDue,
  ocsp: ocspSignerDue,
  token: removeFromToken,
}

/**
 * Does what falls due. Jobs are in the store: whichever process is there first runs one, and the Change that has its
 * effect consumes it, so that it has its effect once however many processes try. One timer at most, set for the next job;
 * a job that is written, here or in another process, sets it anew.
 */
export class Scheduler {
  readonly #services: Services
  readonly #pipeline: Pipeline
  readonly #after: (milliseconds: number, action: () => void) => () => void
  #cancel: () => void = () => undefined
  #running: Promise<void> | undefined
  /** Whether something has changed while jobs were run. */
  #again = false
  #stopped = false
  #done = 0
  #failed = 0

  constructor(services: Services, pipeline: Pipeline) {
    this.#services = services
    this.#pipeline = pipeline
    const { clock } = services
    this.#after = clock.after?.bind(clock) ?? systemClock.after
  }

  /** Does what is due, if anything is, and sets the timer for what comes next. */
  wake(): void {
    if (this.#stopped) return
    if (this.#running) {
      this.#again = true
      return
    }
    this.#cancel()
    // A store that cannot be used is tried again after the longest sleep.
    this.#running = this.runDue().then(
      (next) => this.#sleep(next),
      () => this.#sleep(Number.MAX_SAFE_INTEGER),
    )
  }

  /** Runs every job whose time has come, one after another. @returns when the next one comes */
  async runDue(): Promise<number> {
    for (;;) {
      const jobs = await this.#services.jobs.page(pageSize)
      for (const job of jobs) {
        if (this.#stopped || job.at > this.#services.clock.now()) return job.at
        await this.#run(job)
      }
      if (jobs.length < pageSize) return Number.MAX_SAFE_INTEGER
    }
  }

  async health(): Promise<JobHealth> {
    const { jobs, clock } = this.#services
    const waiting = await jobs.waiting(clock.now(), countLimit)
    return { waiting, failing: await jobs.failing(countLimit), done: this.#done, failed: this.#failed }
  }

  /** Ends the timer and waits for the job that is running. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#running
  }

  #sleep(next: number): void {
    this.#running = undefined
    if (this.#stopped) return
    const left = next - this.#services.clock.now()
    this.#cancel = this.#after(Math.min(Math.max(left, shortestSleep), longestSleep), () => this.wake())
    if (this.#again) {
      this.#again = false
      this.wake()
    }
  }

  async #run(job: StoredJob): Promise<void> {
    // Another process may have done it since the page was read: this asks at no cost of a key that is made in vain.
    if (!(await this.#services.jobs.read(job.key))) return
    try {
      await this.#pipeline.run(systemActor, operations[job.kind], job)
      this.#done++
    } catch (error) {
      if (error instanceof AlreadyDone) return
      this.#failed++
      await this.#putOff(job, isMortiseError(error) ? error.code : 'MORTISE_INTERNAL')
    }
  }

  async #putOff(job: StoredJob, code: string): Promise<void> {
    const { store, jobs, clock } = this.#services
    const now = clock.now()
    const at = now + Math.min(firstPause * 2 ** job.failures, longestPause)
    const later = { ...job, at, failures: job.failures + 1, code }
    const detail = { job: job.kind, failures: later.failures, code, at: new Date(at).toISOString() }
    try {
      await store.apply({
        records: [jobs.remove(job), jobs.write(later)],
        audit: encodeSystemRecord(now, 'JobPutOff', detail, job.object),
        durability: 'written',
      })
    } catch (error) {
      // Done, put off or called off meanwhile.
      if (!isMortiseError(error, 'MORTISE_STORAGE_CONFLICT')) throw error
    }
  }
}
