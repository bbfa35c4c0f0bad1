import type { RevokedCertificate } from '../builders/crl.js'
import type { Certificate } from '../certificate.js'
import type { Revocation } from './revocation.js'

/** What an authority's own records say, which needs no signature and is as fresh as can be. */
export interface RevocationIndex {
  /** The authority: its name and its key count. */
  readonly issuer: Certificate
  /** @returns undefined of a certificate that is not revoked */
  find(serialNumber: string): Revocation | undefined
}

/** @param revoked serial numbers as certificates have them; of one that is there twice the last counts */
export function revocationIndex(
  issuer: Certificate,
  revoked: Iterable<Omit<RevokedCertificate, 'certificateIssuer'>>,
): RevocationIndex {
  const known = new Map<string, Revocation>()
  for (const { serialNumber, reason = 'unspecified', revocationDate, invalidityDate } of revoked) {
    known.set(serialNumber, { reason, revocationDate, invalidityDate })
  }
  return { issuer, find: (serialNumber) => known.get(serialNumber) }
}
