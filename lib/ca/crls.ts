import { Cache } from '../access/index.js'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'

/** Key: the id of the authority, a slash, the number of the CRL in 20 digits; behind it a slash and which part it is. */
const namespace = 'crl'
/** Key: the id of the authority. */
const headNamespace = 'crl-head'
/** How long a CRL is kept once another one is due in its place: milliseconds. */
const keptAfter = 30 * 86_400_000
/** Authorities. A CRL may have 16 MiB; whoever asks for one again and again must not have it opened each time. */
const inMemory = 20

/** Which CRL of an authority: the one about all that it has issued where nothing is said. */
export interface CrlPart {
  /** The one about those whose distribution point it is: 1, 2, ... */
  readonly partition?: number
  /** What has changed since the whole one (RFC 5280 section 5.2.4). */
  readonly delta?: boolean
}

/** A certificate revocation list (RFC 5280 section 5). */
export interface Crl extends CrlPart {
  /** Id of the authority. */
  readonly authority: string
  /** 1, 2, ... (section 5.2.3): the same of all parts that are made at once. */
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

/** The newest CRLs of an authority. */
export interface CrlHead {
  /** Of the whole ones. */
  readonly number: number
  readonly thisUpdate: number
  /** Number of the newest delta CRLs, where there are some. */
  readonly delta?: number
  /** How many partitions there are beside the one for all: what names one may be valid for years. */
  readonly partitions?: number
  /** The addresses that distribution points were ever below: any of them may be what a certificate names. */
  readonly bases?: readonly string[]
  /** Key of the job that makes the next whole ones. */
  readonly job: string
}

/** CRLs are records that go some time after they hold no more; the head of each authority stays. */
export class Crls {
  readonly #barrier: Barrier
  readonly #records: RecordReader<StoredCrl>
  readonly #heads: RecordReader<CrlHead>
  /** Of each authority the head, and what was asked for of the newest. */
  readonly #newest = new Cache<{
    readonly head: CrlHead
    readonly known: Map<string, Promise<Crl | undefined>>
  }>(inMemory, async (authority) => {
    const head = await this.head(authority)
    return head && { head: head.value, known: new Map() }
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
  async newest(authority: string, part: CrlPart = {}): Promise<Crl | undefined> {
    const newest = await this.#newest.get(authority)
    const number = part.delta ? newest?.head.delta : newest?.head.number
    const { partition = 0 } = part
    if (!newest || number === undefined || partition > (newest.head.partitions ?? 0)) return undefined
    const key = keyOf(authority, number, part)
    const found = newest.known.get(key) ?? this.#read(key)
    newest.known.set(key, found)
    found.catch(() => newest.known.delete(key))
    return found
  }

  /** The one about all. @throws MORTISE_BARRIER_INTEGRITY */
  numbered(authority: string, number: number): Promise<Crl | undefined> {
    return this.#read(keyOf(authority, number))
  }

  /** The rows of the next ones. */
  write(
    crls: readonly Crl[],
    authority: string,
    head: CrlHead,
    before: Stored<CrlHead> | undefined,
  ): RecordWrite[] {
    const identity = { namespace: headNamespace, key: authority, expires: null, index: {} }
    return [
      ...crls.map((crl) => {
        const key = keyOf(authority, crl.number, crl)
        const expires = crl.nextUpdate + keptAfter
        return writeRecord(
          this.#barrier,
          { namespace, key, version: 1, index: { authority }, expires },
          { ...crl, der: crl.der.toString('base64') },
        )
      }),
      writeRecord(this.#barrier, { ...identity, version: (before?.version ?? 0) + 1 }, head),
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

  /** A record was written: its namespace, `/`, its key; null: everything may have been. */
  forget(record: string | null): void {
    if (record === null) this.#newest.forgetAll()
    else if (record.startsWith(`${headNamespace}/`))
      this.#newest.forget(record.slice(headNamespace.length + 1))
  }

  async #read(key: string): Promise<Crl | undefined> {
    const stored = await this.#records.read(key)
    return stored && { ...stored.value, der: Buffer.from(stored.value.der, 'base64') }
  }
}

function keyOf(authority: string, number: number, { partition, delta = false }: CrlPart = {}): string {
  const whole = `${authority}/${String(number).padStart(20, '0')}`
  return `${whole}${partition === undefined ? '' : `/${partition}`}${delta ? '/delta' : ''}`
}
