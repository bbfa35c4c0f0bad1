import type { ManagedObject } from '../operation/index.js'
import type { Certificate } from '../x509/index.js'
import { type Authority, stateOf, wrongState } from './authorities.js'
import type { CaServices } from './services.js'

type Services = Pick<CaServices, 'authorities' | 'standings' | 'clock'>

/**
 * An authority that issues now: what it signs would be good. Neither it nor one above it, as far as they are known, has run out, was
 * revoked, or is held.
 *
 * @throws MORTISE_CA_STATE that says which is not
 */
export async function issuing(
  services: Services,
  object: Pick<ManagedObject, 'id'>,
): Promise<Authority & { readonly certificate: Certificate }> {
  const authority = await services.authorities.of(object)
  const { certificate, record } = authority
  const now = services.clock.now()
  const state = stateOf(authority, now)
  if (!certificate || state !== 'active') throw wrongState(record, `it is ${state}`)
  if (certificate.notBefore.getTime() > now) throw wrongState(record, 'it is not valid yet')
  const expired = authority.chain.find(({ notAfter }) => notAfter.getTime() + 1000 <= now)
  if (expired) throw wrongState(record, `${expired.subject.text}, which is above it, has expired`)
  await requireGood(services, authority)
  return { ...authority, certificate }
}

/** By the lists of the authorities that have signed it and those above it. */
async function requireGood({ authorities, standings }: Services, authority: Authority): Promise<void> {
  for (let one = authority; one.certificate && one.record.parentKind === 'local'; ) {
    const parent = await authorities.get(one.record.parent ?? '')
    if (!parent) return
    const standing = await standings.below(parent.record.id, one.certificate)
    if (standing === 'held' || standing === 'revoked') {
      const what =
        one === authority ? 'its certificate' : `the certificate of ${one.record.subject}, which is above it,`
      throw wrongState(authority.record, `${what} ${standing === 'held' ? 'is held' : 'was revoked'}`)
    }
    one = parent
  }
}
