import { randomUUID } from 'node:crypto'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { Clock, RecordWrite } from '../operation/index.js'
import type { RecordQuery, Store } from '../storage/index.js'
import { Cache } from './cache.js'
import type { ProvedFactor } from './login.js'
import type { OAuthGrant } from './oauth_client_fields.js'
import { dateText } from './principals.js'
import type { Ticket } from './tickets.js'

/** Key: the id. */
const namespace = 'session'
const cachedSessions = 10_000
/** How much of its idle time may pass before it is written that somebody is there. */
const coarseness = 4

/** Somebody who has logged in. It owns the tokens that it is continued with: they end with it. */
export interface LoginSession {
  /** UUID. */
  readonly id: string
  /** Principal id. */
  readonly principal: string
  /** `connection|subject` that was proved. */
  readonly identity: string
  /** What was proved last by each method, in order. */
  readonly factors: readonly ProvedFactor[]
  /** What whoever made it calls it. */
  readonly label: string
  /** Id of the OAuth client that it was made through, or null. */
  readonly client: string | null
  /** Of one that a client got by a grant of OAuth: it is nobody's login, and proves no factor. */
  readonly grant?: OAuthGrant
  /** Principal id of the client that got it for somebody else, and with which it ends. */
  readonly through?: string
  /** Of such a one, what was granted, with blanks between, and `aud` of its tokens. */
  readonly scope?: string
  readonly audience?: string
  /** Ids of the sessions of the token that it was got for (RFC 8693), none of which it outlives. */
  readonly parents?: readonly string[]
  /** Thumbprint of the TLS client's certificate that its tokens are good with alone (RFC 8705 section 3), or null for any. */
  readonly certificate: string | null
  /** Id of the API token, or of the secret of a client, that it was got with and ends with. Undefined for every other one. */
  readonly token?: string
  /** Of one that is continued by a ticket, which no other token is good for. */
  readonly ticket?: Ticket
  /** Milliseconds since 1970. */
  readonly created: number
  /** When it ends, however much it is used. */
  readonly ends: number
  /** Milliseconds without use after which it ends, or null. */
  readonly idle: number | null
  /** Not much later it was used last: within a quarter of `idle`. */
  readonly lastUsed: number
}

export type NewSession = Pick<LoginSession, 'principal' | 'identity' | 'factors'> &
  Partial<
    Pick<
      LoginSession,
      | 'label'
      | 'client'
      | 'grant'
      | 'through'
      | 'scope'
      | 'audience'
      | 'parents'
      | 'token'
      | 'ticket'
      | 'idle'
      | 'certificate'
    >
  > & {
    /** Milliseconds that it lasts at most. */
    readonly lifetime: number
  }

/** A session in memory. */
interface KnownSession {
  readonly session: LoginSession
  readonly version: number
  /** Here, to the millisecond. */
  lastUsed: number
  /** Whether that it was used is being written. */
  writing: boolean
}

/** Who is logged in. */
export class Sessions {
  readonly #barrier: Barrier
  readonly #clock: Clock
  readonly #records: RecordReader<LoginSession>
  readonly #cache: Cache<KnownSession>
  /** Called when it should be written that a session is in use: the row that says so. */
  onUse: (session: LoginSession, row: RecordWrite) => Promise<void> = async () => undefined

  constructor(store: Store, barrier: Barrier, clock: Clock) {
    this.#barrier = barrier
    this.#clock = clock
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(cachedSessions, (id) => this.#load(id))
  }

  /** Notes that a session is used, and says whether it still is one: what another process knows of it counts as well. */
  async use(id: string): Promise<LoginSession | undefined> {
    const known = await this.#cache.get(id)
    if (!known) return undefined
    if (this.#use(known)) return known.session
    // Used elsewhere, perhaps.
    this.#cache.forget(id)
    const again = await this.#cache.get(id)
    return again && this.#use(again) ? again.session : undefined
  }

  /** The same from memory alone; undefined when it takes more, or has ended. */
  useKnown(id: string): LoginSession | undefined {
    const known = this.#cache.known(id)
    return known && this.#use(known) ? known.session : undefined
  }

  /** @throws MORTISE_INPUT_INVALID */
  create(input: NewSession): { session: LoginSession; row: RecordWrite } {
    const { principal, identity, factors, label = '', client = null, token, idle = null, lifetime } = input
    const { certificate = null, grant, through, scope, audience, parents, ticket } = input
    if (label.length > 255) {
      throw new MortiseError('MORTISE_INPUT_INVALID', 'the label of a session has at most 255 characters')
    }
    for (const time of [lifetime, ...(idle === null ? [] : [idle])]) {
      if (Number.isSafeInteger(time) && time > 0) continue
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'a session lasts, and may be idle, a number of milliseconds',
      )
    }
    const now = this.#clock.now()
    const dates = { created: now, ends: now + lifetime, idle, lastUsed: now }
    const by = {
      client,
      certificate,
      ...(grant && { grant }),
      ...(through !== undefined && { through }),
      ...(scope !== undefined && { scope }),
      ...(audience !== undefined && { audience }),
      ...(parents && { parents }),
      ...(token !== undefined && { token }),
      ...(ticket && { ticket }),
    }
    const session = { id: randomUUID(), principal, identity, factors, label, ...by, ...dates }
    return { session, row: this.#write(session, 1) }
  }

  /** As the store has it now, unless it has ended. */
  async find(id: string): Promise<Stored<LoginSession> | undefined> {
    const stored = await this.#records.read(id)
    return stored && this.#lives(stored.value, stored.value.lastUsed) ? stored : undefined
  }

  /** The same. @throws MORTISE_SESSION_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
  async read(id: string): Promise<Stored<LoginSession>> {
    const stored = await this.find(id)
    if (stored) return stored
    throw new MortiseError('MORTISE_SESSION_NOT_FOUND', `there is no session ${id}: it has ended`)
  }

  /** The row that notes that one is used. */
  used({ value, version }: Stored<LoginSession>): RecordWrite {
    return this.#write({ ...value, lastUsed: this.#clock.now() }, version + 1)
  }

  /** The row that notes what is left of a ticket. */
  spent({ value, version }: Stored<LoginSession>, ticket: Ticket): RecordWrite {
    return this.#write({ ...value, ticket }, version + 1)
  }

  /** What was proved of one, from memory where it is known: nothing of one that has ended. */
  async factorsOf(id: string): Promise<readonly ProvedFactor[]> {
    return (await this.#cache.get(id))?.session.factors ?? []
  }

  /**
   * The rows with which one remembers what was proved since.
   *
   * @param id null for none
   * @throws MORTISE_SESSION_NOT_FOUND, MORTISE_BARRIER_INTEGRITY
   */
  async prove(id: string | null, factor: ProvedFactor): Promise<RecordWrite[]> {
    if (id === null) return []
    const { value, version } = await this.read(id)
    const others = value.factors.filter(({ method }) => method !== factor.method)
    return [this.#write({ ...value, factors: [...others, factor] }, version + 1)]
  }

  /** A page of one principal's, or of those that a client got for others, in the order of their ids, after the id `after`; some may have idled out. */
  async of(
    field: 'principal' | 'through',
    value: string,
    limit: number,
    after: string | undefined,
  ): Promise<LoginSession[]> {
    const page = await this.#records.page(limit, after, { field, value })
    return page.map(({ value }) => value)
  }

  /** Those of a query, which says by what they are ordered: `created`. Some may have idled out. */
  async select(query: RecordQuery): Promise<{ sessions: LoginSession[]; total: number }> {
    const { found, total } = await this.#records.find(query)
    return { sessions: found.map(({ value }) => value), total }
  }

  /** Whether one that was listed still goes on. */
  isOpen(session: LoginSession): boolean {
    return this.#lives(session, session.lastUsed)
  }

  end(id: string): RecordWrite {
    return { remove: { namespace, key: id } }
  }

  /**
   * The rows that end every session of a principal, of whoever came in through a connection, that was got with an API token or a secret, or
   * through a client; of these those that are meant.
   */
  async endAll(
    of: 'principal' | 'connection' | 'token' | 'through',
    id: string,
    isMeant: (session: LoginSession) => boolean = () => true,
  ): Promise<RecordWrite[]> {
    const ends: RecordWrite[] = []
    for await (const { key, value } of this.#records.all({ field: of, value: id }))
      if (isMeant(value)) ends.push(this.end(key))
    return ends
  }

  forget(id: string): void {
    this.#cache.forget(id)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }

  #use(known: KnownSession): boolean {
    const { session, version } = known
    if (!this.#lives(session, known.lastUsed)) return false
    known.lastUsed = this.#clock.now()
    const { idle, lastUsed } = session
    if (idle !== null && known.lastUsed - lastUsed >= idle / coarseness && !known.writing) {
      known.writing = true
      const used = { ...session, lastUsed: known.lastUsed }
      // Whoever was faster, or the end of the session, has it its way: the next use looks again.
      const forget = () => this.#cache.forget(session.id)
      const write = async () => this.onUse(used, this.#write(used, version + 1))
      write().then(forget, forget)
    }
    return true
  }

  #lives({ ends, idle }: LoginSession, lastUsed: number): boolean {
    const now = this.#clock.now()
    return now < ends && (idle === null || now < lastUsed + idle)
  }

  #write(session: LoginSession, version: number): RecordWrite {
    const { id: key, ends: expires, principal, identity, token, through, created, label } = session
    const index = {
      principal,
      connection: identity.slice(0, identity.indexOf('|')),
      created: dateText(created),
      ...(token !== undefined && { token }),
      ...(through !== undefined && { through }),
      ...(label !== '' && { label }),
    }
    return writeRecord(this.#barrier, { namespace, key, version, expires, index }, session)
  }

  async #load(id: string): Promise<KnownSession | undefined> {
    const stored = await this.#records.read(id)
    if (!stored) return undefined
    const { value: session, version } = stored
    return { session, version, lastUsed: session.lastUsed, writing: false }
  }
}
