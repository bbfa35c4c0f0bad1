import { timingSafeEqual } from 'node:crypto'
import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { Clock, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Cache } from './cache.js'
import { type AccessClaims, jwtText, newTokenId, opaqueText, textDigest, tokenIdOf } from './token_text.js'

export const tokenNamespace = 'token'
const namespace = tokenNamespace
const cachedTokens = 10_000

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
  /** Id of the session that it is of and ends with; null for an API token, which is of none. */
  readonly session: string | null
}

/** Whose a token is. */
export interface Bearer {
  readonly id: string
  /** Milliseconds since 1970 from which it is no longer accepted, or null. */
  readonly expires: number | null
  /** Principal id. */
  readonly principal: string
  /** Session id. */
  readonly session: string | null
  /** What an opaque one of an OAuth client says. */
  readonly claims?: AccessClaims | undefined
}

/** A token with its text, which is shown once and kept nowhere. */
export interface IssuedToken extends Token {
  readonly text: string
}

interface StoredToken extends Token {
  /** Of the text. */
  readonly digest: string
  readonly claims?: AccessClaims
}

/** What a verification needs of a token. */
interface KnownToken extends Bearer {
  readonly digest: Uint8Array
  /** The text, once it has proved itself: comparing it costs a tenth of hashing it again. */
  proved?: Buffer
}

/**
 * A token of a principal, and the row that keeps it.
 *
 * @param created milliseconds since 1970
 * @param input `label` of at most 255 characters; `expires` in the future, or null for never
 * @param claims what it says as a JWT, which expires; an opaque text where none are given
 * @throws MORTISE_INPUT_INVALID
 */
export function newToken(
  barrier: Barrier,
  created: number,
  input: Pick<Token, 'principal' | 'label' | 'expires'> & Partial<Pick<Token, 'session'>>,
  claims?: Readonly<Record<string, unknown>>,
): { token: IssuedToken; row: RecordWrite } {
  const { principal, label, expires, session = null } = input
  if (label.length > 255) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'the label of a token has at most 255 characters')
  }
  if (expires !== null && !(Number.isSafeInteger(expires) && expires > created)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'a token must expire in the future: give milliseconds since 1970',
    )
  }
  const id = newTokenId()
  const text = claims ? jwtText(id, claims, { created, expires }) : opaqueText('mrt', id)
  const token: Token = { id, principal, label, created, expires, session }
  return { token: { ...token, text }, row: writeToken(barrier, token, text) }
}

/**
 * The row that keeps a token of a text.
 *
 * @param claims what it says, where the text does not
 */
export function writeToken(barrier: Barrier, token: Token, text: string, claims?: AccessClaims): RecordWrite {
  const { id: key, principal, expires, session } = token
  const index = { principal, ...(session !== null && { session }) }
  const stored: StoredToken = { ...token, digest: textDigest(text), ...(claims && { claims }) }
  return writeRecord(barrier, { namespace, key, version: 1, expires, index }, stored)
}

/** The row that ends a token. */
export function endToken(id: string): RecordWrite {
  return { remove: { namespace, key: id } }
}

/** Which tokens there are, and the login by one. */
export class Tokens {
  readonly #clock: Clock
  readonly #tokens: RecordReader<StoredToken>
  readonly #cache: Cache<KnownToken>

  constructor(store: Store, barrier: Barrier, clock: Clock) {
    this.#clock = clock
    this.#tokens = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(cachedTokens, (id) => this.#load(id))
  }

  /** From memory where the token is known. An id that is unknown costs the same comparison as a wrong secret. */
  async verify(text: string): Promise<Bearer | undefined> {
    const token = await this.find(text)
    return token && this.#unlessExpired(token)
  }

  /** The same, also of one that has expired. */
  async find(text: string): Promise<Bearer | undefined> {
    const id = tokenIdOf(text)
    if (id === undefined) return undefined
    const token = await this.#cache.get(id)
    const matches = timingSafeEqual(fromBase64(textDigest(text)), token?.digest ?? nobody)
    if (!token || !matches) return undefined
    token.proved = Buffer.from(text, 'latin1')
    return token
  }

  /** Whose token it is, if it was verified before and is in memory still; undefined says nothing. */
  known(text: string): Bearer | undefined {
    const id = tokenIdOf(text)
    const token = id === undefined ? undefined : this.#cache.known(id)
    if (!token?.proved || !timingSafeEqual(Buffer.from(text, 'latin1'), token.proved)) return undefined
    return this.#unlessExpired(token)
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

  /** The rows that end every token of a principal, or of a session. */
  async endAll(of: 'principal' | 'session', id: string): Promise<RecordWrite[]> {
    const ends: RecordWrite[] = []
    for await (const { key } of this.#tokens.all({ field: of, value: id })) ends.push(endToken(key))
    return ends
  }

  forget(id: string): void {
    this.#cache.forget(id)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }

  #unlessExpired(token: Bearer): Bearer | undefined {
    return token.expires === null || this.#clock.now() < token.expires ? token : undefined
  }

  async #load(id: string): Promise<KnownToken | undefined> {
    const stored = await this.#tokens.read(id)
    if (!stored) return undefined
    const { principal, expires, session = null, digest, claims } = stored.value
    return { id, principal, expires, session, claims, digest: fromBase64(digest) }
  }
}

/** What an unknown token is compared with. */
const nobody = new Uint8Array(32)

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64')
}

function notFound(id: string): never {
  throw new MortiseError('MORTISE_TOKEN_NOT_FOUND', `no token ${id} exists: it was revoked or has expired`)
}

/** Tokens that were made before there were sessions are of none. */
function told({ id, principal, label, created, expires, session = null }: StoredToken): Token {
  return { id, principal, label, created, expires, session }
}
