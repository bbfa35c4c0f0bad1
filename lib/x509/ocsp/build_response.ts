import { type Signer, signed } from '../builders/signed.js'
import type { Certificate } from '../certificate.js'
import { constructed, primitive } from '../der/tags.js'
import { enumerated, nothing, octetString, oid, sequence, value } from '../der/writer.js'
import { writeExtensions } from '../extensions/extensions.js'
import { writeReason } from '../extensions/reasons.js'
import type { Revocation } from '../revocation/revocation.js'
import { writeGeneralizedTime } from '../time.js'
import type { CertId } from './cert_id.js'
import { ocspExtensions } from './extensions.js'

/** OCSPResponseStatus (RFC 6960 section 4.2.1). */
export const ocspStatuses = {
  successful: 0,
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
} as const

export type OcspResponseStatus = keyof typeof ocspStatuses

/** `unknown` of a certificate that the responder does not know: not issued by the authority, or not recorded. */
export type CertificateStatus = 'good' | 'unknown' | Revocation

export interface SingleResponse {
  /** As it stands in the request. */
  readonly certId: CertId
  readonly status: CertificateStatus
  /** When the status was known to be so. */
  readonly thisUpdate: Date
  /** Until when it may be relied on. Undefined: newer information is there at any time. */
  readonly nextUpdate?: Date | undefined
}

/** What an OCSP responder answers (RFC 6960 section 4.2). */
export interface OcspResponseTemplate {
  /** Whose key signs: the authority's certificate, or one that it issued with the purpose OCSPSigning and `ocspNoCheck`. */
  readonly responder: Certificate
  /** What goes with it, so that clients find the signer: nothing where the authority itself signs. Default none. */
  readonly certificates?: readonly Certificate[]
  readonly producedAt: Date
  readonly responses: readonly SingleResponse[]
  /** Of the request. */
  readonly nonce?: Uint8Array | undefined
}

/** id-pkix-ocsp-basic. */
export const basicResponse = '1.3.6.1.5.5.7.48.1.1'

/**
 * Builds a signed answer.
 *
 * @returns DER: a body of the content type application/ocsp-response
 * @throws MORTISE_X509_INVALID for what cannot be encoded
 */
export async function buildOcspResponse(template: OcspResponseTemplate, signer: Signer): Promise<Buffer> {
  const { responder, certificates = [], producedAt, responses, nonce } = template
  const extensions = writeExtensions(ocspExtensions, { nonce })
  const message = sequence(
    value(constructed(1), responder.subject.der),
    writeGeneralizedTime(producedAt),
    sequence(...responses.map(writeSingleResponse)),
    extensions === undefined ? nothing : value(constructed(1), extensions),
  )
  const ders = certificates.map(({ der }) => der)
  const basic = await signed(
    message,
    signer,
    ders.length === 0 ? nothing : value(constructed(0), sequence(...ders)),
  )
  return sequence(
    enumerated(ocspStatuses.successful),
    value(constructed(0), sequence(oid(basicResponse), octetString(basic))),
  )
}

/** An answer without a signature, that there is none: `malformedRequest`, `internalError`, `tryLater`, `sigRequired`, `unauthorized`. */
export function buildOcspError(status: Exclude<OcspResponseStatus, 'successful'>): Buffer {
  return sequence(enumerated(ocspStatuses[status]))
}

function writeSingleResponse({ certId, status, thisUpdate, nextUpdate }: SingleResponse): Buffer {
  return sequence(
    certId.der,
    writeStatus(status),
    writeGeneralizedTime(thisUpdate),
    nextUpdate === undefined ? nothing : value(constructed(0), writeGeneralizedTime(nextUpdate)),
  )
}

function writeStatus(status: CertificateStatus): Buffer {
  if (status === 'good') return value(primitive(0))
  if (status === 'unknown') return value(primitive(2))
  const { reason, revocationDate } = status
  return value(
    constructed(1),
    writeGeneralizedTime(revocationDate),
    reason === 'unspecified' ? nothing : value(constructed(0), writeReason(reason)),
  )
}
