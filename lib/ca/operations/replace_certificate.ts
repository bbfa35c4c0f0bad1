import type { ObjectOperation } from '../../operation/index.js'
import type { CertificateInfo } from '../info.js'
import type { CaServices } from '../services.js'
import { keptStates } from './get_authority.js'
import { revokeCertificate } from './revoke_certificate.js'

export interface ReplaceCertificateInput {
  /** Id of the authority. */
  readonly authority: string
  /** Id of the certificate that somebody has come in with. */
  readonly certificate: string
}

/**
 * Revokes the certificate that somebody has come in with as superseded, once there is another in its place: whoever may have one issued may
 * end the own one. That it is the own one is for the caller to know, who has it from the connection.
 */
export const replaceCertificate: ObjectOperation<CaServices, ReplaceCertificateInput, CertificateInfo> = {
  name: 'ReplaceCertificate',
  permission: 'Certify',
  durability: 'synced',
  states: keptStates,
  purposes: ['ca'],
  target: ({ authority }) => ({ object: authority }),
  prepare: (services, actor, input, object) =>
    revokeCertificate.prepare(services, actor, { ...input, reason: 'superseded' }, object),
}
