import { hash } from 'node:crypto'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { RecordQuery, RecordTerm, Store } from '../storage/index.js'
import { keysOfText, type Name } from '../x509/index.js'
import type { Revocation } from './revocation.js'

/** Key: the id of the certificate, which begins with the time. */
const namespace = 'certificate'
const commonName = '2.5.4.3'

/**
 * How an issued certificate stands. `unconfirmed`: it was to be signed, and that it was is not known: its serial number can be
 * revoked like any. Whether it has expired, the clock says.
 */
export type CertificateStanding = 'unconfirmed' | 'good' | 'held' | 'revoked'

/** A certificate that an authority has issued, or was about to. */
export interface CertificateRecord {
  /** UUID. */
  readonly id: string
  /** Id of the authority. */
  readonly authority: string
  readonly name: string | null
  readonly profile: string
  /** Hexadecimal. */
  readonly serial: string
  /** RFC 4514. */
  readonly subject: string
  /** What {@link CertificateRecord.subject} is found by. */
  readonly subjectKeys: readonly string[]
  readonly commonName: string | null
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  /** DER, base64; null of one that is unconfirmed. */
  readonly der: string | null
  readonly revocation: Revocation | null
  /** When a hold was taken back last: a delta CRL says so. */
  readonly resumed?: number
  /** The CRL that its distribution point is, where they are divided: 1, 2, ... */
  readonly partition?: number
  /** Principal id of whoever had it issued. */
  readonly owner: string
  readonly created: number
  readonly updated: number
  /** Whether it was taken off the lists: what it is worth has not changed by that. */
  readonly deleted: boolean
}

/** What certificates are asked for by; everything that is given must hold. */
export interface CertificateFilter {
  /** RFC 4514, compared as RFC 5280 section 7.1 says. */
  readonly subject?: string
  /** The common name of the subject, without regard to case. */
  readonly commonName?: string
  /** The name that it was given here, without regard to case. */
  readonly name?: string
  /** Hexadecimal. */
  readonly serial?: string
  /** SHA-256 of the DER, hexadecimal. */
  readonly fingerprint?: string
}

/** The same, of one authority. */
export interface IssuedFilter extends CertificateFilter {
  /** `active` are neither revoked, held nor expired. Default: all but those that are unconfirmed. */
  readonly state?: CertificateState
  /** Milliseconds since 1970: those that are not valid any more by then, and are now. */
  readonly expiresBy?: number
}

export const certificateStates = ['active', 'expired', 'held', 'revoked', 'unconfirmed'] as const
export type CertificateState = (typeof certificateStates)[number]

/** The certificates that authorities have issued. */
export class Certificates {
  readonly #store: Store
  readonly #barrier: Barrier
  readonly #records: RecordReader<CertificateRecord>

  constructor(store: Store, barrier: Barrier) {
    this.#store = store
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  get(id: string): Promise<Stored<CertificateRecord> | undefined> {
    return this.#records.read(id)
  }

  /** One of an authority that is on its lists. @throws MORTISE_CERTIFICATE_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
  async find(authority: string, id: string): Promise<Stored<CertificateRecord>> {
    const stored = await this.get(id)
    if (stored && stored.value.authority === authority && !stored.value.deleted) return stored
    throw new MortiseError('MORTISE_CERTIFICATE_NOT_FOUND', `the authority has no certificate ${id}`)
  }

  /** The one of a serial number, whether on the lists or not: what a question after its standing is about. */
  async ofSerial(authority: string, serial: string): Promise<CertificateRecord | undefined> {
    for (const field of ['serial', 'deleted']) {
      const value = of(authority, serial)
      for (const stored of await this.#records.page(1, undefined, { field, value })) {
        if (stored.value.authority === authority && stored.value.serial === serial) return stored.value
      }
    }
    return undefined
  }

  /** Those of an authority that a CRL has on it, or would have if they had not expired; and those that were, until a hold was taken back. */
  async *revoked(authority: string): AsyncGenerator<CertificateRecord> {
    for await (const { value } of this.#records.all({ field: 'crl', value: authority })) yield value
  }

  /** A page of what an authority has issued, in the order in which it did, and how many fit. */
  async list(
    authority: string,
    { state, expiresBy, ...filter }: IssuedFilter,
    { skip, limit }: { readonly skip: number; readonly limit: number },
    now: number,
  ): Promise<{ found: CertificateRecord[]; total: number }> {
    const all = termsOf([authority], filter)
    const none: RecordTerm[] = []
    const through = (time: number): RecordTerm => ({
      namespace,
      field: expiryOf(authority),
      through: dateText(time),
    })
    const exceptional = state === undefined || state === 'active' || state === 'expired' ? undefined : state
    const order = listOf(authority, exceptional)
    if (state === 'active')
      none.push(onList(listOf(authority, 'held')), onList(listOf(authority, 'revoked')), through(now))
    if (state === 'expired') all.push(through(now))
    if (expiresBy !== undefined) {
      all.push(through(expiresBy))
      none.push(through(now))
    }
    // Only where nothing else is asked for the order alone says which.
    if (exceptional !== undefined && all.length > 0) all.push(onList(order))
    return this.#found({ order, all, none, skip, limit })
  }

  /** The same of several authorities, by what few certificates have in common. */
  search(
    authorities: readonly string[],
    filter: CertificateFilter,
    part: { readonly skip: number; readonly limit: number },
  ): Promise<{ found: CertificateRecord[]; total: number }> {
    return this.#found({ order: 'order', all: termsOf(authorities, filter), ...part })
  }

  write(record: CertificateRecord, version: number): RecordWrite {
    const { id, der, deleted, revocation, authority, serial } = record
    const index = deleted
      ? { deleted: of(authority, serial), ...onCrl(record) }
      : der === null && !revocation
        ? { serial: of(authority, serial), [listOf(authority, 'unconfirmed')]: id }
        : indexOf(record)
    const identity = { namespace, key: id, version, expires: null, index }
    return writeRecord(this.#barrier, identity, record)
  }

  /** Whether an id was used before. */
  async isTaken(id: string): Promise<boolean> {
    return (await this.#store.record(namespace, id)) !== undefined
  }

  async #found(query: RecordQuery): Promise<{ found: CertificateRecord[]; total: number }> {
    const { found, total } = await this.#records.find(query)
    return { found: found.map(({ value }) => value), total }
  }
}

export function standingOf({ der, revocation }: CertificateRecord): CertificateStanding {
  if (revocation) return revocation.reason === 'certificateHold' ? 'held' : 'revoked'
  return der === null ? 'unconfirmed' : 'good'
}

/** What the record says of a subject. */
export function subjectFacts(
  subject: Name,
): Pick<CertificateRecord, 'subject' | 'subjectKeys' | 'commonName'> {
  return {
    subject: subject.text,
    subjectKeys: subject.keys,
    commonName: subject.valuesOf(commonName).at(-1) ?? null,
  }
}

function indexOf(record: CertificateRecord): Readonly<Record<string, string>> {
  const { id, authority, name, serial, subjectKeys, der, revocation } = record
  return {
    [listOf(authority)]: id,
    [expiryOf(authority)]: dateText(record.notAfter),
    serial: of(authority, serial),
    subject: of(authority, subjectText(subjectKeys)),
    ...(record.commonName !== null && { commonName: of(authority, folded(record.commonName)) }),
    ...(name !== null && { name: of(authority, folded(name)) }),
    ...(der !== null && { fingerprint: of(authority, hash('sha256', Buffer.from(der, 'base64'), 'hex')) }),
    ...(revocation && { [listOf(authority, standingOf(record))]: id }),
    ...onCrl(record),
  }
}

function onCrl({ authority, revocation, resumed }: CertificateRecord): Readonly<Record<string, string>> {
  return revocation || resumed !== undefined ? { crl: authority } : {}
}

/** Fields whose values are in the order of a list of one authority, which is read without looking at others. */
const listOf = (authority: string, standing: CertificateStanding = 'good') => `${standing} ${authority}`
const expiryOf = (authority: string) => `expiry ${authority}`

/** Whatever is on a list. */
function onList(field: string): RecordTerm {
  return { namespace, field, through: '~' }
}

/** Characters: 132 bits, which nothing else has. The less an index holds, the faster it grows. */
const indexed = 22

/** What is compared by equality alone is of one authority: what goes with it is out of reach with it. */
function of(authority: string, value: string): string {
  return hash('sha256', `${authority} ${value}`, 'base64url').slice(0, indexed)
}

function termsOf(authorities: readonly string[], filter: CertificateFilter): RecordTerm[] {
  const values: readonly (readonly [string, string | undefined])[] = [
    ['subject', filter.subject === undefined ? undefined : subjectText(keysOfText(filter.subject))],
    ['commonName', filter.commonName === undefined ? undefined : folded(filter.commonName)],
    ['name', filter.name === undefined ? undefined : folded(filter.name)],
    ['serial', filter.serial === undefined ? undefined : serialText(filter.serial)],
    ['fingerprint', filter.fingerprint?.toLowerCase()],
  ]
  return values.flatMap(([field, value]) =>
    value === undefined ? [] : [{ namespace, field, values: authorities.map((one) => of(one, value)) }],
  )
}

function subjectText(keys: readonly string[]): string {
  return keys.join(',')
}

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

/** Hexadecimal in lower case, without zeros in front. */
export function serialText(hexadecimal: string): string {
  const text = hexadecimal.toLowerCase().replace(/^0+(?=.)/, '')
  if (/^[0-9a-f]{1,64}$/.test(text)) return text
  throw new MortiseError('MORTISE_INPUT_INVALID', 'a serial number is 1 to 64 hexadecimal digits')
}

/** 16 digits hold every date that there is. */
function dateText(milliseconds: number): string {
  return String(Math.max(0, milliseconds)).padStart(16, '0')
}
