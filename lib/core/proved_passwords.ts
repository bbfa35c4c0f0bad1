import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Proof } from '../access/index.js'

/** Milliseconds after which a password is stretched again, so that its age is looked at and the login recorded. */
const longest = 3_600_000

/** What a password has proved. */
export interface ProvedPassword {
  readonly proof: Proof
  /** Which password of the principal it was. */
  readonly version: number
}

interface Kept extends ProvedPassword {
  readonly digest: Buffer
  readonly until: number
}

/**
 * The last password that each connection has proved, as a digest with a key of this process: a client that sends it with every message is
 * not made to wait for argon2id each time. Gone with the connection.
 */
export class ProvedPasswords {
  readonly #key = randomBytes(32)
  readonly #kept = new WeakMap<object, Kept>()

  keep(connection: object, credentials: object, proved: ProvedPassword): void {
    const until = performance.now() + longest
    this.#kept.set(connection, { ...proved, digest: this.#digest(credentials), until })
  }

  find(connection: object, credentials: object): ProvedPassword | undefined {
    const kept = this.#kept.get(connection)
    if (!kept || performance.now() > kept.until) return undefined
    return timingSafeEqual(kept.digest, this.#digest(credentials)) ? kept : undefined
  }

  #digest(credentials: object): Buffer {
    return createHmac('sha256', this.#key).update(JSON.stringify(credentials)).digest()
  }
}
