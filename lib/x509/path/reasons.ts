import { MortiseError } from '../../errors/index.js'
import type { Certificate } from '../certificate.js'

/** Why a path is refused. */
export const pathReasons = [
  /** Nothing leads to a trust anchor. */
  'untrusted',
  'not-yet-valid',
  'expired',
  'signature',
  /** The algorithm, the key or its size is not known or not admitted. */
  'algorithm',
  /** A critical extension is not known, or says what cannot be obeyed. */
  'critical-extension',
  /** What issued a certificate is no authority. */
  'not-an-authority',
  'key-usage',
  /** Extended key usage. */
  'purpose',
  'path-length',
  'name-constraints',
  'policy',
  'revoked',
  /** No CRL that is valid now, and no record of its issuer, says whether a certificate is revoked. */
  'revocation-unknown',
  /** The certificate does not bear a name that is asked for. */
  'name',
  /** A certificate is not as the profile wants it. */
  'profile',
  /** The search took too many steps. */
  'limit',
] as const

export type PathReason = (typeof pathReasons)[number]

export interface PathFailure {
  readonly reason: PathReason
  /** The one that is at fault. */
  readonly certificate: Certificate
  /** What is wrong with it, to stand behind its name. */
  readonly message: string
}

export function failure(reason: PathReason, certificate: Certificate, message: string): PathFailure {
  return { reason, certificate, message }
}

export function pathError({ reason, certificate, message }: PathFailure): MortiseError {
  const { text } = certificate.subject
  const subject = text.length > 200 ? `${text.slice(0, 200)}...` : text
  return new MortiseError(
    'MORTISE_X509_PATH_INVALID',
    `the certificate of ${JSON.stringify(subject)} ${message}`,
    {
      details: { reason, subject, serialNumber: certificate.serialNumber },
    },
  )
}
