import { livingStates } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import type { KeymanagerServices } from '../services.js'
import { refused } from './install_certificate.js'

export interface GetKeymanagerPartnerInput {
  /** Id of the public key of ROOT. */
  readonly root: string
  /** Id of the partner’s certificate. */
  readonly id: string
}

export interface KeymanagerPartner {
  /** DER: of the partner’s authority, and the one for the same key that was signed here. */
  readonly certificate: Buffer
  readonly signed: Buffer
}

/** The certificates of a partner. @throws MORTISE_KEYMANAGER_CERTIFICATE */
export const getKeymanagerPartner: ObjectOperation<
  KeymanagerServices,
  GetKeymanagerPartnerInput,
  KeymanagerPartner
> = {
  name: 'GetKeymanagerPartner',
  permission: 'Get',
  durability: 'written',
  states: livingStates,
  purposes: ['keymanager'],
  target: ({ root }) => ({ object: root }),
  async prepare({ trustStore }, _actor, { id }) {
    const partner = await trustStore.partner(id)
    if (!partner) throw refused('there is no partner’s certificate of this id', 'missing')
    const [certificate, signed] = [partner.certificate, partner.signed].map((text) =>
      Buffer.from(text, 'base64'),
    ) as [Buffer, Buffer]
    return { answer: { certificate, signed }, detail: { partner: id } }
  },
}
