import { hash } from 'node:crypto'
import { Cache } from '../access/index.js'
import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { domain, type KeyServices, type Objects, term } from '../keys/index.js'
import type { ManagedObject, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { type Certificate, parseCertificate } from '../x509/index.js'
import { type KeyName, layerOf, nameText } from './key_names.js'
import type { KeymanagerPolicy } from './policies.js'

/** Key: the name of the key. */
const namespace = 'keymanager-key'
const cachedRings = 10_000
const day = 86_400_000

/** Ids of the objects that one key is. */
interface StoredVersion {
  /** Null where only the certificate is here: it is somebody else's key. */
  readonly privateKey: string | null
  readonly publicKey: string
  readonly certificate: string
  /** SHA-256 of the certificates that it had before, hexadecimal: old envelopes name them. */
  readonly before?: readonly string[]
  /** What the `kid` of its signatures said where it came from. */
  readonly importedId?: string
}

interface StoredRing extends KeyName {
  /** In the order in which they were made. */
  readonly versions: readonly StoredVersion[]
}

/** One of the keys that have borne a name, with its certificate read. */
export interface KeyVersion extends StoredVersion {
  readonly x509: Certificate
  /** What the `kid` of a JWS says: SHA-256 of the public key (SPKI), base64url, unless it came with another. */
  readonly keyId: string
  /** SHA-256 of the certificate, and of those that it had before: hexadecimal. */
  readonly thumbprints: readonly string[]
}

/** All keys that have borne a name. */
export interface KeyRing extends KeyName {
  /** Of the record; 0 where there is none yet. */
  readonly record: number
  /** In the order in which they were made. */
  readonly versions: readonly KeyVersion[]
}

/** Which objects are the keys of a name: sealed records beside the objects. */
export class Rings {
  readonly #barrier: Barrier
  readonly #objects: Objects
  readonly #provider: KeyServices['provider']
  readonly #records: RecordReader<StoredRing>
  readonly #store: Store
  readonly #cache: Cache<KeyRing>
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(
    store: Store,
    { barrier, objects, provider }: Pick<KeyServices, 'barrier' | 'objects' | 'provider'>,
  ) {
    this.#store = store
    this.#barrier = barrier
    this.#objects = objects
    this.#provider = provider
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(cachedRings, (key) => this.#load(key))
  }

  /** From memory where it is known. @throws MORTISE_BARRIER_INTEGRITY */
  async get(name: KeyName): Promise<KeyRing> {
    return (await this.#cache.get(nameText(name))) ?? { ...name, record: 0, versions: [] }
  }

  /** The same as the store has it now: for whoever is about to change it. */
  read(name: KeyName): Promise<KeyRing> {
    this.#cache.forget(nameText(name))
    return this.get(name)
  }

  /** Writes what the keys of a name are, in the place of a ring that was read. */
  write({ application, reference, record }: KeyRing, versions: readonly StoredVersion[]): RecordWrite {
    const key = nameText({ application, reference })
    const stored: StoredRing = {
      application,
      reference,
      versions: versions.map(({ privateKey, publicKey, certificate, before, importedId }) => ({
        ...{ privateKey, publicKey, certificate },
        ...(before && { before }),
        ...(importedId !== undefined && { importedId }),
      })),
    }
    return writeRecord(
      this.#barrier,
      { namespace, key, version: record + 1, expires: null, index: { application } },
      stored,
    )
  }

  /** Whether a certificate of any name has this SHA-256. */
  async isKnown(thumbprint: string): Promise<boolean> {
    const found = await this.#store.locate({
      ...{ domain, purpose: 'keymanager', type: 'Certificate' },
      terms: [term('digest', thumbprint)],
      limit: 1,
    })
    return found.length > 0
  }

  /** Does the work on a name that must not be done twice at a time in this process. */
  async alone<Result>(name: KeyName, work: () => Promise<Result>): Promise<Result> {
    const key = nameText(name)
    const before = this.#turns.get(key)
    const turn = (before ?? Promise.resolve()).then(work)
    const done = turn.catch(() => undefined)
    this.#turns.set(key, done)
    try {
      return await turn
    } finally {
      if (this.#turns.get(key) === done) this.#turns.delete(key)
    }
  }

  /** @param record its namespace, `/`, its key; null for all */
  forget(record: string | null): void {
    if (record === null) this.#cache.forgetAll()
    else if (record.startsWith(`${namespace}/`)) this.#cache.forget(record.slice(namespace.length + 1))
  }

  async #load(key: string): Promise<KeyRing | undefined> {
    const stored = await this.#records.read(key)
    if (!stored) return undefined
    const { application, reference, versions } = stored.value
    return {
      ...{ application, reference, record: stored.version },
      versions: await Promise.all(versions.map((version) => this.#opened(version))),
    }
  }

  async #opened(version: StoredVersion): Promise<KeyVersion> {
    const object = await this.#objects.find({ object: version.certificate })
    const der = await this.#provider(object.provider).open(object).export({ format: 'raw' })
    const x509 = parseCertificate(der)
    const thumbprints = [thumbprintOf(der), ...(version.before ?? [])]
    return { ...version, x509, keyId: version.importedId ?? keyIdOf(x509), thumbprints }
  }
}

/** SHA-256 of a certificate, hexadecimal. */
export function thumbprintOf(der: Uint8Array): string {
  return hash('sha256', der)
}

export function keyIdOf({ publicKey }: Certificate): string {
  return hash('sha256', publicKey.der, 'base64url')
}

/** Whether a key protects by its policy: another one takes its place some days before its certificate ends. */
export function isCurrent(
  { x509 }: Pick<KeyVersion, 'x509'>,
  object: Pick<ManagedObject, 'state' | 'created'> | undefined,
  { days, preExpireDays }: KeymanagerPolicy,
  now: number,
): boolean {
  if (object?.state !== 'Active') return false
  // A certificate that somebody else has signed, for however long, puts nothing off.
  const end = Math.min(x509.notAfter.getTime(), object.created + days * day)
  return x509.notBefore.getTime() <= now && now < end - preExpireDays * day
}

/** Of somebody else's key: its certificate alone says it. */
const theirs: KeymanagerPolicy = { days: Number.POSITIVE_INFINITY, preExpireDays: 0 }

/** The key of a name that protects now, if there is any: the newest. */
export async function currentVersion(
  { objects, clock }: Pick<KeyServices, 'objects' | 'clock'>,
  ring: KeyRing,
  policy: KeymanagerPolicy,
): Promise<KeyVersion | undefined> {
  const newest = ring.versions.at(-1)
  if (!newest) return undefined
  const { privateKey, publicKey } = newest
  const object = await objects.byId(privateKey ?? publicKey)
  // Somebody else's key is replaced by them alone.
  const terms = privateKey === null ? theirs : policy
  return isCurrent(newest, object, terms, clock.now()) ? newest : undefined
}

/** Whether keys are made for a name at all. */
export function isMadeHere(ring: KeyRing): boolean {
  return layerOf(ring) !== 'base' || !ring.versions.some(({ privateKey }) => privateKey === null)
}
