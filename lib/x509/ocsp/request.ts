import { MortiseError } from '../../errors/index.js'
import { DerReader } from '../der/reader.js'
import { constructed } from '../der/tags.js'
import { nothing, sequence, value } from '../der/writer.js'
import { readExtensions, writeExtensions } from '../extensions/extensions.js'
import { malformed } from '../malformed.js'
import { readGeneralName } from '../name/general_name.js'
import { type CertId, type OcspCertificate, readCertId, writeCertId } from './cert_id.js'
import { ocspExtensions } from './extensions.js'

/** Bytes of DER. */
const largest = 16_384
const mostCertificates = 100

/** RFC 6960 section 4.1. Who asks is not authenticated: a signature is read over. */
export interface OcspRequest {
  readonly certificates: readonly CertId[]
  /** To be answered with; undefined where the answer may be one that was made before. */
  readonly nonce: Uint8Array | undefined
}

/**
 * Reads what a client asks, strictly: DER alone, at most 100 certificates, no critical extension that is not known.
 *
 * @param input the body of a POST; or, as text, what stands in the path of a GET behind the responder's address: base64, percent-encoded
 *   or not (RFC 6960 appendix A.1). At most 16 KiB of DER
 * @throws MORTISE_X509_INVALID: to be answered with `malformedRequest`
 * @throws MORTISE_INPUT_TOO_LARGE
 */
export function parseOcspRequest(input: Uint8Array | string): OcspRequest {
  const outer = new DerReader(bytesOf(input))
  const fields = outer.sequence()
  outer.end()
  const request = readTbsRequest(fields.sequence())
  if (fields.next(constructed(0))) fields.element()
  fields.end()
  return request
}

function bytesOf(input: Uint8Array | string): Uint8Array {
  // Percent-encoded, each of the four characters for three bytes may take three.
  if (input.length > (typeof input === 'string' ? 4 * largest : largest)) {
    throw new MortiseError('MORTISE_INPUT_TOO_LARGE', `an OCSP request has at most ${largest} bytes`)
  }
  if (typeof input !== 'string') return Buffer.from(input)
  const text = percentDecoded(input)
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw malformed('the path of an OCSP request is not base64')
  if (bytes.length > largest) {
    throw new MortiseError('MORTISE_INPUT_TOO_LARGE', `an OCSP request has at most ${largest} bytes`)
  }
  return bytes
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw malformed('the path of an OCSP request is not percent-encoded')
  }
}

function readTbsRequest(fields: DerReader): OcspRequest {
  // Version 1 is the default, and there is no other.
  if (fields.next(constructed(0))) throw malformed('an OCSP request is not of version 1')
  if (fields.next(constructed(1))) readGeneralName(fields.constructed(constructed(1)))
  const certificates: CertId[] = []
  const list = fields.sequence()
  do {
    if (certificates.length === mostCertificates) {
      throw malformed(`an OCSP request is about more than ${mostCertificates} certificates`)
    }
    certificates.push(readRequest(list.sequence()))
  } while (!list.done)
  const nonce = readNonce(fields, constructed(2))
  fields.end()
  return { certificates, nonce }
}

function readRequest(fields: DerReader): CertId {
  const certId = readCertId(fields)
  readNonce(fields, constructed(0))
  fields.end()
  return certId
}

/** Of extensions in an EXPLICIT field, where they are; what is critical must be known. */
export function readNonce(fields: DerReader, tag: number): Uint8Array | undefined {
  if (!fields.next(tag)) return undefined
  const explicit = fields.constructed(tag)
  const { nonce, unknownCritical } = readExtensions(ocspExtensions, explicit)
  explicit.end()
  const [type] = unknownCritical
  if (type === undefined) return nonce
  throw malformed(`an OCSP message has the critical extension ${type}, which is not known`)
}

/**
 * What a client asks about certificates; it is not signed.
 *
 * @param nonce 32 random bytes (RFC 9654), where the answer must be made for this request
 * @returns DER: the body of a POST with the content type application/ocsp-request
 */
export function buildOcspRequest(certificates: readonly OcspCertificate[], nonce?: Uint8Array): Buffer {
  const extensions = writeExtensions(ocspExtensions, { nonce })
  return sequence(
    sequence(
      sequence(...certificates.map((certificate) => sequence(writeCertId(certificate)))),
      extensions === undefined ? nothing : value(constructed(2), extensions),
    ),
  )
}
