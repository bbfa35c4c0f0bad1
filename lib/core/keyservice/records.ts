import { hash, randomBytes } from 'node:crypto'
import { Cache } from '../../access/index.js'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../../barrier/index.js'
import type { Clock, RecordWrite } from '../../operation/index.js'
import type { Store } from '../../storage/index.js'

const namespaces = {
  /** Key: the key id. */
  service: 'keyservice-service',
  /** Key: SHA-512 of the token, base64url. */
  init: 'keyservice-init',
  /** Key: SHA-256 of the token, base64url. */
  session: 'keyservice-session',
  /** Key: until when it is remembered in seconds, so that new ones stand beside one another; SHA-256 of key id and nonce, base64url. */
  nonce: 'keyservice-nonce',
} as const

const nothing = new Uint8Array()
const cachedServices = 1000
const cachedSessions = 10_000

/** A real service that shares a secret with this keyservice. */
export interface KeyserviceService {
  readonly keyId: string
  /** Id of who it is. */
  readonly principal: string
  /** Text, as it is an HMAC key of the protocol. */
  readonly secret: string
  /** Those that it may connect users of. */
  readonly namespaces: readonly string[]
  /** Networks that it asks from: `192.0.2.0/24`. */
  readonly allowFrom: readonly string[]
}

/** A user who was connected. */
export interface KeyserviceSession {
  /** The HMAC key of its requests. */
  readonly initToken: string
  readonly namespace: string
  /** Name of the object that is the user's. */
  readonly blob: string
  /** Principal id of the service that has connected it. */
  readonly service: string
  /** Milliseconds since 1970. */
  readonly expires: number
}

/** One signed request, by what makes it the only one. */
export interface Proof {
  readonly keyId: string
  readonly nonce: string
  /** Milliseconds since 1970 until which it could be sent again. */
  readonly expires: number
}

interface Kept {
  readonly store: Store
  readonly barrier: Barrier
  readonly clock: Clock
}

/** What the keyservice remembers besides what its users keep: tokens are found by their hashes alone, and what is told of them is sealed. */
export class KeyserviceRecords {
  readonly #kept: Kept
  readonly #services: RecordReader<KeyserviceService>
  readonly #inits: RecordReader<{ readonly token: string }>
  readonly #sessions: RecordReader<KeyserviceSession>
  readonly #knownServices: Cache<KeyserviceService>
  readonly #knownSessions: Cache<KeyserviceSession>
  readonly #tried = new WeakSet<Proof>()

  constructor(kept: Kept) {
    const { store, barrier } = kept
    this.#kept = kept
    this.#services = new RecordReader(store, barrier, namespaces.service)
    this.#inits = new RecordReader(store, barrier, namespaces.init)
    this.#sessions = new RecordReader(store, barrier, namespaces.session)
    this.#knownServices = new Cache(
      cachedServices,
      async (keyId) => (await this.#services.read(keyId))?.value,
    )
    this.#knownSessions = new Cache(cachedSessions, async (key) => (await this.#sessions.read(key))?.value)
  }

  service(keyId: string): Promise<KeyserviceService | undefined> {
    return this.#knownServices.get(keyId)
  }

  /** In the place of one whose principal is gone. */
  async writeService(service: KeyserviceService): Promise<RecordWrite> {
    const version = ((await this.#services.read(service.keyId))?.version ?? 0) + 1
    return this.#write('service', { key: service.keyId, version }, service)
  }

  /** @param lifetime milliseconds */
  newInit(lifetime: number): { token: string; row: RecordWrite } {
    const token = newSecret()
    const key = hash('sha512', token, 'base64url')
    return { token, row: this.#write('init', { key, expires: this.#kept.clock.now() + lifetime }, { token }) }
  }

  /** @param digest SHA-512 of the token */
  init(digest: Buffer): Promise<Stored<{ readonly token: string }> | undefined> {
    return this.#inits.read(digest.toString('base64url'))
  }

  /** The row that takes one away: no other does. */
  consumeInit({ key, version }: Stored<unknown>): RecordWrite {
    return { remove: { namespace: namespaces.init, key, version } }
  }

  newSession(session: KeyserviceSession): { token: string; key: string; row: RecordWrite } {
    const token = newSecret()
    const key = sessionKey(token)
    const { expires, blob } = session
    return { token, key, row: this.#write('session', { key, expires, index: { blob } }, session) }
  }

  /** @param key {@link sessionKey} */
  async session(key: string): Promise<KeyserviceSession | undefined> {
    const session = this.#knownSessions.known(key) ?? (await this.#knownSessions.get(key))
    return session && this.#kept.clock.now() < session.expires ? session : undefined
  }

  /** The rows that end all sessions of a user. */
  async endSessions(blob: string): Promise<RecordWrite[]> {
    const ends: RecordWrite[] = []
    for await (const { key } of this.#sessions.all({ field: 'blob', value: blob }))
      ends.push({ remove: { namespace: namespaces.session, key } })
    return ends
  }

  /**
   * The row that remembers a request. The first attempt to write it does not look whether there is one: then it conflicts, and the
   * second looks. There is nothing to seal: whoever writes the database could take it away just as well.
   *
   * @returns undefined for a request that was made before
   */
  async spend(proof: Proof): Promise<RecordWrite | undefined> {
    const { keyId, nonce, expires } = proof
    const key = `${Math.ceil(expires / 1000)}/${hash('sha256', `${keyId},${nonce}`, 'base64url')}`
    if (this.#tried.has(proof) && (await this.#kept.store.record(namespaces.nonce, key))) return undefined
    this.#tried.add(proof)
    return { row: { namespace: namespaces.nonce, key, version: 1, value: nothing, expires, index: {} } }
  }

  /** @param record its namespace, `/`, its key */
  forget(record: string): void {
    const slash = record.indexOf('/')
    const key = record.slice(slash + 1)
    if (record.startsWith(`${namespaces.service}/`)) this.#knownServices.forget(key)
    if (record.startsWith(`${namespaces.session}/`)) this.#knownSessions.forget(key)
  }

  forgetAll(): void {
    this.#knownServices.forgetAll()
    this.#knownSessions.forgetAll()
  }

  #write(
    namespace: keyof typeof namespaces,
    {
      key,
      version = 1,
      expires = null,
      index = {},
    }: {
      readonly key: string
      readonly version?: number
      readonly expires?: number | null
      readonly index?: Readonly<Record<string, string>>
    },
    value: object,
  ): RecordWrite {
    const identity = { namespace: namespaces[namespace], key, version, expires, index }
    return writeRecord(this.#kept.barrier, identity, value)
  }
}

/** 256 random bits, in 43 characters that need no quoting anywhere. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** What a session is kept by, and called on the audit trail. */
export function sessionKey(token: string): string {
  return hash('sha256', token, 'base64url')
}
