import { timingSafeEqual } from 'node:crypto'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { Clock, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { newTokenId, opaqueIdOf, opaqueText, textDigest } from './token_text.js'

const namespace = 'refresh-token'

/** What goes on with a session when its access token has expired. */
export interface RefreshToken {
  /** 32 hexadecimal digits. */
  readonly id: string
  /** Session id. */
  readonly session: string
  /** Principal id. */
  readonly principal: string
  /** Milliseconds since 1970. */
  readonly created: number
  /** From which it is refused: not after the session ends. */
  readonly expires: number
  readonly lastUsed: number
  /** Milliseconds without use after which it is refused, or null. */
  readonly unused: number | null
  /** Whether each use puts another in its place: then a second use ends the session (RFC 9700 section 4.14.2). */
  readonly rotates: boolean
  /** Whether another one is in its place. */
  readonly spent: boolean
}

/** With its text, which is shown once and kept nowhere. */
export interface IssuedRefreshToken extends RefreshToken {
  readonly text: string
}

export interface StoredRefreshToken extends RefreshToken {
  /** Of the text. */
  readonly digest: string
}

export type NewRefreshToken = Pick<RefreshToken, 'session' | 'principal' | 'expires' | 'unused' | 'rotates'>

/** Which refresh tokens there are. Nothing of them is kept in memory: they are used rarely. */
export class RefreshTokens {
  readonly #barrier: Barrier
  readonly #clock: Clock
  readonly #records: RecordReader<StoredRefreshToken>

  constructor(store: Store, barrier: Barrier, clock: Clock) {
    this.#barrier = barrier
    this.#clock = clock
    this.#records = new RecordReader(store, barrier, namespace)
  }

  /** @throws MORTISE_INPUT_INVALID */
  create(input: NewRefreshToken): { token: IssuedRefreshToken; row: RecordWrite } {
    const created = this.#clock.now()
    const { expires, unused } = input
    if (!(expires > created) || (unused !== null && !(Number.isSafeInteger(unused) && unused > 0))) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'a refresh token expires in the future, and may be unused for a number of milliseconds',
      )
    }
    const id = newTokenId()
    const text = opaqueText('mrr', id)
    const token: RefreshToken = { ...input, id, created, lastUsed: created, spent: false }
    return { token: { ...token, text }, row: this.#write({ ...token, digest: textDigest(text) }, 1) }
  }

  /** The token of a text, also one that is spent; undefined for whatever else is wrong with it. */
  async verify(text: string): Promise<Stored<StoredRefreshToken> | undefined> {
    const id = opaqueIdOf('mrr', text)
    if (id === undefined) return undefined
    const stored = await this.#records.read(id)
    const right = Buffer.from(stored?.value.digest ?? textDigest(''), 'base64')
    if (!timingSafeEqual(Buffer.from(textDigest(text), 'base64'), right) || !stored) return undefined
    const { expires, lastUsed, unused } = stored.value
    const now = this.#clock.now()
    return now < expires && (unused === null || now < lastUsed + unused) ? stored : undefined
  }

  /** The row that notes the use of one, which is spent by it where another is put in its place. */
  used({ value, version }: Stored<StoredRefreshToken>, spent: boolean): RecordWrite {
    return this.#write({ ...value, lastUsed: this.#clock.now(), spent }, version + 1)
  }

  /** @throws MORTISE_TOKEN_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
  async read(id: string): Promise<RefreshToken> {
    const stored = await this.#records.read(id)
    if (!stored || stored.value.spent) {
      throw new MortiseError(
        'MORTISE_TOKEN_NOT_FOUND',
        `no refresh token ${id} exists: it was revoked or has expired`,
      )
    }
    const { digest: _, ...token } = stored.value
    return token
  }

  end(id: string): RecordWrite {
    return { remove: { namespace, key: id } }
  }

  /** The rows that end all of a principal, or of a session. */
  async endAll(of: 'principal' | 'session', id: string): Promise<RecordWrite[]> {
    const ends: RecordWrite[] = []
    for await (const { key } of this.#records.all({ field: of, value: id })) ends.push(this.end(key))
    return ends
  }

  #write(stored: StoredRefreshToken, version: number): RecordWrite {
    const { id: key, expires, principal, session } = stored
    return writeRecord(
      this.#barrier,
      { namespace, key, version, expires, index: { principal, session } },
      stored,
    )
  }
}
