import { MortiseError } from '../../errors/index.js'
import { readAlgorithmIdentifier } from '../algorithm_identifier.js'
import { type Certificate, parseCertificate } from '../certificate.js'
import { DerReader } from '../der/reader.js'
import { constructed, primitive, tags } from '../der/tags.js'
import { readReason } from '../extensions/reasons.js'
import { malformed } from '../malformed.js'
import { type Name, readName } from '../name/name.js'
import type { Signed } from '../signature.js'
import { readGeneralizedTime } from '../time.js'
import {
  basicResponse,
  type CertificateStatus,
  type OcspResponseStatus,
  ocspStatuses,
  type SingleResponse,
} from './build_response.js'
import { readCertId } from './cert_id.js'
import { readNonce } from './request.js'

/** Bytes of DER. */
const largest = 65_536
const mostCertificates = 10

/** RFC 6960 section 4.2.1: whoever signed. {@link ocspStatus} finds out whether it is to be believed. */
export interface OcspResponse {
  readonly status: OcspResponseStatus
  /** Undefined where the status is not `successful`. */
  readonly basic: BasicOcspResponse | undefined
}

export interface BasicOcspResponse extends Signed {
  /** By name, or by the SHA-1 hash of the key. */
  readonly responder: { readonly name: Name } | { readonly keyHash: Uint8Array }
  readonly producedAt: Date
  readonly responses: readonly SingleResponse[]
  readonly nonce: Uint8Array | undefined
  readonly certificates: readonly Certificate[]
}

/**
 * Reads what a responder answers, strictly.
 *
 * @param input DER of at most 64 KiB, with at most 10 certificates
 * @throws MORTISE_X509_INVALID
 * @throws MORTISE_INPUT_TOO_LARGE
 */
export function parseOcspResponse(input: Uint8Array): OcspResponse {
  if (input.length > largest) {
    throw new MortiseError('MORTISE_INPUT_TOO_LARGE', `an OCSP response has at most ${largest} bytes`)
  }
  const outer = new DerReader(Buffer.from(input))
  const fields = outer.sequence()
  outer.end()
  const status = readStatus(fields)
  const basic = status === 'successful' ? readResponseBytes(fields.constructed(constructed(0))) : undefined
  fields.end()
  return { status, basic }
}

function readStatus(fields: DerReader): OcspResponseStatus {
  const number = fields.count(tags.enumerated)
  const [status] = Object.entries(ocspStatuses).find(([, known]) => known === number) ?? []
  if (status === undefined) throw malformed('an OCSP response has a status that is not known')
  return status as OcspResponseStatus
}

function readResponseBytes(explicit: DerReader): BasicOcspResponse {
  const bytes = explicit.sequence()
  explicit.end()
  if (bytes.oid() !== basicResponse) throw malformed('an OCSP response is of another type than basic')
  const outer = new DerReader(bytes.octetString())
  bytes.end()
  const fields = outer.sequence()
  outer.end()
  const { der: message } = fields.peek()
  const data = readResponseData(fields.sequence())
  const signatureAlgorithm = readAlgorithmIdentifier(fields)
  const signature = fields.bitBytes()
  const certificates = fields.next(constructed(0)) ? readCertificates(fields.constructed(constructed(0))) : []
  fields.end()
  return { message, signatureAlgorithm, signature, certificates, ...data }
}

function readCertificates(explicit: DerReader): readonly Certificate[] {
  const list = explicit.sequence()
  explicit.end()
  const certificates: Certificate[] = []
  while (!list.done) {
    if (certificates.length === mostCertificates) {
      throw malformed(`an OCSP response has more than ${mostCertificates} certificates`)
    }
    certificates.push(parseCertificate(list.element().der))
  }
  return certificates
}

function readResponseData(fields: DerReader) {
  if (fields.next(constructed(0))) throw malformed('an OCSP response is not of version 1')
  const responder = readResponder(fields)
  const producedAt = readGeneralizedTime(fields)
  const responses = fields.sequenceOf((list) => readSingleResponse(list.sequence()))
  const nonce = readNonce(fields, constructed(1))
  fields.end()
  return { responder, producedAt, responses, nonce }
}

function readResponder(fields: DerReader): BasicOcspResponse['responder'] {
  const isByName = fields.next(constructed(1))
  const explicit = fields.constructed(constructed(isByName ? 1 : 2))
  const responder = isByName ? { name: readName(explicit) } : { keyHash: explicit.octetString() }
  explicit.end()
  return responder
}

function readSingleResponse(fields: DerReader): SingleResponse {
  const certId = readCertId(fields)
  const status = readCertificateStatus(fields)
  const thisUpdate = readGeneralizedTime(fields)
  const nextUpdate = fields.next(constructed(0))
    ? readNextUpdate(fields.constructed(constructed(0)))
    : undefined
  readNonce(fields, constructed(1))
  fields.end()
  return { certId, status, thisUpdate, nextUpdate }
}

function readNextUpdate(explicit: DerReader): Date {
  const nextUpdate = readGeneralizedTime(explicit)
  explicit.end()
  return nextUpdate
}

function readCertificateStatus(fields: DerReader): CertificateStatus {
  const { tag, content } = fields.element()
  if (tag === constructed(1)) return readRevokedInfo(new DerReader(content))
  if (content.length === 0 && tag === primitive(0)) return 'good'
  if (content.length === 0 && tag === primitive(2)) return 'unknown'
  throw malformed('an OCSP response says neither good, revoked nor unknown')
}

function readRevokedInfo(fields: DerReader): CertificateStatus {
  const revocationDate = readGeneralizedTime(fields)
  const explicit = fields.next(constructed(0)) ? fields.constructed(constructed(0)) : undefined
  const reason = explicit ? readReason(explicit) : 'unspecified'
  explicit?.end()
  fields.end()
  return { reason, revocationDate }
}
