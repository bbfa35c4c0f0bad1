import { type AlgorithmIdentifier, readAlgorithmIdentifier } from './algorithm_identifier.js'
import { equalBytes, hex } from './bytes.js'
import { DerReader } from './der/reader.js'
import { constructed, primitive, tags } from './der/tags.js'
import { certificateExtensions, type Extensions } from './extensions/certificate_extensions.js'
import { noExtensions, readExtensions } from './extensions/extensions.js'
import { derOf } from './input.js'
import { malformed } from './malformed.js'
import { type Name, readName } from './name/name.js'
import { type PublicKeyInfo, readPublicKeyInfo } from './public_key.js'
import type { Signed } from './signature.js'
import { readTime } from './time.js'

/** Bytes of DER: what a TLS handshake carries, and what the store takes. */
const largest = 65_536

/** What is signed of a certificate (RFC 5280 section 4.1.2). */
export interface TbsCertificate {
  readonly version: 1 | 2 | 3
  /** Two's complement, hexadecimal. */
  readonly serialNumber: string
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly issuer: Name
  /** DER. */
  readonly validity: Uint8Array
  /** Both inclusive. */
  readonly notBefore: Date
  readonly notAfter: Date
  readonly subject: Name
  readonly publicKey: PublicKeyInfo
  readonly extensions: Extensions
}

/** RFC 5280 section 4.1. Every array is a view of one private copy. */
export interface Certificate extends TbsCertificate, Signed {
  readonly der: Uint8Array
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
  const der = derOf(input, 'x509', largest)
  const outer = new DerReader(der)
  const fields = outer.sequence()
  outer.end()
  const tbs = fields.element()
  if (tbs.tag !== tags.sequence) throw malformed('what is signed is no SEQUENCE')
  const signatureAlgorithm = readAlgorithmIdentifier(fields)
  const signature = fields.bitBytes()
  fields.end()
  const read = readTbsCertificate(new DerReader(tbs.content))
  if (!equalBytes(read.signatureAlgorithm.der, signatureAlgorithm.der)) {
    throw malformed('its two signature algorithms differ')
  }
  return { der, message: tbs.der, signature, ...read }
}

/**
 * Reads what is to be signed of a certificate, to be looked at before it is: as strictly as {@link parseCertificate}.
 *
 * @param der TBSCertificate
 * @throws MORTISE_X509_INVALID
 */
export function parseTbsCertificate(der: Uint8Array): TbsCertificate {
  const outer = new DerReader(der)
  const tbs = readTbsCertificate(outer.sequence())
  outer.end()
  return tbs
}

/** RFC 5280 section 6.1: such a certificate changes a key or a policy of an authority, and is no step of a path. */
export function isSelfIssued({ subject, issuer }: TbsCertificate): boolean {
  return subject.equals(issuer)
}

function readTbsCertificate(fields: DerReader): TbsCertificate {
  const version = readVersion(fields)
  const serialNumber = hex(fields.integer())
  const signatureAlgorithm = readAlgorithmIdentifier(fields)
  const issuer = readName(fields)
  const { der: validity } = fields.peek()
  const times = fields.sequence()
  const [notBefore, notAfter] = [readTime(times), readTime(times)]
  times.end()
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
    signatureAlgorithm,
    issuer,
    validity,
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
  const extensions = readExtensions(certificateExtensions, explicit)
  explicit.end()
  return extensions
}
