import type { SystemOperation } from '../../operation/index.js'
import { type OAuthClient, toldClient } from '../oauth_clients.js'
import type { AccessServices } from '../services.js'

export interface GetClientInput {
  /** Id or name. */
  readonly client: string
}

/** A client's own registration. @throws MORTISE_OAUTH_CLIENT_NOT_FOUND */
export const getOwnClient: SystemOperation<AccessServices, void, OAuthClient> = {
  name: 'GetOwnClient',
  permission: 'SelfManage',
  durability: 'written',
  async prepare({ clock, oauthClients }, actor) {
    const { value } = await oauthClients.read(actor.id)
    return { answer: toldClient(actor, value, clock.now()), detail: {} }
  },
}

/** @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_OAUTH_CLIENT_NOT_FOUND */
export const getClient: SystemOperation<AccessServices, GetClientInput, OAuthClient> = {
  name: 'GetClient',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ clock, oauthClients, principals }, _actor, { client }) {
    const principal = await principals.find(client)
    const { value } = await oauthClients.read(principal.id)
    return { answer: toldClient(principal, value, clock.now()), detail: { principal: principal.id } }
  },
}
