import type { Policy } from '../crypto/index.js'
import { signatureFault } from './admission.js'
import { readAlgorithmIdentifier } from './algorithm_identifier.js'
import { DerReader } from './der/reader.js'
import { constructed, tags } from './der/tags.js'
import { certificateExtensions, type Extensions } from './extensions/certificate_extensions.js'
import { noExtensions, readExtensions } from './extensions/extensions.js'
import { derOf } from './input.js'
import { malformed } from './malformed.js'
import { type Name, readName } from './name/name.js'
import { type PublicKeyInfo, readPublicKeyInfo } from './public_key.js'
import type { Signed } from './signature.js'

/** Bytes of DER. */
const largest = 65_536
/** Nobody needs more; each is at most as large as the whole. */
const mostAttributes = 20
const mostNames = 1_000

/** Object identifier of the attribute in which extensions are asked for (RFC 2985 section 5.4.2). */
export const extensionRequest = '1.2.840.113549.1.9.14'

/** PKCS#10 (RFC 2986), whose signature is valid. Every array is a view of one private copy. */
export interface CertificationRequest extends Signed {
  readonly der: Uint8Array
  readonly subject: Name
  readonly publicKey: PublicKeyInfo
  /** What is asked for. Nothing obliges an authority to grant it. */
  readonly extensions: Extensions
  /** Object identifiers of all attributes: a challenge password (1.2.840.113549.1.9.7) is not read. */
  readonly attributes: readonly string[]
}

/**
 * Reads a certification request strictly and verifies that who asks has the key: DER alone, no attribute or extension twice, every
 * extension that Mortise knows well formed.
 *
 * @param input DER, or one PEM block (RFC 7468) of at most 64 KiB of DER
 * @param options.policy which algorithms and keys are admitted; RSA of less than 2,048 bits never is. Default `approved`
 * @throws MORTISE_X509_INVALID
 * @throws MORTISE_INPUT_TOO_LARGE
 */
export function parseRequest(
  input: Uint8Array | string,
  options: { readonly policy?: Policy } = {},
): CertificationRequest {
  const der = derOf(input, 'pkcs10', largest)
  const outer = new DerReader(der)
  const fields = outer.sequence()
  outer.end()
  const info = fields.peek()
  const { subject, publicKey, ...attributes } = readInfo(fields.sequence())
  const signed = {
    message: info.der,
    signatureAlgorithm: readAlgorithmIdentifier(fields),
    signature: fields.bitBytes(),
  }
  fields.end()
  const fault = signatureFault(signed, publicKey, options.policy)
  if (fault !== undefined) throw malformed(`the certification request ${fault}`)
  return { der, subject, publicKey, ...attributes, ...signed }
}

function readInfo(fields: DerReader) {
  if (fields.count() !== 0) throw malformed('the certification request is not of version 1')
  const subject = readName(fields)
  const publicKey = readPublicKeyInfo(fields)
  // Some leave out even an empty set of attributes.
  const attributes = fields.next(constructed(0))
    ? fields.constructed(constructed(0))
    : new DerReader(new Uint8Array())
  fields.end()
  return { subject, publicKey, ...readAttributes(attributes) }
}

function readAttributes(reader: DerReader) {
  const attributes: string[] = []
  let extensions: Extensions = noExtensions
  while (!reader.done) {
    const fields = reader.sequence()
    const type = fields.oid()
    const values = fields.constructed(tags.set)
    fields.end()
    if (attributes.includes(type)) throw malformed(`the attribute ${type} is there twice`)
    if (attributes.length === mostAttributes)
      throw malformed(`there are more than ${mostAttributes} attributes`)
    attributes.push(type)
    if (type !== extensionRequest) continue
    extensions = readExtensions(certificateExtensions, values)
    values.end()
    if ((extensions.subjectAltName ?? []).length > mostNames) {
      throw malformed(`there are more than ${mostNames} alternative names`)
    }
  }
  return { attributes, extensions }
}
