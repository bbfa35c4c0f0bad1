import { askedByCertificate } from '../../../core/index.js'
import { interval, text } from '../fields.js'
import { authorityOf, keptRequest, requestIn, subjectIn } from '../objects/certificate_request.js'
import { saidIn } from '../objects/template.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf } from './operation.js'
import { nameAlso } from './rekey.js'

/** KMIP 2.1 section 6.1.45: the next certificate of a key, by the authority that has issued the last unless another is named. */
export const recertify: KmipOperation = {
  name: 'ReCertify',
  effect: 'final',
  async run(request) {
    const { payload, session, issuing } = request
    const said = await saidIn(request)
    const offset = payload.optional(Tag.Offset, interval)
    const kept = payload.optional(Tag.CertificateRequestUniqueIdentifier, text)
    const asked = requestIn(payload) ?? (kept === undefined ? undefined : await keptRequest(session, kept))
    const replaces = objectOf(request)
    const { material } = await session.exportObject(replaces)
    const { issuer, ...before } = askedByCertificate(material)
    const { object } = await session.certifyObject(
      await authorityOf(request, said, issuer),
      { profile: issuing.profile, ...(asked ? { request: asked } : before), ...subjectIn(said) },
      { replaces, ...(offset !== undefined && { offset: offset * 1000 }) },
    )
    const id = String(object)
    await nameAlso(session, id, said)
    return identified(id, { made: { ReCertify: id } })
  },
}
