import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { normalSubject } from '../certificate_subjects.js'
import { localAccount } from '../connections.js'
import { type Identity, type IdentityKey, identityText } from '../identities.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfPrincipal } from './cover.js'

export interface LinkIdentityInput extends IdentityKey {
  /** Id or name. */
  readonly principal: string
}

/**
 * Says that somebody outside is a principal: whoever the connection proves to be it, may from now on do what that may.
 *
 * @throws MORTISE_IDENTITY_EXISTS when it is linked, to whomever; MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_CONNECTION_NOT_FOUND,
 *   MORTISE_ACCESS_BUILT_IN for `local_account`, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const linkIdentity: SystemOperation<AccessServices, LinkIdentityInput, Identity> = {
  name: 'LinkIdentity',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, { principal: asked, ...key }) {
    const { clock, connections, identities, principals } = services
    const { value: principal } = await principals.read(asked)
    await requireRightsOfPrincipal(services, actor, principal)
    if (key.connection === localAccount.name) {
      throw new MortiseError(
        'MORTISE_ACCESS_BUILT_IN',
        `in ${localAccount.name} everybody is known by its principal id: give it a password`,
      )
    }
    const connection = await connections.find(key.connection)
    const identity = { connection: connection.name, subject: normalSubject(connection, key.subject) }
    const row = identities.link(identity, principal.id)
    if (await identities.read(identity)) {
      throw new MortiseError(
        'MORTISE_IDENTITY_EXISTS',
        `${identityText(identity)} is linked already: unlink it first`,
      )
    }
    return {
      answer: { ...identity, principal: principal.id, linked: clock.now() },
      rows: { records: [row] },
      detail: { principal: principal.id, identity: identityText(identity) },
    }
  },
}
