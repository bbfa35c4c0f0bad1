import { randomBytes } from 'node:crypto'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../../barrier/index.js'
import type { Clock, RecordWrite } from '../../operation/index.js'
import type { Store } from '../../storage/index.js'
import type { Proof } from '../login.js'

/** Key: the challenge. */
const namespace = 'factor-challenge'
/** Milliseconds that a challenge can be answered in. */
export const challengePeriod = 5 * 60_000
/** Wrong answers after which a challenge is gone. */
const tries = 5

/** 32 random bytes, base64url: what proves that the password was known, and what a passkey signs. */
const form = /^[A-Za-z0-9_-]{43}$/

/** What was proved before a second factor is asked for. */
export type ProvedBefore = Proof & Required<Pick<Proof, 'factors'>>

/** What a factor is proved for: to come in, after what was proved already; or again, of the session that is to remember it, if any. */
export type FactorPurpose =
  | { readonly kind: 'login'; readonly proof: ProvedBefore }
  | { readonly kind: 'step-up'; readonly session: string | null }

/** What somebody was asked to prove. */
export interface Challenge {
  /** Principal id. */
  readonly principal: string
  readonly purpose: FactorPurpose | { readonly kind: 'enrolment' }
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
