import { MortiseError } from '../../errors/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { type CertificateRecord, standingOf } from '../certificates.js'
import { crlSoon } from '../crl_jobs.js'
import { type CertificateInfo, certificateInfo } from '../info.js'
import { type CertificateReason, checkedReason, type Revocation } from '../revocation.js'
import type { CaServices } from '../services.js'
import { keptStates } from './get_authority.js'

interface One {
  /** Id or name of the authority. */
  readonly authority: string
  /** Id of the certificate. */
  readonly certificate: string
}

export interface RevokeCertificateInput extends One {
  /** `certificateHold` can be taken back; `removeFromCRL`, which does so, is for a certificate that is held. */
  readonly reason: CertificateReason
  /** Since when the key is known or suspected to have been in other hands: milliseconds since 1970. Default not said. */
  readonly invalidityDate?: number
}

const onCertificates = {
  permission: 'CertificateRevoke',
  durability: 'synced',
  states: keptStates,
  purposes: ['ca'],
  target: ({ authority }: One) => ({ object: authority }),
} as const

/**
 * Revokes a certificate, or one that was to be signed, for ever or (`certificateHold`) until it is resumed. It is on a CRL within
 * half a minute where the scheduler runs.
 *
 * @throws MORTISE_CERTIFICATE_NOT_FOUND, MORTISE_CERTIFICATE_STATE for one that is revoked
 */
export const revokeCertificate: ObjectOperation<CaServices, RevokeCertificateInput, CertificateInfo> = {
  ...onCertificates,
  name: 'RevokeCertificate',
  async prepare(services, actor, input, object) {
    const reason = checkedReason(input.reason)
    const { value: before, version } = await services.certificates.find(object.id, input.certificate)
    const now = services.clock.now()
    const revocation = revoked(before, reason, now, input.invalidityDate ?? null)
    return changed(services, actor, { ...before, ...standing(revocation, now) }, version, { reason })
  },
}

/** Takes a hold back: the certificate is as it was. @throws MORTISE_CERTIFICATE_NOT_FOUND, MORTISE_CERTIFICATE_STATE */
export const resumeCertificate: ObjectOperation<CaServices, One, CertificateInfo> = {
  ...onCertificates,
  name: 'ResumeCertificate',
  async prepare(services, actor, { certificate }, object) {
    const { value: before, version } = await services.certificates.find(object.id, certificate)
    const now = services.clock.now()
    const revocation = revoked(before, 'removeFromCRL', now, null)
    return changed(services, actor, { ...before, ...standing(revocation, now) }, version, {})
  },
}

/** Takes a certificate off the lists. What it is worth stays as it is: valid, or revoked and on the CRL. */
export const deleteCertificate: ObjectOperation<CaServices, One, null> = {
  ...onCertificates,
  name: 'DeleteCertificate',
  async prepare({ certificates, clock }, _actor, { certificate }, object) {
    const { value: before, version } = await certificates.find(object.id, certificate)
    const next = { ...before, deleted: true, updated: clock.now() }
    return {
      answer: null,
      rows: { records: [certificates.write(next, version + 1)] },
      detail: { certificate, serial: before.serial, subject: before.subject },
    }
  },
}

function revoked(
  before: CertificateRecord,
  reason: CertificateReason,
  date: number,
  invalidityDate: number | null,
): Revocation | null {
  const standing = standingOf(before)
  const refuse = (why: string) =>
    new MortiseError('MORTISE_CERTIFICATE_STATE', why, { details: { certificate: before.id, standing } })
  if (standing === 'revoked') throw refuse('the certificate is revoked for ever')
  if (invalidityDate !== null && !(Number.isSafeInteger(invalidityDate) && invalidityDate <= date)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'the invalidity date has passed, in milliseconds since 1970',
    )
  }
  if (reason === 'removeFromCRL') {
    if (standing === 'held') return null
    throw refuse('the certificate is not on hold')
  }
  if (standing === 'held' && reason === 'certificateHold') throw refuse('the certificate is on hold already')
  // Nobody has relied on it since it was held.
  return { reason, date: before.revocation?.date ?? date, invalidityDate }
}

function standing(revocation: Revocation | null, now: number) {
  return { revocation, updated: now, ...(revocation === null && { resumed: now }) }
}

async function changed(
  services: CaServices,
  actor: { readonly id: string },
  record: CertificateRecord,
  version: number,
  detail: { readonly reason?: string },
) {
  const { id, serial, subject, authority } = record
  const { record: issuer } = await services.authorities.of({ id: authority })
  return {
    answer: certificateInfo(record, issuer, services.clock.now()),
    rows: {
      records: [
        services.certificates.write(record, version + 1),
        ...(await crlSoon(services, authority, actor)),
      ],
    },
    detail: { certificate: id, serial, subject, ...detail },
  }
}
