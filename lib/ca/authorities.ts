import { Cache } from '../access/index.js'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { KeyServices, Objects } from '../keys/index.js'
import type { ManagedObject, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { type Certificate, type CertificationRequest, parseCertificate, parseRequest } from '../x509/index.js'

/** Key: the id of the authority. */
const namespace = 'authority'
const cachedAuthorities = 1000

/** How an authority issues; of a local one. */
export interface IssuingSettings {
  /** Days for which a CRL holds; another is made when two thirds of them are over. */
  readonly crlDays: number
  /** Among how many CRLs what is issued from now on is divided, each with a distribution point of its own: 1 for none. */
  readonly crlPartitions: number
  /** Whether a revocation makes a delta CRL, and the whole one is made in its time. */
  readonly deltaCrls: boolean
  /** Where its CRL, its OCSP responder and its own certificate are found: what certificates say that it issues. */
  readonly crlUrls: readonly string[]
  readonly ocspUrls: readonly string[]
  readonly issuerUrls: readonly string[]
}

/** Whom certificates below an authority let in here. */
export interface AuthorityTrust {
  /** TLS clients, which are who their certificate says with each request. */
  readonly clients: boolean
  /** People and programs that log in with a certificate. */
  readonly users: boolean
}

export const noTrust: AuthorityTrust = { clients: false, users: false }

/** What its key is: a row of the algorithm table, bits, and of EC the curve. */
export interface AuthorityKey {
  readonly algorithm: string
  readonly length: number
  readonly curve: string | null
}

/** What is kept of an authority beside its objects. */
export interface AuthorityRecord {
  /** Of a local one the id of its private key, of an external one that of its certificate. */
  readonly id: string
  readonly kind: AuthorityKind
  /** That of the object, which never changes. */
  readonly name: string | null
  /** RFC 4514. */
  readonly subject: string
  /** Null of an external one. */
  readonly key: AuthorityKey | null
  /** PKCS#10 as DER, base64; null of an external one. */
  readonly request: string | null
  /** Id of the Certificate object; null while it is pending. */
  readonly certificate: string | null
  /** Id of the authority that has signed it; null of a root, and where that is not here. */
  readonly parent: string | null
  readonly parentKind: AuthorityKind | null
  /** The certificates above its own as DER, base64: they stay though the parent is deleted. */
  readonly chain: readonly string[]
  /** Whether it issues. */
  readonly enabled: boolean
  readonly settings: IssuingSettings
  readonly trust: AuthorityTrust
  /** Milliseconds since 1970. */
  readonly created: number
  readonly updated: number
}

export type AuthorityKind = 'local' | 'external'

/** `expired` and `disabled` are Active keys whose authority issues nothing; it still revokes. */
export type AuthorityState = 'pending' | 'active' | 'expired' | 'disabled'

/** An authority with its certificates read. */
export interface Authority {
  readonly record: AuthorityRecord
  readonly version: number
  /** Undefined while it is pending. */
  readonly certificate: Certificate | undefined
  /** From the one that has signed it up to the root, as far as they are known. */
  readonly chain: readonly Certificate[]
}

/** Certificate authorities: sealed records beside the objects that are their keys and certificates. */
export class Authorities {
  readonly #barrier: Barrier
  readonly #objects: Objects
  readonly #provider: KeyServices['provider']
  readonly #records: RecordReader<AuthorityRecord>
  readonly #cache: Cache<Authority>

  constructor(
    store: Store,
    { barrier, objects, provider }: Pick<KeyServices, 'barrier' | 'objects' | 'provider'>,
  ) {
    this.#barrier = barrier
    this.#objects = objects
    this.#provider = provider
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(cachedAuthorities, (id) => this.#load(id))
  }

  /** From memory where it is known. @throws MORTISE_BARRIER_INTEGRITY */
  get(id: string): Promise<Authority | undefined> {
    return this.#cache.get(id)
  }

  /** That of an object. @throws MORTISE_CA_NOT_FOUND for an object that belongs to one, and is none */
  async of({ id }: Pick<ManagedObject, 'id'>): Promise<Authority> {
    const authority = await this.get(id)
    if (authority) return authority
    throw new MortiseError('MORTISE_CA_NOT_FOUND', 'the object is no certificate authority')
  }

  /** The same as the store has it now: for whoever is about to change it. */
  async read(object: Pick<ManagedObject, 'id'>): Promise<Authority> {
    this.forget(object.id)
    return this.of(object)
  }

  /** All of them in the order in which they were made. */
  async all(): Promise<Authority[]> {
    const all: Authority[] = []
    for await (const { key } of this.#records.all()) {
      const authority = await this.get(key)
      if (authority) all.push(authority)
    }
    return all
  }

  write(record: AuthorityRecord, version: number): RecordWrite {
    const identity = { namespace, key: record.id, version, expires: null, index: {} }
    return writeRecord(this.#barrier, identity, record)
  }

  remove({ record, version }: Authority): RecordWrite {
    return { remove: { namespace, key: record.id, version } }
  }

  forget(id: string): void {
    this.#cache.forget(id)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }

  async #load(id: string): Promise<Authority | undefined> {
    const stored = await this.#records.read(id)
    return stored && this.#opened(stored)
  }

  async #opened({ value: record, version }: Stored<AuthorityRecord>): Promise<Authority> {
    const chain = record.chain.map((der) => parseCertificate(Buffer.from(der, 'base64')))
    if (record.certificate === null) return { record, version, certificate: undefined, chain }
    const object = await this.#objects.find({ object: record.certificate })
    const der = await this.#provider(object.provider).open(object).export({ format: 'raw' })
    return { record, version, certificate: parseCertificate(der), chain }
  }
}

/** What a pending authority wants to be certified. @throws MORTISE_CA_STATE for an external one */
export function requestOf({ record }: Authority, policy: KeyServices['policy']): CertificationRequest {
  if (record.request === null) throw wrongState(record, 'it is not of here')
  return parseRequest(Buffer.from(record.request, 'base64'), { policy })
}

/** As it is kept. */
export function storedChain(chain: readonly Certificate[]): readonly string[] {
  return chain.map(({ der }) => Buffer.from(der).toString('base64'))
}

/** @param now milliseconds since 1970 */
export function stateOf({ record, certificate }: Authority, now: number): AuthorityState {
  if (!certificate) return 'pending'
  // It is valid through the whole of its last second.
  if (certificate.notAfter.getTime() + 1000 <= now) return 'expired'
  return record.enabled ? 'active' : 'disabled'
}

export function wrongState({ id, name }: AuthorityRecord, why: string): MortiseError {
  return new MortiseError('MORTISE_CA_STATE', `the authority ${name ?? id} cannot do this: ${why}`, {
    details: { authority: id },
  })
}
