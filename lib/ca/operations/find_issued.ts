import { type RevocationReason, type RevokeInput, revoke } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { standingOf } from '../certificates.js'
import { issuedHere } from '../issued_here.js'
import type { CertificateReason } from '../revocation.js'
import type { CaServices } from '../services.js'

/** A certificate on the lists of an authority of here. */
interface IssuedHere {
  /** Id of the authority. */
  readonly authority: string
  /** Id of the certificate among those of the authority, which is not that of the object. */
  readonly certificate: string
}

/** RFC 5280 section 5.3.1 has a reason for each of KMIP's. */
export const certificateReasonOf = {
  Unspecified: 'unspecified',
  KeyCompromise: 'keyCompromise',
  CACompromise: 'cACompromise',
  AffiliationChanged: 'affiliationChanged',
  Superseded: 'superseded',
  CessationOfOperation: 'cessationOfOperation',
  PrivilegeWithdrawn: 'privilegeWithdrawn',
} as const satisfies Record<RevocationReason, CertificateReason>

/**
 * Which authority of here has issued the certificate that an object is, and can still revoke it: null where none has. Only whoever may
 * revoke the object, as it is, is told.
 */
export const findIssued: ObjectOperation<CaServices, RevokeInput, IssuedHere | null> = {
  ...revoke,
  name: 'FindIssued',
  durability: 'written',
  async prepare(services, actor, input, object) {
    // What the object itself cannot, its authority is not asked for.
    await revoke.prepare(services, actor, input, object)
    const { certificate } = object.values
    const one = certificate && (await issuedHere(services, certificate.digest))
    if (!one || standingOf(one) === 'revoked') return { answer: null }
    return { answer: { authority: one.authority, certificate: one.id }, detail: { certificate: one.id } }
  },
}
