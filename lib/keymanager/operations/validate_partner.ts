import type { SystemOperation } from '../../operation/index.js'
import type { Certificate } from '../../x509/index.js'
import type { KeymanagerServices } from '../services.js'
import { pathIn, type TrustDomain } from '../trust_store.js'

export interface ValidateKeymanagerPartnerInput {
  readonly domain: TrustDomain
  readonly certificate: Certificate
  /** What may lie between besides what is known. */
  readonly given?: readonly Certificate[]
}

/** From a certificate to a root that is trusted in a domain; undefined where nothing leads there. */
export const validateKeymanagerPartner: SystemOperation<
  KeymanagerServices,
  ValidateKeymanagerPartnerInput,
  readonly Certificate[] | undefined
> = {
  name: 'ValidateKeymanagerPartner',
  permission: 'Query',
  durability: 'written',
  async prepare(services, _actor, { domain, certificate, given = [] }) {
    const path = await pathIn(services, domain, certificate, { given })
    return {
      answer: path,
      detail: { domain, serial: certificate.serialNumber, valid: path !== undefined },
    }
  },
}
