import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import { type Clock, encodeSystemRecord, type ManagedObject, type RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'

const namespace = 'usage'

/** Random 96-bit IVs of one AES-GCM key (SP 800-38D section 8.3): with more, two could be equal. */
const randomIvLimit = 2 ** 32

/** How many uses a lease reserves at once. What is left of them when a process dies counts as used. */
const leaseBlock = { randomIv: 2 ** 20, lease: 2 ** 26 } as const

/** Single encryptions reserve few at first and twice as many each time, so that short processes waste little. */
const firstBlock = 2 ** 10
const largestBlock = 2 ** 20

/** A process reserves this part of what is left of the usage limits at once, so that a crash costs no more of them. */
const limitedPart = 64

/** What is counted of a key, as it stands in the store. */
interface Reserved {
  /** AES-GCM encryptions with a random IV. */
  randomIv: number
  /** Uses through leases. */
  lease: number
  /** What was taken of the usage limits, in their unit. */
  protected?: number
}

/** What a lease counts its uses against. */
export interface LeaseCounter {
  readonly kind: 'randomIv' | 'lease'
  /** Whether its uses count against the usage limits of the key. */
  readonly limited: boolean
}

/** What this process may still use of what it has reserved. */
interface Block {
  left: number
  readonly size: number
}

/**
 * Counts uses of keys in blocks that are on disk before the first use of them: a crash counts too many, never too few.
 */
export class UsageBlocks {
  readonly #store: Store
  readonly #barrier: Barrier
  readonly #clock: Clock
  readonly #records: RecordReader<Reserved>
  readonly #randomIvs = new Map<string, Block>()
  readonly #limited = new Map<string, Block & { readonly object: ManagedObject }>()
  readonly #reserving = new Map<string, Promise<void>>()

  constructor(store: Store, barrier: Barrier, clock: Clock) {
    this.#store = store
    this.#barrier = barrier
    this.#clock = clock
    this.#records = new RecordReader(store, barrier, namespace)
  }

  /**
   * Takes one encryption with a random IV.
   *
   * @throws MORTISE_CRYPTO_LIMIT_REACHED when the key has made all that it safely can
   */
  async takeRandomIv(object: ManagedObject): Promise<void> {
    for (;;) {
      const block = this.#randomIvs.get(object.id)
      if (block && block.left > 0) {
        block.left--
        return
      }
      await this.#once(`randomIv ${object.id}`, () => this.#reserveRandomIvs(object))
    }
  }

  /**
   * Takes so much of the usage limits of a key, in their unit.
   *
   * @throws MORTISE_KEY_USAGE_LIMIT when it is more than is left
   */
  async takeLimited(object: ManagedObject, amount: number): Promise<void> {
    for (;;) {
      const block = this.#limited.get(object.id)
      if (block && block.left >= amount) {
        block.left -= amount
        return
      }
      await this.#once(`limited ${object.id}`, () => this.#reserveLimited(object, amount))
    }
  }

  /** Gives back what was taken in this process for something that was not done then. */
  giveBack(object: string, amount: number): void {
    const block = this.#limited.get(object)
    if (block) block.left += amount
  }

  /** How much of the usage limits was taken or reserved so far, in their unit. */
  async protected(object: ManagedObject): Promise<number> {
    return (await this.#read(object.id)).reserved.protected ?? 0
  }

  /**
   * How many uses a lease on a key reserves at once.
   *
   * @throws MORTISE_KEY_USAGE_LIMIT when none are left, or the limits count bytes, which leases do not
   */
  async leaseBlock(object: ManagedObject, { kind, limited }: LeaseCounter): Promise<number> {
    const limits = object.values.usageLimits
    if (!limits || !limited) return leaseBlock[kind]
    if (limits.unit === 'Byte') {
      throw new MortiseError(
        'MORTISE_KEY_USAGE_LIMIT',
        'the usage limits of the key are in bytes, which a lease does not count: use single operations',
        { details: { object: object.id } },
      )
    }
    const left = limits.total - (await this.protected(object))
    if (left < 1) throw exhausted(object)
    return Math.min(leaseBlock[kind], Math.ceil(left / limitedPart))
  }

  /**
   * The row that reserves `uses` more of a key, to be written with the Change that hands them out; fewer, where `uses` is
   * negative, with the one that gives them back.
   *
   * @throws MORTISE_CRYPTO_LIMIT_REACHED, MORTISE_KEY_USAGE_LIMIT
   */
  async reserve(object: ManagedObject, { kind, limited }: LeaseCounter, uses: number): Promise<RecordWrite> {
    return this.#write(object, (reserved) => ({
      ...reserved,
      [kind]: reserved[kind] + uses,
      ...(limited && object.values.usageLimits && { protected: (reserved.protected ?? 0) + uses }),
    }))
  }

  /**
   * The row that takes so much of the usage limits for a client that counts for itself.
   *
   * @throws MORTISE_KEY_USAGE_LIMIT
   */
  async allocate(object: ManagedObject, amount: number): Promise<RecordWrite> {
    return this.#write(object, (reserved) => ({ ...reserved, protected: (reserved.protected ?? 0) + amount }))
  }

  /** Gives back what this process has reserved of usage limits and did not use. */
  async close(): Promise<void> {
    for (const [id, { object, left }] of this.#limited) {
      this.#limited.delete(id)
      if (left > 0)
        await this.#apply(
          object,
          'UsageReturned',
          () => ({ protected: -left }),
          () => this.allocate(object, -left),
        )
    }
  }

  async #reserveRandomIvs(object: ManagedObject): Promise<void> {
    const size = Math.min(2 * (this.#randomIvs.get(object.id)?.size ?? firstBlock / 2), largestBlock)
    const counter = { kind: 'randomIv', limited: false } as const
    await this.#apply(
      object,
      'UsageReserved',
      () => ({ randomIvs: size }),
      () => this.reserve(object, counter, size),
    )
    this.#randomIvs.set(object.id, { left: size, size })
  }

  async #reserveLimited(object: ManagedObject, amount: number): Promise<void> {
    const kept = this.#limited.get(object.id)?.left ?? 0
    const total = object.values.usageLimits?.total ?? 0
    const needed = amount - kept
    let size = needed
    await this.#apply(
      object,
      'UsageReserved',
      () => ({ protected: size }),
      async () => {
        const left = total - (await this.protected(object))
        size = Math.max(needed, Math.min(Math.floor(left / limitedPart), largestBlock))
        return this.allocate(object, size)
      },
    )
    const left = (this.#limited.get(object.id)?.left ?? 0) + size
    this.#limited.set(object.id, { left, size, object })
  }

  /** What several ask for at the same time is reserved once. */
  async #once(key: string, reserve: () => Promise<void>): Promise<void> {
    let reserving = this.#reserving.get(key)
    if (!reserving) {
      reserving = reserve().finally(() => this.#reserving.delete(key))
      this.#reserving.set(key, reserving)
    }
    await reserving
  }

  async #apply(
    { id }: ManagedObject,
    operation: string,
    detail: () => Readonly<Record<string, number>>,
    write: () => Promise<RecordWrite>,
  ): Promise<void> {
    for (;;) {
      const records = [await write()]
      const audit = encodeSystemRecord(this.#clock.now(), operation, detail(), id)
      try {
        await this.#store.apply({ records, audit, durability: 'synced' })
        return
      } catch (error) {
        if (!isMortiseError(error, 'MORTISE_STORAGE_CONFLICT')) throw error
      }
    }
  }

  async #read(key: string): Promise<{ readonly reserved: Reserved; readonly version: number }> {
    const stored = await this.#records.read(key)
    return stored
      ? { reserved: stored.value, version: stored.version }
      : { reserved: { randomIv: 0, lease: 0 }, version: 0 }
  }

  async #write(object: ManagedObject, change: (reserved: Reserved) => Reserved): Promise<RecordWrite> {
    const { reserved: before, version } = await this.#read(object.id)
    const reserved = change(before)
    if (reserved.randomIv > Math.max(before.randomIv, randomIvLimit)) {
      throw new MortiseError('MORTISE_CRYPTO_LIMIT_REACHED', undefined, { details: { object: object.id } })
    }
    const total = object.values.usageLimits?.total ?? Number.POSITIVE_INFINITY
    if ((reserved.protected ?? 0) > Math.max(before.protected ?? 0, total)) throw exhausted(object)
    const identity = { namespace, key: object.id, version: version + 1, expires: null, index: {} }
    return writeRecord(this.#barrier, identity, reserved)
  }
}

function exhausted(object: ManagedObject): MortiseError {
  return new MortiseError('MORTISE_KEY_USAGE_LIMIT', undefined, { details: { object: object.id } })
}
