import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { decide } from '../decide.js'
import { type IdentityKey, identityText } from '../identities.js'
import type { AccessServices } from '../services.js'

/**
 * The id of the principal that somebody outside is. Everybody may ask for itself; of others it takes PrincipalRead.
 *
 * @throws MORTISE_IDENTITY_NOT_FOUND, also for somebody else without the right
 */
export const findIdentity: SystemOperation<AccessServices, IdentityKey, string> = {
  name: 'FindIdentity',
  permission: 'SelfManage',
  durability: 'written',
  beforePasswordChange: true,
  async prepare({ identities }, actor, key) {
    const principal = await identities.principalOf(key.connection, key.subject)
    if (principal === undefined || (principal !== actor.id && !decide(actor, 'PrincipalRead').allowed)) {
      throw new MortiseError('MORTISE_IDENTITY_NOT_FOUND', `${identityText(key)} is not linked to anybody`)
    }
    return { answer: principal, detail: { principal, identity: identityText(key) } }
  },
}
