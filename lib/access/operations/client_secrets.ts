import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { type ClientSecret, goodSecrets, type OAuthClient, toldClient } from '../oauth_clients.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfPrincipal } from './cover.js'
import type { GetClientInput } from './get_client.js'

/** A secret that is accepted, with its text where the client shows it. */
export interface ShownSecret extends ClientSecret {
  readonly text?: string
}

/**
 * Those that are accepted, the newest first, with their text where the client is one that shows its secrets: for whoever could be the
 * client anyway.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_OAUTH_CLIENT_NOT_FOUND, MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const getClientSecrets: SystemOperation<AccessServices, GetClientInput, readonly ShownSecret[]> = {
  name: 'GetClientSecrets',
  permission: 'TokenManage',
  durability: 'synced',
  async prepare(services, actor, { client }) {
    const { clock, oauthClients, principals } = services
    const { value: principal } = await principals.read(client)
    await requireRightsOfPrincipal(services, actor, principal)
    const { value } = await oauthClients.read(principal.id)
    const answer = goodSecrets(value, clock.now()).map(({ digest: _, ...secret }) => secret)
    return { answer, detail: { principal: principal.id, secrets: answer.map(({ id }) => id) } }
  },
}

export interface ClientSecretInput extends GetClientInput {
  /** Id of the secret. */
  readonly secret: string
}

/**
 * Ends one secret of an OAuth client, with the access tokens got with it.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_OAUTH_CLIENT_NOT_FOUND, MORTISE_TOKEN_NOT_FOUND, MORTISE_ACCESS_DENIED for rights that
 *   the actor lacks
 */
export const removeClientSecret: SystemOperation<AccessServices, ClientSecretInput, OAuthClient> = {
  name: 'RemoveClientSecret',
  permission: 'TokenManage',
  durability: 'synced',
  async prepare(services, actor, { client, secret }) {
    const { clock, oauthClients, principals, sessions } = services
    const { value: principal } = await principals.read(client)
    await requireRightsOfPrincipal(services, actor, principal)
    const { value, version } = await oauthClients.read(principal.id)
    const secrets = value.secrets.filter(({ id }) => id !== secret)
    if (secrets.length === value.secrets.length)
      throw new MortiseError('MORTISE_TOKEN_NOT_FOUND', `${principal.name} has no secret ${secret}`)
    const record = { ...value, secrets }
    return {
      answer: toldClient(principal, record, clock.now()),
      rows: {
        records: [
          oauthClients.write(principal.id, record, version + 1),
          ...(await sessions.endAll('token', secret)),
        ],
      },
      detail: { principal: principal.id, secret },
    }
  },
}
