import { readAlgorithmIdentifier } from '../algorithm_identifier.js'
import { largestCrl } from '../builders/crl.js'
import { equalBytes } from '../bytes.js'
import { DerReader } from '../der/reader.js'
import { constructed, tags } from '../der/tags.js'
import {
  type CrlExtensions,
  crlExtensions,
  type EntryExtensions,
  entryExtensions,
} from '../extensions/crl_extensions.js'
import { noExtensions, readExtensions } from '../extensions/extensions.js'
import { derOf } from '../input.js'
import { malformed } from '../malformed.js'
import { directoryNames, type GeneralName } from '../name/general_name.js'
import { type Name, readName } from '../name/name.js'
import type { Signed } from '../signature.js'
import { readTime } from '../time.js'
import type { Revocation } from './revocation.js'

/** RFC 5280 section 5.1. Every array is a view of one private copy. */
export interface Crl extends Signed {
  readonly der: Uint8Array
  readonly issuer: Name
  readonly thisUpdate: Date
  /** RFC 5280 wants it of everybody. */
  readonly nextUpdate: Date | undefined
  readonly extensions: CrlExtensions
  readonly entries: CrlEntries
}

/**
 * Reads a CRL strictly: DER alone, no extension twice, every extension that Mortise knows well formed. Whether it is to be believed,
 * {@link validatePath} finds out. Blocks: a second for some 150,000 entries.
 *
 * @param input DER, or one PEM block (RFC 7468) of less than 16 MiB of DER
 * @throws MORTISE_X509_INVALID
 * @throws MORTISE_INPUT_TOO_LARGE
 */
export function parseCrl(input: Uint8Array | string): Crl {
  const der = derOf(input, 'crl', largestCrl)
  const outer = new DerReader(der)
  const fields = outer.sequence()
  outer.end()
  const { der: message } = fields.peek()
  const { signatureAlgorithm, ...read } = readTbsCertList(fields.sequence())
  const outside = readAlgorithmIdentifier(fields)
  const signature = fields.bitBytes()
  fields.end()
  if (!equalBytes(outside.der, signatureAlgorithm.der)) throw malformed('its two signature algorithms differ')
  return { der, message, signatureAlgorithm, signature, ...read }
}

function readTbsCertList(fields: DerReader) {
  const isSecond = fields.next(tags.integer)
  if (isSecond && fields.count() !== 1) throw malformed('a CRL is of version 1, which is not written, or 2')
  const signatureAlgorithm = readAlgorithmIdentifier(fields)
  const issuer = readName(fields)
  const thisUpdate = readTime(fields)
  const isTime = fields.next(tags.utcTime) || fields.next(tags.generalizedTime)
  const nextUpdate = isTime ? readTime(fields) : undefined
  const revoked = fields.next(tags.sequence) ? fields.sequence() : undefined
  const entries = new CrlEntries(issuer, revoked, isSecond)
  const extensions = readCrlExtensions(fields, isSecond)
  fields.end()
  return { signatureAlgorithm, issuer, thisUpdate, nextUpdate, entries, extensions }
}

function readCrlExtensions(fields: DerReader, areAllowed: boolean): CrlExtensions {
  if (!fields.next(constructed(0))) return noExtensions
  if (!areAllowed) throw malformed('a CRL has extensions and is not of version 2')
  const explicit = fields.constructed(constructed(0))
  const extensions = readExtensions(crlExtensions, explicit)
  explicit.end()
  return extensions
}

/** Whose certificate an entry is of: the keys of the name, joined. */
type IssuerKey = string

/** The certificates that a CRL says something about. Of each only its place is kept: there may be hundreds of thousands. */
export class CrlEntries {
  readonly #places = new Map<IssuerKey, Map<string, number>>()
  readonly #known = new Map<string, EntryExtensions>()
  #buffer = new ArrayBuffer(0) as ArrayBufferLike
  #size = 0
  #hasUnknown = false

  /** @param reader of at least one entry */
  constructor(issuer: Name, reader: DerReader | undefined, mayHaveExtensions: boolean) {
    if (reader === undefined) return
    let places = this.#placesOf(keyOf(issuer))
    do {
      const { buffer, byteOffset } = reader.peek().der
      this.#buffer = buffer
      const { serial, extensions } = this.#read(reader.sequence())
      if (extensions !== noExtensions && !mayHaveExtensions) {
        throw malformed('an entry of a CRL has extensions and the CRL is not of version 2')
      }
      if (extensions.unknownCritical.length > 0) this.#hasUnknown = true
      if (extensions.certificateIssuer) places = this.#placesOf(issuerKey(extensions.certificateIssuer))
      // What is there twice is revoked if one of the two says so.
      if (extensions.reasonCode !== 'removeFromCRL' || !places.has(serial)) places.set(serial, byteOffset)
      this.#size++
    } while (!reader.done)
  }

  get size(): number {
    return this.#size
  }

  /** Whether one of them has a critical extension that is not known: such a CRL tells nothing (section 5.3). */
  get hasUnknown(): boolean {
    return this.#hasUnknown
  }

  /** @param serialNumber as a certificate has it, hexadecimal */
  find(serialNumber: string, issuer: Name): Revocation | undefined {
    const place = this.#places.get(keyOf(issuer))?.get(latin1(Buffer.from(serialNumber, 'hex')))
    if (place === undefined) return undefined
    const { revocationDate, extensions } = this.#read(
      new DerReader(new Uint8Array(this.#buffer, place)).sequence(),
    )
    return {
      reason: extensions.reasonCode ?? 'unspecified',
      revocationDate,
      invalidityDate: extensions.invalidityDate,
    }
  }

  #placesOf(issuer: IssuerKey): Map<string, number> {
    const places = this.#places.get(issuer) ?? new Map<string, number>()
    this.#places.set(issuer, places)
    return places
  }

  #read(fields: DerReader) {
    const serial = latin1(fields.integer())
    const revocationDate = readTime(fields)
    const extensions: EntryExtensions = fields.done ? noExtensions : this.#extensions(fields)
    fields.end()
    return { serial, revocationDate, extensions }
  }

  /** Nearly all entries have one of ten: a reason alone. */
  #extensions(fields: DerReader): EntryExtensions {
    const bytes = latin1(fields.peek().der)
    const known = this.#known.get(bytes)
    if (known) {
      fields.element()
      return known
    }
    const extensions = readExtensions(entryExtensions, fields)
    if (this.#known.size < 100) this.#known.set(bytes, extensions)
    return extensions
  }
}

function keyOf(name: Name): IssuerKey {
  return name.keys.join()
}

/** Of the name that it is known by: entries of certificates whose issuer has none are nobody's. */
function issuerKey(names: readonly GeneralName[]): IssuerKey {
  const [name] = directoryNames(names)
  return name === undefined ? '' : keyOf(name)
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
