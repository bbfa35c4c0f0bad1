import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { Clock, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Cache } from './cache.js'
import type { ProvedFactor } from './factors/proof.js'
import type { Login } from './login.js'

const namespace = 'token'
const cachedTokens = 10_000

/** `mrt_`, the id (16 random bytes, hexadecimal), `_`, the secret (32 random bytes, base64url). */
const form = /^mrt_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$/

export const apiTokenText =
  'an API token cannot prove a second factor: log in with a password or a passkey and prove one'

/** A token without what proves it. */
export interface Token {
  /** 32 hexadecimal digits. */
  readonly id: string
  /** Principal id. */
  readonly principal: string
  /** What its owner calls it. */
  readonly label: string
  /** Milliseconds since 1970, UTC. */
  readonly created: number
  /** Milliseconds since 1970 from which it is no longer accepted, or null. */
  readonly expires: number | null
}

/** A token with its text, which is shown once and kept nowhere. */
export interface IssuedToken extends Token {
  readonly text: string
}

interface StoredToken extends Token {
  /** SHA-256 of the text, base64: 256 random bits need no slow hash. */
  readonly digest: string
  /** Of a login: the second factors that it has proved. An API token proves none, and has no such list. */
  readonly factors?: readonly ProvedFactor[]
}

/** What a verification needs of a token. */
interface KnownToken {
  readonly principal: string
  readonly expires: number | null
  readonly digest: Uint8Array
  readonly factors: readonly ProvedFactor[] | null
  /** The text, once it has proved itself: comparing it costs a tenth of hashing it again. */
  proved?: Buffer
}

/**
 * A token of a principal, and the row that keeps it.
 *
 * @param input `label` of at most 255 characters; `expires` in the future, or null for never; `factors` that were proved, of a
 *   login
 * @throws MORTISE_INPUT_INVALID
 */
export function newToken(
  barrier: Barrier,
  clock: Clock,
  input: Pick<StoredToken, 'principal' | 'label' | 'expires' | 'factors'>,
): { token: IssuedToken; row: RecordWrite } {
  const created = clock.now()
  const { principal, label, expires, factors } = input
  if (label.length > 255) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'the label of a token has at most 255 characters')
  }
  if (expires !== null && !(Number.isSafeInteger(expires) && expires > created)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'a token must expire in the future: give milliseconds since 1970',
    )
  }
  const id = randomBytes(16).toString('hex')
  const text = `mrt_${id}_${randomBytes(32).toString('base64url')}`
  const token: Token = { id, principal, label, created, expires }
  const stored: StoredToken = { ...token, digest: digest(text), ...(factors && { factors }) }
  return {
    token: { ...token, text },
    row: write(barrier, stored, 1),
  }
}

function write(barrier: Barrier, token: StoredToken, version: number): RecordWrite {
  const { id, expires, principal } = token
  return writeRecord(barrier, { namespace, key: id, version, expires, index: { principal } }, token)
}

/** The row that ends a token. */
export function endToken(id: string): RecordWrite {
  return { remove: { namespace, key: id } }
}

/** Which tokens there are, and the login by one. */
export class Tokens implements Login<string> {
  readonly #barrier: Barrier
  readonly #clock: Clock
  readonly #tokens: RecordReader<StoredToken>
  readonly #cache: Cache<KnownToken>

  constructor(store: Store, barrier: Barrier, clock: Clock) {
    this.#barrier = barrier
    this.#clock = clock
    this.#tokens = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(cachedTokens, (id) => this.#load(id))
  }

  /** From memory where the token is known. An id that is unknown costs the same comparison as a wrong secret. */
  async verify(text: string): Promise<string | undefined> {
    if (!form.test(text)) return undefined
    const token = await this.#cache.get(tokenId(text))
    const matches = timingSafeEqual(fromBase64(digest(text)), token?.digest ?? nobody)
    if (!token || !matches) return undefined
    token.proved = Buffer.from(text, 'latin1')
    return this.#bearer(token)
  }

  /** Whose token it is, if it was verified before and is in memory still; undefined says nothing. */
  known(text: string): string | undefined {
    if (!form.test(text)) return undefined
    const token = this.#cache.known(tokenId(text))
    if (!token?.proved || !timingSafeEqual(Buffer.from(text, 'latin1'), token.proved)) return undefined
    return this.#bearer(token)
  }

  /** @throws MORTISE_TOKEN_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
  async read(id: string): Promise<Token> {
    return told(((await this.#tokens.read(id)) ?? notFound(id)).value)
  }

  /** A page of the tokens of one principal in the order of their ids, after the id `after`. */
  async of(principal: string, limit: number, after: string | undefined): Promise<Token[]> {
    const page = await this.#tokens.page(limit, after, { field: 'principal', value: principal })
    return page.map(({ value }) => told(value))
  }

  /** The rows that end every token of a principal. */
  async endAll(principal: string): Promise<RecordWrite[]> {
    const ends: RecordWrite[] = []
    for (let after: string | undefined; ; ) {
      const page = await this.of(principal, 1000, after)
      ends.push(...page.map(({ id }) => endToken(id)))
      after = page.at(-1)?.id
      if (after === undefined) return ends
    }
  }

  /** The second factors that a login has proved; null for an API token, and for one that has ended. From memory where it is known. */
  async factorsOf(id: string): Promise<readonly ProvedFactor[] | null> {
    return (await this.#cache.get(id))?.factors ?? null
  }

  /**
   * The rows with which a login remembers that it has proved a factor.
   *
   * @param id null for none, as at a login
   * @throws MORTISE_TOKEN_NOT_FOUND, MORTISE_AUTH_STEP_UP_REQUIRED for an API token, MORTISE_BARRIER_INTEGRITY
   */
  async prove(id: string | null, factor: ProvedFactor): Promise<RecordWrite[]> {
    if (id === null) return []
    const { value, version } = (await this.#tokens.read(id)) ?? notFound(id)
    if (!value.factors) throw new MortiseError('MORTISE_AUTH_STEP_UP_REQUIRED', apiTokenText)
    const others = value.factors.filter(({ method }) => method !== factor.method)
    return [write(this.#barrier, { ...value, factors: [...others, factor] }, version + 1)]
  }

  forget(id: string): void {
    this.#cache.forget(id)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }

  #bearer({ principal, expires }: KnownToken): string | undefined {
    return expires === null || this.#clock.now() < expires ? principal : undefined
  }

  async #load(id: string): Promise<KnownToken | undefined> {
    const stored = await this.#tokens.read(id)
    if (!stored) return undefined
    const { principal, expires, digest, factors = null } = stored.value
    return { principal, expires, digest: fromBase64(digest), factors }
  }
}

/** @param text in the form of a token */
export function tokenId(text: string): string {
  return text.slice(4, 36)
}

/** What an unknown token is compared with. */
const nobody = new Uint8Array(32)

/** In base64, which Node makes more than twice as fast as a Buffer of its own. */
function digest(text: string): string {
  return hash('sha256', text, 'base64')
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64')
}

function told({ id, principal, label, created, expires }: StoredToken): Token {
  return { id, principal, label, created, expires }
}

function notFound(id: string): never {
  throw new MortiseError('MORTISE_TOKEN_NOT_FOUND', `no token ${id} exists: it was revoked or has expired`)
}
