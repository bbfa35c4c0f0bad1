import { MortiseError } from '../errors/index.js'
import { type Certificate, parseCertificate } from './certificate.js'
import { DerReader } from './der/reader.js'
import { constructed, tags } from './der/tags.js'
import { derOf } from './input.js'
import { malformed } from './malformed.js'

/** Characters. */
const longest = 1_000_000
const label = /-----BEGIN ([^-\r\n]+)-----/g
const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/**
 * The blocks of a text with certificates as PEM (RFC 7468), with whatever tools write between them.
 *
 * @param name of the text, for errors
 * @param most how many there may be
 * @throws MORTISE_INPUT_INVALID, MORTISE_INPUT_TOO_LARGE
 */
export function certificateBlocks(name: string, pem: string, most: number): readonly string[] {
  if (pem.length > longest) throw new MortiseError('MORTISE_INPUT_TOO_LARGE', `${name}: the text is too long`)
  const labels = [...pem.matchAll(label)].map(([, text]) => text)
  const stranger = labels.find((text) => text !== 'CERTIFICATE')
  if (stranger !== undefined) throw invalid(`${name} has a ${stranger} in it: give certificates alone`)
  const blocks = pem.match(block) ?? []
  if (blocks.length >= 1 && blocks.length <= most && blocks.length === labels.length) return blocks
  throw invalid(`${name} must be ${most === 1 ? 'one certificate' : `1 to ${most} certificates`} as PEM`)
}

const signedData = '1.2.840.113549.1.7.2'
/** Bytes of DER. */
const largestBundle = 1_000_000

/**
 * The certificates of PKCS#7 (RFC 5652 section 5.1) in the order in which they stand; who has signed what besides is not looked at.
 *
 * @param input DER, or one PEM block
 * @param most how many there may be
 * @throws MORTISE_X509_INVALID, MORTISE_INPUT_TOO_LARGE
 */
export function parseCertificateBundle(input: Uint8Array | string, most: number): readonly Certificate[] {
  const outer = new DerReader(derOf(input, 'pkcs7', largestBundle))
  const info = outer.sequence()
  outer.end()
  if (info.oid() !== signedData) throw malformed('it is no SignedData')
  const content = info.constructed(constructed(0)).sequence()
  content.count()
  content.content(tags.set)
  content.content(tags.sequence)
  const certificates = content.constructed(constructed(0))
  const all = certificates.every((reader) => reader.element())
  if (all.length > most)
    throw new MortiseError('MORTISE_INPUT_TOO_LARGE', `a bundle has ${most} certificates at most`)
  return all.map(({ der }) => parseCertificate(der))
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
