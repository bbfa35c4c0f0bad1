import { randomBytes } from 'node:crypto'
import type { Barrier } from '../../barrier/index.js'
import { isMortiseError } from '../../errors/index.js'
import type { Clock, RecordRow, RecordWrite } from '../../operation/index.js'
import type { Store } from '../../storage/index.js'
import { challengePeriod } from './challenges.js'

/** Key: 32 random bytes, hexadecimal. */
const namespace = 'open-challenge'
const keyBytes = 32
const expiresBytes = 8

/**
 * Challenges for who has not said who it is. Anybody may ask for one, so nothing is kept of it: what is given out is a sealed
 * record that only the answer puts into the store, which takes it once.
 */
export class OpenChallenges {
  readonly #store: Store
  readonly #barrier: Barrier
  readonly #clock: Clock

  constructor(store: Store, barrier: Barrier, clock: Clock) {
    this.#store = store
    this.#barrier = barrier
    this.#clock = clock
  }

  make(): { text: string; expires: number } {
    const key = randomBytes(keyBytes)
    const expires = this.#clock.now() + challengePeriod
    const { value } = this.#barrier.sealRecord(identityOf(key, expires), Buffer.alloc(0))
    const time = Buffer.alloc(expiresBytes)
    time.writeBigUInt64BE(BigInt(expires))
    return { text: Buffer.concat([key, time, value]).toString('base64url'), expires }
  }

  /** The row that uses a challenge up; undefined for one that was used, has expired or is none. */
  async spend(text: string): Promise<RecordWrite | undefined> {
    const row = this.#parse(Buffer.from(text, 'base64url'))
    if (!row || (await this.#store.record(namespace, row.key))) return undefined
    return { row }
  }

  #parse(bytes: Buffer): RecordRow | undefined {
    const head = keyBytes + expiresBytes
    if (bytes.length <= head) return undefined
    const expires = Number(bytes.readBigUInt64BE(keyBytes))
    if (!Number.isSafeInteger(expires) || expires <= this.#clock.now()) return undefined
    const row = { ...identityOf(bytes.subarray(0, keyBytes), expires), value: bytes.subarray(head) }
    try {
      this.#barrier.openRecord(row)
    } catch (error) {
      if (isMortiseError(error, 'MORTISE_BARRIER_INTEGRITY')) return undefined
      throw error
    }
    return row
  }
}

function identityOf(key: Uint8Array, expires: number): Omit<RecordRow, 'value'> {
  return { namespace, key: Buffer.from(key).toString('hex'), version: 1, expires, index: {} }
}
