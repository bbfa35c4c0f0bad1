import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { Clock, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Cache } from './cache.js'
import { localAccount } from './connections.js'

/** Key: name of the connection, `|`, what it calls somebody. The store refuses a second record of a key. */
const namespace = 'identity'
const cachedIdentities = 10_000
const longestSubject = 1024
const unseen = /[\p{Cc}\p{Cs}]/u

/** Somebody outside, and the principal that it is here. A principal may have many. */
export interface Identity {
  readonly connection: string
  /** What the connection calls somebody for ever. */
  readonly subject: string
  /** Principal id. */
  readonly principal: string
  /** Milliseconds since 1970. */
  readonly linked: number
}

/** What an identity is found by. */
export type IdentityKey = Pick<Identity, 'connection' | 'subject'>

/** `connection|subject`: how an identity stands in texts. */
export function identityText({ connection, subject }: IdentityKey): string {
  return `${connection}|${subject}`
}

/** Whether a connection may call somebody so. */
export function isSubject(given: unknown): given is string {
  return typeof given === 'string' && given !== '' && given.length <= longestSubject && !unseen.test(given)
}

/** Which outside identities belong to whom. */
export class Identities {
  readonly #barrier: Barrier
  readonly #clock: Clock
  readonly #records: RecordReader<Identity>
  readonly #cache: Cache<Identity>

  constructor(store: Store, barrier: Barrier, clock: Clock) {
    this.#barrier = barrier
    this.#clock = clock
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(cachedIdentities, async (text) => (await this.#records.read(text))?.value)
  }

  /**
   * The id of the principal that somebody is, from memory where it is known. In `local_account` everybody has its principal
   * id.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async principalOf(connection: string, subject: string): Promise<string | undefined> {
    if (connection === localAccount.name) return subject
    return (await this.#cache.get(identityText({ connection, subject })))?.principal
  }

  /** The same of what is in memory. */
  knownPrincipalOf(connection: string, subject: string): string | undefined {
    return this.#cache.known(identityText({ connection, subject }))?.principal
  }

  /**
   * As the store has it now: for whoever is about to change it.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  read(identity: IdentityKey): Promise<Stored<Identity> | undefined> {
    return this.#records.read(identityText(identity))
  }

  /** A page of those of a principal, in the order of their texts, after the text `after`. */
  async of(principal: string, limit: number, after: string | undefined): Promise<Identity[]> {
    const page = await this.#records.page(limit, after, { field: 'principal', value: principal })
    return page.map(({ value }) => value)
  }

  /** Every one of a principal, or of a connection. */
  async *all(field: 'principal' | 'connection', value: string): AsyncGenerator<Identity> {
    for await (const stored of this.#records.all({ field, value })) yield stored.value
  }

  /** @throws MORTISE_INPUT_INVALID for a subject that cannot be */
  link({ connection, subject }: IdentityKey, principal: string): RecordWrite {
    if (!isSubject(subject)) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `a connection calls somebody by 1 to ${longestSubject} characters, none of them a control character`,
      )
    }
    const identity: Identity = { connection, subject, principal, linked: this.#clock.now() }
    const index = { principal, connection }
    const key = identityText(identity)
    return writeRecord(this.#barrier, { namespace, key, version: 1, expires: null, index }, identity)
  }

  unlink(identity: IdentityKey): RecordWrite {
    return { remove: { namespace, key: identityText(identity) } }
  }

  /** The rows that unlink everybody of a principal, or of a connection. */
  async unlinkAll(field: 'principal' | 'connection', value: string): Promise<RecordWrite[]> {
    const ends: RecordWrite[] = []
    for await (const identity of this.all(field, value)) ends.push(this.unlink(identity))
    return ends
  }

  forget(text: string): void {
    this.#cache.forget(text)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }
}
