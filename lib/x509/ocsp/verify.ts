import type { Policy } from '../../crypto/index.js'
import { isMortiseError, MortiseError } from '../../errors/index.js'
import { native } from '../../native/index.js'
import { signatureFault } from '../admission.js'
import { equalBytes } from '../bytes.js'
import type { Certificate } from '../certificate.js'
import { keyPurposes } from '../extensions/extended_key_usage.js'
import { validatePath } from '../path/search.js'
import { keyBits } from '../public_key.js'
import type { RevocationOptions } from '../revocation/options.js'
import type { SingleResponse } from './build_response.js'
import { isIssuedBy, type OcspCertificate } from './cert_id.js'
import type { BasicOcspResponse, OcspResponse } from './response.js'

export interface OcspStatusOptions extends OcspCertificate {
  /** When it is to be valid. */
  readonly at: Date
  /** Of the request: then the response must have it. Default: a response without it, or with any, will do. */
  readonly nonce?: Uint8Array
  /** Default `approved`. */
  readonly policy?: Policy
  /** How to find out whether a delegated signer is revoked that is not marked `ocspNoCheck`. Default: such a one is refused. */
  readonly revocation?: RevocationOptions
}

/** Milliseconds by which the clock of a responder may be ahead. */
const ahead = 60_000

/** Milliseconds for which a status without a next update is relied on. */
const unlimited = 86_400_000

/**
 * What a response says of one certificate, if it is to be believed (RFC 6960 section 3.2): it is about the certificate, current, and signed by
 * the issuer or by somebody to whom the issuer has given a certificate for it (section 4.2.2.2).
 *
 * @throws MORTISE_X509_OCSP_INVALID with `reason` in its details: `status`, `nonce`, `absent`, `not-current`, `signer`, `signature`
 */
export function ocspStatus(response: OcspResponse, options: OcspStatusOptions): SingleResponse {
  const { basic, status } = response
  if (!basic) throw invalid('status', `the responder answers ${status}`)
  if (options.nonce && !(basic.nonce && equalBytes(basic.nonce, options.nonce))) {
    throw invalid('nonce', 'the response was not made for this request')
  }
  const single = basic.responses.find(
    ({ certId }) => certId.serialNumber === options.serialNumber && isIssuedBy(certId, options.issuer),
  )
  if (!single) throw invalid('absent', 'the response is not about the certificate')
  if (!isCurrent(single, options.at.getTime())) throw invalid('not-current', 'the response is not of now')
  const signer = signerOf(basic, options)
  const fault = signatureFault(basic, signer.publicKey, options.policy)
  if (fault !== undefined) throw invalid('signature', `the response ${fault}`)
  return single
}

function isCurrent({ thisUpdate, nextUpdate }: SingleResponse, time: number): boolean {
  const end = nextUpdate?.getTime() ?? thisUpdate.getTime() + unlimited
  return thisUpdate.getTime() <= time + ahead && Math.floor(time / 1_000) <= end / 1_000
}

/** The issuer, or the first that it has made a signer and that is as the response says. */
function signerOf(basic: BasicOcspResponse, options: OcspStatusOptions): Certificate {
  const { issuer } = options
  if (isResponder(basic, issuer)) return issuer
  const delegate = basic.certificates.find(
    (certificate) => isResponder(basic, certificate) && isDelegate(certificate, options),
  )
  if (delegate) return delegate
  throw invalid(
    'signer',
    'the response is signed neither by the issuer nor by whom it has made a signer of such',
  )
}

function isResponder({ responder }: BasicOcspResponse, { subject, publicKey }: Certificate): boolean {
  if ('name' in responder) return subject.equals(responder.name)
  return equalBytes(native.hash('SHA-1', keyBits(publicKey.der)), responder.keyHash)
}

/** Section 4.2.2.2: issued by the very issuer, for this purpose, and not revoked. */
function isDelegate(certificate: Certificate, options: OcspStatusOptions): boolean {
  const { extKeyUsage, ocspNoCheck } = certificate.extensions
  if (extKeyUsage?.includes(keyPurposes.OCSPSigning) !== true) return false
  const { issuer, at, policy, revocation = {} } = options
  try {
    validatePath({
      leaf: certificate,
      intermediates: [],
      anchors: [issuer],
      at,
      keyUsage: ['digitalSignature'],
      ...(policy && { policy }),
      ...(!ocspNoCheck && { revocation }),
    })
    return true
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_X509_PATH_INVALID')) return false
    throw error
  }
}

function invalid(reason: string, message: string): MortiseError {
  return new MortiseError('MORTISE_X509_OCSP_INVALID', message, { details: { reason } })
}
