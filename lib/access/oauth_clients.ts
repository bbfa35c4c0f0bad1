import { timingSafeEqual } from 'node:crypto'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { Clock, Principal, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Cache } from './cache.js'
import type { Principals } from './principals.js'
import { checkedChoice } from './text.js'
import { newTokenId, opaqueIdOf, opaqueText, textDigest } from './token_text.js'

/** Key: the principal id. */
const namespace = 'oauth-client'
const cachedClients = 10_000

/** How a client proves who it is at the token endpoint, as OAuth's registry of methods calls it (RFC 7591 section 2). */
export const clientAuthentications = ['client_secret_basic', 'client_secret_post'] as const
export type ClientAuthentication = (typeof clientAuthentications)[number]

/** Seconds that an access token is accepted, unless the client says otherwise. */
const usualLifetime = 900
const shortestLifetime = 60
/** A day: as long as a key that signs no more is published. */
const longestAccessToken = 86_400
/** Secrets that may be good at a time: the newest, and those before it while they overlap. */
const mostSecrets = 5

/** A secret of a client, without its text. */
export interface ClientSecret {
  /** 32 hexadecimal digits. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly created: number
  /** Milliseconds since 1970 from which it is refused, or null. */
  readonly expires: number | null
}

/** A secret with its text, which is shown once and kept nowhere. */
export interface IssuedSecret extends ClientSecret {
  readonly text: string
}

/** What an OAuth client is beside a principal. */
export interface ClientFields {
  /** Default all of {@link clientAuthentications}. */
  readonly authentication?: readonly ClientAuthentication[]
  /** Seconds that its access tokens are accepted: 60 to 86,400. Default 900. */
  readonly tokenLifetime?: number
  /** `aud` of its access tokens. Default null: the issuer. */
  readonly audience?: string | null
}

/** An OAuth client (RFC 6749 section 2): a principal, and how it gets tokens. Its `client_id` is its name. */
export interface OAuthClient extends Required<ClientFields> {
  /** Of the principal. */
  readonly id: string
  readonly name: string
  readonly enabled: boolean
  readonly roles: readonly string[]
  /** Those that are accepted, the newest first. */
  readonly secrets: readonly ClientSecret[]
}

interface StoredSecret extends ClientSecret {
  /** Of the text. */
  readonly digest: string
}

export interface ClientRecord extends Required<ClientFields> {
  /** The newest first. */
  readonly secrets: readonly StoredSecret[]
}

/** What a client shows of itself. */
export interface ClientProof {
  /** Its name. */
  readonly client: string
  readonly secret: string
  readonly method: ClientAuthentication
}

/** @throws MORTISE_INPUT_INVALID */
export function newClientRecord(created: number, fields: ClientFields) {
  const { authentication = clientAuthentications, tokenLifetime = usualLifetime, audience = null } = fields
  if (authentication.length === 0) throw invalid('a client needs a way to authenticate')
  if (
    !Number.isInteger(tokenLifetime) ||
    tokenLifetime < shortestLifetime ||
    tokenLifetime > longestAccessToken
  )
    throw invalid(`access tokens live ${shortestLifetime} to ${longestAccessToken} seconds`)
  if (audience !== null && !/^[!-~]{1,255}$/.test(audience))
    throw invalid('an audience is 1 to 255 visible characters of ASCII')
  const methods = checkedChoice('way of clients to authenticate', clientAuthentications, authentication)
  return withSecret({ authentication: methods, tokenLifetime, audience, secrets: [] }, created, 0)
}

/**
 * A client with another secret.
 *
 * @param overlap milliseconds that those of before are still accepted
 */
export function withSecret(
  record: ClientRecord,
  now: number,
  overlap: number,
): { record: ClientRecord; secret: IssuedSecret; ended: readonly string[] } {
  const id = newTokenId()
  const text = opaqueText('mrs', id)
  const secret = { id, created: now, expires: null }
  const until = now + overlap
  const overlapping = record.secrets
    .map((one) => ({ ...one, expires: one.expires === null ? until : Math.min(one.expires, until) }))
    .filter(({ expires }) => now < expires)
    .slice(0, mostSecrets - 1)
  const secrets = [{ ...secret, digest: textDigest(text) }, ...overlapping]
  const ended = record.secrets.flatMap((one) => (secrets.some((kept) => kept.id === one.id) ? [] : [one.id]))
  return { record: { ...record, secrets }, secret: { ...secret, text }, ended }
}

/** A client as it is told of. */
export function toldClient(
  { id, name, enabled, roles }: Principal,
  { secrets, ...fields }: ClientRecord,
  now: number,
): OAuthClient {
  const good = secrets.filter((secret) => isGood(secret, now))
  const told = good.map(({ id: secret, created, expires }) => ({ id: secret, created, expires }))
  return { id, name, enabled, roles, ...fields, secrets: told }
}

/** Which principals are OAuth clients, and the proof by a secret. */
export class OAuthClients {
  readonly #barrier: Barrier
  readonly #clock: Clock
  readonly #principals: Principals
  readonly #records: RecordReader<ClientRecord>
  readonly #cache: Cache<ClientRecord>

  constructor(store: Store, barrier: Barrier, clock: Clock, principals: Principals) {
    this.#barrier = barrier
    this.#clock = clock
    this.#principals = principals
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(cachedClients, async (id) => (await this.#records.read(id))?.value)
  }

  /**
   * The principal that a secret proves, and the secret. A client that is unknown costs the same reads and the same comparison as a
   * wrong secret.
   */
  async verify({ client, secret, method }: ClientProof) {
    const principal = (await this.#principals.idOf(client)) ?? nobody
    const record = await this.#cache.get(principal)
    const id = opaqueIdOf('mrs', secret)
    const known = record?.secrets.find((one) => one.id === id)
    const matches = timingSafeEqual(digestOf(textDigest(secret)), known ? digestOf(known.digest) : noDigest)
    if (!record || !known || !matches) return undefined
    if (!isGood(known, this.#clock.now()) || !record.authentication.includes(method)) return undefined
    return { principal, secret: { id: known.id, expires: known.expires } }
  }

  /** Whether a principal is an OAuth client, from memory where it is known. */
  async isOne(id: string): Promise<boolean> {
    return (await this.#cache.get(id)) !== undefined
  }

  /**
   * As the store has it now.
   *
   * @param id of the principal
   * @throws MORTISE_OAUTH_CLIENT_NOT_FOUND, MORTISE_BARRIER_INTEGRITY
   */
  async read(id: string): Promise<Stored<ClientRecord>> {
    const stored = await this.#records.read(id)
    if (stored) return stored
    throw new MortiseError('MORTISE_OAUTH_CLIENT_NOT_FOUND', `the principal ${id} is no OAuth client`)
  }

  /** A page in the order of the ids of principals, after `after`. */
  async list(limit: number, after: string | undefined): Promise<Stored<ClientRecord>[]> {
    return this.#records.page(limit, after)
  }

  write(id: string, record: ClientRecord, version: number): RecordWrite {
    return writeRecord(this.#barrier, { namespace, key: id, version, expires: null, index: {} }, record)
  }

  /** The rows that make a principal no client any more. */
  async remove(id: string): Promise<RecordWrite[]> {
    const stored = await this.#records.read(id)
    return stored ? [{ remove: { namespace, key: id, version: stored.version } }] : []
  }

  forget(id: string): void {
    this.#cache.forget(id)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }
}

/** Whom an unknown client is taken for, and what its secret is compared with. */
const nobody = '00000000-0000-0000-0000-000000000000'
const noDigest = new Uint8Array(32)

function digestOf(text: string): Buffer {
  return Buffer.from(text, 'base64')
}

export function isGood({ expires }: Pick<ClientSecret, 'expires'>, now: number): boolean {
  return expires === null || now < expires
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
