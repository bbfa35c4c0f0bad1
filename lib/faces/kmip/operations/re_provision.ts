import { refuse } from '../engine/refusal.js'
import { byteString, structure } from '../fields.js'
import { requestIn } from '../objects/certificate_request.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation } from './operation.js'

/**
 * KMIP 2.1 section 6.1.48: another certificate of the client in the place of that which it has shown, of the same authority and with the
 * same subject, so that it is the same client. It sends a request for one, or the certificate, or nothing, and then gets the key that is made.
 */
export const reProvision: KmipOperation = {
  name: 'ReProvision',
  effect: 'final',
  async run({ payload, session, issuing }) {
    const { profile } = issuing
    const asked = payload.optional(Tag.CertificateRequest, structure)
    const given = payload.optional(Tag.Certificate, structure)
    if (asked && given) throw refuse('InvalidField', 'a request or a certificate is given, not both')
    const id = given
      ? await session.reprovision({ certificate: given.required(Tag.CertificateValue, byteString) })
      : await session.reprovision({ profile, ...(asked && { request: requestIn(asked) ?? Buffer.alloc(0) }) })
    return identified(id, { made: { ReProvision: id } })
  },
}
