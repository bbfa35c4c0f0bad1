import { fromPem } from '../crypto/index.js'
import { MortiseError } from '../errors/index.js'
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from './algorithm_identifier.js'
import { equalBytes, hex } from './bytes.js'
import { DerReader } from './der/reader.js'
import { constructed, primitive, tags } from './der/tags.js'
import { type Extensions, noExtensions, readExtensions } from './extensions/extensions.js'
import { malformed } from './malformed.js'
import { type Name, readName } from './name/name.js'
import { type PublicKeyInfo, readPublicKeyInfo } from './public_key.js'
import { readTime } from './time.js'

/** Bytes of DER: what a TLS handshake carries, and what the store takes. */
const largest = 65_536
/** Characters of PEM: four for three bytes, and the line ends. */
const largestPem = 2 * largest

/** RFC 5280 section 4.1. Every array is a view of one private copy. */
export interface Certificate {
  readonly der: Uint8Array
  /** What is signed. */
  readonly tbsCertificate: Uint8Array
  readonly version: 1 | 2 | 3
  /** Two's complement, hexadecimal. */
  readonly serialNumber: string
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly issuer: Name
  /** Both inclusive. */
  readonly notBefore: Date
  readonly notAfter: Date
  readonly subject: Name
  readonly publicKey: PublicKeyInfo
  readonly extensions: Extensions
  readonly signature: Uint8Array
}

/**
 * Reads a certificate strictly: DER alone, no extension twice, every extension that Mortise knows well formed. Whether it is
 * trusted, {@link validatePath} says.
 *
 * @param input DER, or one PEM block (RFC 7468) of at most 64 KiB of DER
 * @throws MORTISE_X509_INVALID
 * @throws MORTISE_INPUT_TOO_LARGE
 */
export function parseCertificate(input: Uint8Array | string): Certificate {
  const der = derOf(input)
  const outer = new DerReader(der)
  const fields = outer.sequence()
  outer.end()
  const tbs = fields.element()
  if (tbs.tag !== tags.sequence) throw malformed('what is signed is no SEQUENCE')
  const signatureAlgorithm = readAlgorithmIdentifier(fields)
  const signature = fields.bitBytes()
  fields.end()
  return {
    der,
    tbsCertificate: tbs.der,
    signatureAlgorithm,
    signature,
    ...readTbsCertificate(new DerReader(tbs.content), signatureAlgorithm),
  }
}

/** RFC 5280 section 6.1: such a certificate changes a key or a policy of an authority, and is no step of a path. */
export function isSelfIssued({ subject, issuer }: Certificate): boolean {
  return subject.equals(issuer)
}

function derOf(input: Uint8Array | string): Uint8Array {
  const limit = typeof input === 'string' || input[0] === '-'.charCodeAt(0) ? largestPem : largest
  if (input.length > limit) {
    throw new MortiseError('MORTISE_INPUT_TOO_LARGE', 'a certificate has at most 65,536 bytes')
  }
  const bytes = Buffer.from(input as Uint8Array)
  try {
    return fromPem('x509', bytes)
  } catch {
    throw malformed('the PEM text is not one CERTIFICATE block (RFC 7468)')
  }
}

function readTbsCertificate(fields: DerReader, outer: AlgorithmIdentifier) {
  const version = readVersion(fields)
  const serialNumber = hex(fields.integer())
  const inner = readAlgorithmIdentifier(fields)
  if (!equalBytes(inner.der, outer.der)) throw malformed('its two signature algorithms differ')
  const issuer = readName(fields)
  const validity = fields.sequence()
  const [notBefore, notAfter] = [readTime(validity), readTime(validity)]
  validity.end()
  const subject = readName(fields)
  const publicKey = readPublicKeyInfo(fields)
  for (const uniqueIdentifier of [primitive(1), primitive(2)]) {
    if (!fields.next(uniqueIdentifier)) continue
    if (version === 1) throw malformed('version 1 has unique identifiers')
    fields.bitString(uniqueIdentifier)
  }
  const extensions = readVersionedExtensions(fields, version)
  fields.end()
  return {
    version,
    serialNumber,
    issuer,
    notBefore,
    notAfter,
    subject,
    publicKey,
    extensions,
  }
}

function readVersion(fields: DerReader): 1 | 2 | 3 {
  if (!fields.next(constructed(0))) return 1
  const explicit = fields.constructed(constructed(0))
  const version = explicit.count()
  explicit.end()
  if (version === 1) return 2
  if (version === 2) return 3
  throw malformed('its version is not 2 or 3, or is the default spelt out')
}

function readVersionedExtensions(fields: DerReader, version: 1 | 2 | 3): Extensions {
  if (!fields.next(constructed(3))) return noExtensions
  if (version !== 3) throw malformed('it has extensions and is not of version 3')
  const explicit = fields.constructed(constructed(3))
  const extensions = readExtensions(explicit)
  explicit.end()
  return extensions
}
