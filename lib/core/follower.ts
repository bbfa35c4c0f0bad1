import { forgetAll, forgetRecord } from '../access/index.js'
import { keyringNamespace } from '../barrier/index.js'
import { forgetOfCa } from '../ca/index.js'
import { isMortiseError } from '../errors/index.js'
import { forgetOfGateway } from '../gateway/index.js'
import { forgetOfKeymanager } from '../keymanager/index.js'
import { native } from '../native/index.js'
import type { Notice } from '../storage/index.js'
import type { Leases } from './leases.js'
import type { Services } from './services.js'

/** The changes table is read so often within the life of a lease, and never more milliseconds apart than these. */
const pollsPerLease = 5
const longestInterval = 1000

/**
 * Follows the changes table: forgets what others have changed, knows the grants epoch, and renews leases, which only
 * having read the table does. A process that cannot read it any more sees its leases run out.
 */
export class Follower {
  readonly #services: Services
  readonly #leases: Leases
  readonly #timer: NodeJS.Timeout
  #sequence: number
  #epoch: number
  #polling: Promise<void> | undefined
  #hearing: Promise<void> | undefined
  /** Whether something has changed since the leases were last decided again: a failure in between must not hide it. */
  #unchecked = false
  /** Called when jobs were written, moved or done. */
  onJobs: () => void = () => undefined

  private constructor(services: Services, leases: Leases, sequence: number, epoch: number) {
    this.#services = services
    this.#leases = leases
    this.#sequence = sequence
    this.#epoch = epoch
    const interval = Math.min(services.leaseMilliseconds / pollsPerLease, longestInterval)
    // A poll that fails renews nothing: the leases end by their deadline, and single operations meet the store themselves.
    this.#timer = setInterval(() => this.catchUp().catch(() => undefined), interval).unref()
  }

  static async start(services: Services, leases: Leases): Promise<Follower> {
    // Nothing is cached yet: only where the table ends is of interest.
    const { sequence, epoch } = await services.store.notices(Number.MAX_SAFE_INTEGER)
    return new Follower(services, leases, sequence, epoch)
  }

  /** The grants epoch that everything cached is of, or a later one. */
  get epoch(): number {
    return this.#epoch
  }

  /** The newest notice that was read. */
  get sequence(): number {
    return this.#sequence
  }

  /** This process has itself begun the epoch after `relied`, and has forgotten what it changed. */
  beganEpochAfter(relied: number): void {
    this.#epoch = Math.max(this.#epoch, relied + 1)
  }

  /** Reads the table now. */
  catchUp(): Promise<void> {
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = undefined
    })
    return this.#polling
  }

  /** Hears of whatever was committed before, by whichever process. Those who ask in one turn of the event loop are told by one look. */
  heard(): Promise<void> {
    if (!this.#hearing) {
      this.#hearing = this.#hear()
      setImmediate(() => {
        this.#hearing = undefined
      })
    }
    return this.#hearing
  }

  /** Reads the table now, and says whether there is anything newer than `sequence`. */
  async hasMoved(sequence: number): Promise<boolean> {
    await this.catchUp().catch(() => undefined)
    return this.#sequence !== sequence
  }

  /** Drops from memory what has changed; null: everything. */
  forget(notices: readonly Pick<Notice, 'kind' | 'key'>[] | null): void {
    const { objects, grants, providers } = this.#services
    if (notices === null) {
      objects.forgetAll()
      forgetAll(this.#services)
      forgetOfCa(this.#services, null)
      forgetOfKeymanager(this.#services, null)
      forgetOfGateway(this.#services, null)
      this.#services.faceSettings.forgetAll()
      this.#services.keyservice.forgetAll()
    }
    if (!notices || notices.some(({ kind, key }) => kind === 'record' && key.startsWith('job/')))
      this.onJobs()
    for (const { kind, key } of notices ?? []) {
      if (kind === 'object') for (const one of [objects, ...providers]) one.forget(key)
      else if (kind === 'grants') grants.forget(key)
      else {
        forgetRecord(this.#services, key)
        forgetOfCa(this.#services, key)
        forgetOfKeymanager(this.#services, key)
        forgetOfGateway(this.#services, key)
        this.#services.faceSettings.forget(key)
        this.#services.keyservice.forget(key)
      }
    }
  }

  /** Decides every open lease again, now. What fails here is done by the next poll, before it renews any lease. */
  async recheck(): Promise<void> {
    this.#unchecked = true
    await this.#leases.recheck().catch(() => undefined)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #hear(): Promise<void> {
    const { sequence } = await this.#services.store.notices(this.#sequence)
    // A reading that had begun before may have missed it.
    while (this.#sequence < sequence) await this.catchUp()
  }

  /** A process that has not got the root key any more goes on with the keyring that it has. */
  async #reloadKeyring(notices: readonly Notice[] | null): Promise<void> {
    const moved = ({ kind, key }: Notice) => kind === 'record' && key.startsWith(`${keyringNamespace}/`)
    if (notices && !notices.some(moved)) return
    try {
      await this.#services.barrier.reload()
    } catch (error) {
      if (!isMortiseError(error) || !error.code.startsWith('MORTISE_BARRIER_')) throw error
    }
  }

  async #poll(): Promise<void> {
    const asked = performance.now()
    const { sequence, epoch, notices } = await this.#services.store.notices(this.#sequence)
    await this.#reloadKeyring(notices)
    this.forget(notices)
    this.#unchecked ||= notices === null || notices.length > 0 || epoch !== this.#epoch
    this.#sequence = sequence
    this.#epoch = Math.max(this.#epoch, epoch)
    if (this.#unchecked) await this.#leases.recheck()
    this.#unchecked = false
    // The life of a lease counts from when the table was asked for, however long the rest took.
    const left = this.#services.leaseMilliseconds - (performance.now() - asked)
    native.renewLeases(this.#services.manager, Math.max(0, Math.floor(left)))
    await this.#leases.extend()
  }
}
