import { randomBytes } from 'node:crypto'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../../barrier/index.js'
import type { Clock, RecordWrite } from '../../operation/index.js'
import type { Store } from '../../storage/index.js'

/** Key: the challenge. */
const namespace = 'factor-challenge'
/** Milliseconds that a challenge can be answered in. */
export const challengePeriod = 5 * 60_000
/** Wrong answers after which a challenge is gone. */
const tries = 5

/** 32 random bytes, base64url: what proves that the password was known, and what a passkey signs. */
const form = /^[A-Za-z0-9_-]{43}$/

/** What somebody was asked to prove. */
export interface Challenge {
  /** To prove a factor, or to enrol a passkey. */
  readonly purpose: 'factor' | 'enrolment'
  /** Principal id. */
  readonly principal: string
  /** Id of the login token that is to remember the answer; null at a login. */
  readonly token: string | null
}

export interface StoredChallenge extends Challenge {
  readonly expires: number
  /** How many answers were wrong. */
  readonly failed: number
}

/** Challenges that wait for their answer: records, so that whichever process is asked can take it, and only one does. */
export class Challenges {
  readonly #barrier: Barrier
  readonly #clock: Clock
  readonly #records: RecordReader<StoredChallenge>

  constructor(store: Store, barrier: Barrier, clock: Clock) {
    this.#barrier = barrier
    this.#clock = clock
    this.#records = new RecordReader(store, barrier, namespace)
  }

  make(challenge: Challenge): { text: string; expires: number; row: RecordWrite } {
    const text = randomBytes(32).toString('base64url')
    const expires = this.#clock.now() + challengePeriod
    return { text, expires, row: this.#write(text, { ...challenge, expires, failed: 0 }, 1) }
  }

  /** Undefined for one that was answered, failed too often, has expired or never was. */
  async read(text: string): Promise<Stored<StoredChallenge> | undefined> {
    return form.test(text) ? await this.#records.read(text) : undefined
  }

  /** The row that uses a challenge up. */
  spend({ key, version }: Stored<StoredChallenge>): RecordWrite {
    return { remove: { namespace, key, version } }
  }

  /** The row that counts a wrong answer: of many at once each is counted, since each expects the version before. */
  fail(stored: Stored<StoredChallenge>): RecordWrite {
    const failed = stored.value.failed + 1
    if (failed >= tries) return this.spend(stored)
    return this.#write(stored.key, { ...stored.value, failed }, stored.version + 1)
  }

  #write(key: string, value: StoredChallenge, version: number): RecordWrite {
    const { expires } = value
    return writeRecord(this.#barrier, { namespace, key, version, expires, index: {} }, value)
  }
}
