import { Cache } from '../access/index.js'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'

/** Key: the id of the authority, a slash, the number of the CRL in 20 digits. */
const namespace = 'crl'
/** Key: the id of the authority. */
const headNamespace = 'crl-head'
/** How long a CRL is kept once another one is due in its place: milliseconds. */
const keptAfter = 30 * 86_400_000
/** Each may have 16 MiB; whoever asks for one again and again must not have it opened each time. */
const inMemory = 20

/** A certificate revocation list (RFC 5280 section 5). */
export interface Crl {
  /** Id of the authority. */
  readonly authority: string
  /** 1, 2, ... (section 5.2.3). */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly thisUpdate: number
  readonly nextUpdate: number
  /** How many certificates are on it. */
  readonly entries: number
  /** DER. */
  readonly der: Buffer
}

interface StoredCrl extends Omit<Crl, 'der'> {
  readonly der: string
}

/** The newest CRL of an authority, and the key of the job that makes the next one. */
interface CrlHead extends Pick<Crl, 'number' | 'thisUpdate'> {
  readonly job: string
}

/** CRLs are records that go some time after they hold no more; the head of each authority stays. */
export class Crls {
  readonly #barrier: Barrier
  readonly #records: RecordReader<StoredCrl>
  readonly #heads: RecordReader<CrlHead>
  readonly #newest = new Cache<Crl>(inMemory, async (authority) => {
    const head = await this.head(authority)
    return head && this.numbered(authority, head.value.number)
  })

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
    this.#heads = new RecordReader(store, barrier, headNamespace)
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  head(authority: string): Promise<Stored<CrlHead> | undefined> {
    return this.#heads.read(authority)
  }

  /** The newest one, from memory where it is known. @throws MORTISE_BARRIER_INTEGRITY */
  newest(authority: string): Promise<Crl | undefined> {
    return this.#newest.get(authority)
  }

  /** A record was written: its namespace, `/`, its key; null: everything may have been. */
  forget(record: string | null): void {
    if (record === null) this.#newest.forgetAll()
    else if (record.startsWith(`${headNamespace}/`))
      this.#newest.forget(record.slice(headNamespace.length + 1))
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  async numbered(authority: string, number: number): Promise<Crl | undefined> {
    const stored = await this.#records.read(keyOf(authority, number))
    return stored && { ...stored.value, der: Buffer.from(stored.value.der, 'base64') }
  }

  /** The rows of the next one. */
  write(crl: Crl, job: string, before: Stored<CrlHead> | undefined): RecordWrite[] {
    const { authority, number, thisUpdate, nextUpdate } = crl
    const identity = { namespace, key: keyOf(authority, number), version: 1, index: { authority } }
    const head = { namespace: headNamespace, key: authority, expires: null, index: {} }
    return [
      writeRecord(
        this.#barrier,
        { ...identity, expires: nextUpdate + keptAfter },
        { ...crl, der: crl.der.toString('base64') },
      ),
      writeRecord(
        this.#barrier,
        { ...head, version: (before?.version ?? 0) + 1 },
        { number, thisUpdate, job },
      ),
    ]
  }

  /** What goes with an authority. */
  async removals(authority: string): Promise<RecordWrite[]> {
    const head = await this.head(authority)
    if (!head) return []
    const removals: RecordWrite[] = [{ remove: { namespace: headNamespace, key: authority } }]
    for await (const { key } of this.#records.all({ field: 'authority', value: authority }))
      removals.push({ remove: { namespace, key } })
    return removals
  }
}

function keyOf(authority: string, number: number): string {
  return `${authority}/${String(number).padStart(20, '0')}`
}
