import { timingSafeEqual } from 'node:crypto'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { Clock, Principal, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Cache } from './cache.js'
import {
  type ClientAuthentication,
  type ClientFields,
  type CompleteFields,
  checkedFields,
  completed,
} from './oauth_client_fields.js'
import type { Principals } from './principals.js'
import { newTokenId, opaqueText, textDigest } from './token_text.js'

/** Key: the principal id. */
const namespace = 'oauth-client'
const cachedClients = 10_000

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
  /** What whoever made it calls it. */
  readonly label?: string
}

/** A secret with its text, which is shown once and kept nowhere, unless the client is one that shows its secrets. */
export interface IssuedSecret extends ClientSecret {
  readonly text: string
}

/** An OAuth client (RFC 6749 section 2): a principal, and how it gets tokens. Its `client_id` is its name. */
export interface OAuthClient extends CompleteFields {
  /** Of the principal. */
  readonly id: string
  readonly name: string
  readonly enabled: boolean
  readonly roles: readonly string[]
  /** Those that are accepted, the newest first. */
  readonly secrets: readonly ClientSecret[]
  /** Whether who manages tokens can read its secrets. */
  readonly showsSecrets: boolean
  /** Milliseconds since 1970; null of one of before this was kept. */
  readonly created: number | null
}

interface StoredSecret extends ClientSecret {
  /** Of the text. */
  readonly digest: string
  /** Of a client that shows its secrets. It is in no memory but where it is read to be shown. */
  readonly text?: string
}

export interface ClientRecord extends CompleteFields {
  /** The newest first. */
  readonly secrets: readonly StoredSecret[]
  /** Of the token by which it manages its own registration (RFC 7592). Undefined: it has none. */
  readonly registration?: string
  readonly showsSecrets?: boolean
  readonly created?: number
}

/** What a client shows of itself. */
export interface ClientProof {
  /** Its name. */
  readonly client: string
  readonly secret: string
  readonly method: ClientAuthentication
}

/** What a client that is registered now has beside its fields. */
export interface NewClient extends ClientFields {
  /** Text of its secret. Default: one is made, of 256 random bits. */
  readonly secret?: string
  /** Whether who manages tokens can read its secrets later, which gateways ask for. Default false. */
  readonly showsSecrets?: boolean
  /** Whether it manages its own registration, by a token that is answered once (RFC 7592). Default false. */
  readonly registers?: boolean
}

/** @throws MORTISE_INPUT_INVALID */
export function newClientRecord(now: number, { secret, showsSecrets, registers, ...fields }: NewClient) {
  const registrationToken = registers ? opaqueText('mrg', newTokenId()) : null
  const record: ClientRecord = {
    ...checkedFields(fields),
    secrets: [],
    created: now,
    ...(registrationToken !== null && { registration: textDigest(registrationToken) }),
    ...(showsSecrets && { showsSecrets }),
  }
  return { ...withSecret(record, now, { ...(secret !== undefined && { text: secret }) }), registrationToken }
}

export interface NewSecret {
  /** Default: 256 random bits. */
  readonly text?: string
  /** Milliseconds since 1970. Default null. */
  readonly expires?: number | null
  /** At most 255 characters. Default empty. */
  readonly label?: string
  /** Milliseconds that those of before are still accepted, or null: as long as they would be. Default 0. */
  readonly overlap?: number | null
}

/** A client with another secret. @throws MORTISE_INPUT_INVALID */
export function withSecret(
  record: ClientRecord,
  now: number,
  { text: chosen, expires = null, label = '', overlap = 0 }: NewSecret = {},
): { record: ClientRecord; secret: IssuedSecret; ended: readonly string[] } {
  // Those who send it encode it or do not: what needs no encoding is the same to both.
  if (chosen !== undefined && !/^[\w.~-]{8,255}$/.test(chosen))
    throw invalid('a secret has 8 to 255 letters, digits, -, ., _ and ~')
  if (label.length > 255) throw invalid('the label of a secret has at most 255 characters')
  if (expires !== null && !(Number.isSafeInteger(expires) && expires > now))
    throw invalid('a secret expires in the future: give milliseconds since 1970')
  const id = newTokenId()
  const text = chosen ?? opaqueText('mrs', id)
  const secret = { id, created: now, expires, ...(label !== '' && { label }) }
  const until = overlap === null ? Number.POSITIVE_INFINITY : now + overlap
  const overlapping = record.secrets
    .map((one) =>
      until === Number.POSITIVE_INFINITY ? one : { ...one, expires: Math.min(one.expires ?? until, until) },
    )
    .filter((one) => isGood(one, now))
  if (overlap === null && overlapping.length >= mostSecrets)
    throw invalid(`a client has at most ${mostSecrets} secrets at a time: remove one`)
  const stored = { ...secret, digest: textDigest(text), ...(record.showsSecrets && { text }) }
  const secrets = [stored, ...overlapping.slice(0, mostSecrets - 1)]
  const ended = record.secrets.flatMap((one) => (secrets.some((kept) => kept.id === one.id) ? [] : [one.id]))
  return { record: { ...record, secrets }, secret: { ...secret, text }, ended }
}

/** A client as it is told of. */
export function toldClient(
  { id, name, enabled, roles }: Principal,
  { secrets, registration: _, showsSecrets = false, created, ...fields }: ClientRecord,
  now: number,
): OAuthClient {
  const told = goodSecrets({ secrets }, now).map(({ digest: _digest, text: _text, ...secret }) => secret)
  return { id, name, enabled, roles, ...fields, secrets: told, showsSecrets, created: created ?? null }
}

/** Those that are accepted, the newest first. */
export function goodSecrets({ secrets }: Pick<ClientRecord, 'secrets'>, now: number): StoredSecret[] {
  return secrets.filter((secret) => isGood(secret, now))
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
    this.#cache = new Cache(cachedClients, async (id) => {
      const stored = await this.#records.read(id)
      return stored && withoutTexts(completed(stored.value))
    })
  }

  /**
   * The principal that a secret proves, and the secret. A client that is unknown costs the same reads and the same comparison as a
   * wrong secret.
   */
  async verify({ client, secret, method }: ClientProof) {
    const principal = (await this.#principals.idOf(client)) ?? nobody
    const record = await this.#cache.get(principal)
    const digest = digestOf(textDigest(secret))
    let known: StoredSecret | undefined
    for (const one of record?.secrets ?? [unmatched])
      if (timingSafeEqual(digest, digestOf(one.digest))) known = one
    if (!record || !known) return undefined
    if (!isGood(known, this.#clock.now()) || !record.authentication.includes(method)) return undefined
    return { principal, secret: { id: known.id, expires: known.expires } }
  }

  /** The client whose registration a token manages (RFC 7592), or undefined. @param client its name */
  async registered(client: string, token: string): Promise<string | undefined> {
    const principal = (await this.#principals.idOf(client)) ?? nobody
    const record = await this.#cache.get(principal)
    const right = digestOf(record?.registration ?? unmatched.digest)
    return timingSafeEqual(digestOf(textDigest(token)), right) ? principal : undefined
  }

  /** A client from memory where it is known, without the texts of its secrets. */
  get(id: string): Promise<ClientRecord | undefined> {
    return this.#cache.get(id)
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
    if (stored) return { ...stored, value: completed(stored.value) }
    throw new MortiseError('MORTISE_OAUTH_CLIENT_NOT_FOUND', `the principal ${id} is no OAuth client`)
  }

  /** A page in the order of the ids of principals, after `after`. */
  async list(limit: number, after: string | undefined): Promise<Stored<ClientRecord>[]> {
    const page = await this.#records.page(limit, after)
    return page.map((stored) => ({ ...stored, value: completed(stored.value) }))
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
const unmatched: StoredSecret = {
  ...{ id: '', created: 0, expires: null },
  digest: Buffer.alloc(32).toString('base64'),
}

function withoutTexts(record: ClientRecord): ClientRecord {
  return { ...record, secrets: record.secrets.map(({ text: _, ...secret }) => secret) }
}

function digestOf(text: string): Buffer {
  return Buffer.from(text, 'base64')
}

export function isGood({ expires }: Pick<ClientSecret, 'expires'>, now: number): boolean {
  return expires === null || now < expires
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
