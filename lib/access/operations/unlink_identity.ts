import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { endLogins } from '../endings.js'
import { type Identity, type IdentityKey, identityText } from '../identities.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfPrincipal } from './cover.js'

/**
 * Says that somebody outside is nobody here any more. The tokens of the principal end at once.
 *
 * @throws MORTISE_IDENTITY_NOT_FOUND, MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const unlinkIdentity: SystemOperation<AccessServices, IdentityKey, Identity> = {
  name: 'UnlinkIdentity',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, key) {
    const { identities, principals } = services
    const stored = await identities.read(key)
    if (!stored) {
      throw new MortiseError('MORTISE_IDENTITY_NOT_FOUND', `${identityText(key)} is not linked to anybody`)
    }
    const { value: identity } = stored
    const { value: principal } = await principals.read(identity.principal)
    await requireRightsOfPrincipal(services, actor, principal)
    return {
      answer: identity,
      rows: {
        records: [identities.unlink(identity), ...(await endLogins(services, principal.id)).rows],
        newEpoch: true,
      },
      detail: { principal: principal.id, identity: identityText(key) },
    }
  },
}
