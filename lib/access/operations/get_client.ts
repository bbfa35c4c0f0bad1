import type { SystemOperation } from '../../operation/index.js'
import { type OAuthClient, toldClient } from '../oauth_clients.js'
import type { AccessServices } from '../services.js'

export interface GetClientInput {
  /** Id or name. */
  readonly client: string
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
