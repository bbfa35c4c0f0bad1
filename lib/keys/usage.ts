import type { Barrier } from '../barrier/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import { type Clock, encodeSystemRecord, type ManagedObject, type RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'

const namespace = 'usage'
const format = 1

/** Random 96-bit IVs of one AES-GCM key (SP 800-38D section 8.3): with more, two could be equal. */
const randomIvLimit = 2 ** 32

/** How many uses a lease reserves at once. What is left of them when a process dies counts as used. */
export const leaseBlock = { randomIv: 2 ** 20, lease: 2 ** 26 } as const

/** Single encryptions reserve few at first and twice as many each time, so that short processes waste little. */
const firstBlock = 2 ** 10
const largestBlock = 2 ** 20

/** What is counted of a key, as it stands in the store. */
interface Reserved {
  /** AES-GCM encryptions with a random IV. */
  randomIv: number
  /** Uses through leases. */
  lease: number
}

/**
 * Counts uses of keys in blocks that are on disk before the first use of them: a crash counts too many, never too few.
 */
export class UsageBlocks {
  readonly #store: Store
  readonly #barrier: Barrier
  readonly #clock: Clock
  readonly #blocks = new Map<string, { left: number; size: number }>()
  readonly #reserving = new Map<string, Promise<void>>()

  constructor(store: Store, barrier: Barrier, clock: Clock) {
    this.#store = store
    this.#barrier = barrier
    this.#clock = clock
  }

  /**
   * Takes one encryption with a random IV.
   *
   * @throws MORTISE_CRYPTO_LIMIT_REACHED when the key has made all that it safely can
   */
  async takeRandomIv(object: ManagedObject): Promise<void> {
    for (;;) {
      const block = this.#blocks.get(object.id)
      if (block && block.left > 0) {
        block.left--
        return
      }
      let reserving = this.#reserving.get(object.id)
      if (!reserving) {
        reserving = this.#reserveRandomIvs(object).finally(() => this.#reserving.delete(object.id))
        this.#reserving.set(object.id, reserving)
      }
      await reserving
    }
  }

  /**
   * The row that reserves `uses` more of a key, to be written with the Change that hands them out; fewer, where `uses` is
   * negative, with the one that gives them back.
   *
   * @throws MORTISE_CRYPTO_LIMIT_REACHED
   */
  async reserve(object: ManagedObject, kind: keyof Reserved, uses: number): Promise<RecordWrite> {
    const row = await this.#store.record(namespace, object.id)
    const reserved: Reserved = row
      ? JSON.parse(this.#barrier.openRecord(row).toString('utf8', 1))
      : { randomIv: 0, lease: 0 }
    reserved[kind] += uses
    if (uses > 0 && reserved.randomIv > randomIvLimit) {
      throw new MortiseError('MORTISE_CRYPTO_LIMIT_REACHED', undefined, { details: { object: object.id } })
    }
    const identity = { namespace, key: object.id, version: (row?.version ?? 0) + 1, expires: null, index: {} }
    const value = Buffer.concat([Buffer.of(format), Buffer.from(JSON.stringify(reserved))])
    return { row: this.#barrier.sealRecord(identity, value) }
  }

  async #reserveRandomIvs(object: ManagedObject): Promise<void> {
    const size = Math.min(2 * (this.#blocks.get(object.id)?.size ?? firstBlock / 2), largestBlock)
    for (;;) {
      const write = await this.reserve(object, 'randomIv', size)
      const audit = encodeSystemRecord(this.#clock.now(), 'UsageReserved', { randomIvs: size }, object.id)
      try {
        await this.#store.apply({ records: [write], audit, durability: 'synced' })
        this.#blocks.set(object.id, { left: size, size })
        return
      } catch (error) {
        if (!isMortiseError(error, 'MORTISE_STORAGE_CONFLICT')) throw error
      }
    }
  }
}
