import { refuse } from '../engine/refusal.js'
import { authorityOf, keptRequest, requestIn, subjectIn } from '../objects/certificate_request.js'
import { keyAttributes, newObject } from '../objects/new_object.js'
import { saidIn } from '../objects/template.js'
import { identified, type KmipOperation, optionalObject } from './operation.js'

/** KMIP 2.1 section 6.1.6: a certificate of a public key that is here, or of one that comes in a request, or is in one that is here. */
export const certify: KmipOperation = {
  name: 'Certify',
  effect: 'final',
  async run(request) {
    const { payload, session, batch, issuing } = request
    const said = await saidIn(request)
    const named = optionalObject(request) ?? batch.placeholder
    const kept = named === undefined ? undefined : await keptRequest(session, named)
    const publicKey = kept ? undefined : named
    const asked = requestIn(payload) ?? kept
    if (publicKey === undefined && asked === undefined)
      throw refuse('MissingData', 'there is no public key to certify, and no request')
    const authority = await authorityOf(request, said)
    const { usage: _, ...made } = keyAttributes(newObject(said), undefined)
    const attributes = { ...made, attributes: { Fresh: true, ...made.attributes } }
    const { object } = await session.certifyObject(
      authority,
      {
        profile: issuing.profile,
        ...(asked ? { request: asked } : await publicKeyOf(request, publicKey ?? '')),
        ...subjectIn(said),
      },
      { ...attributes, ...(publicKey !== undefined && { publicKey }) },
    )
    const id = String(object)
    return identified(id, { made: { Certify: id } })
  },
}

async function publicKeyOf({ session }: Parameters<KmipOperation['run']>[0], object: string) {
  const { material } = await session.exportObject(object, { format: 'spki' })
  return { publicKey: material }
}
