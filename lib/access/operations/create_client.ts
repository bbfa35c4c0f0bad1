import type { SystemOperation } from '../../operation/index.js'
import {
  type IssuedSecret,
  type NewClient,
  newClientRecord,
  type OAuthClient,
  toldClient,
} from '../oauth_clients.js'
import type { NewPrincipal } from '../principals.js'
import type { AccessServices } from '../services.js'
import { createPrincipal } from './create_principal.js'

export interface CreateClientInput
  extends Pick<NewPrincipal, 'name' | 'roles' | 'permissions' | 'expires'>,
    NewClient {}

/** A client with a secret of its, which is in this answer and nowhere else. */
export interface NewOAuthClient {
  readonly client: OAuthClient
  readonly secret: IssuedSecret
  /** What it manages its own registration by (RFC 7592), in this answer and nowhere else; null where it does not. */
  readonly registrationToken: string | null
}

/**
 * Registers an OAuth client: a principal of the kind client, with a secret to get access tokens with.
 *
 * @throws MORTISE_PRINCIPAL_EXISTS, MORTISE_ROLE_NOT_FOUND, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the actor
 *   lacks
 */
export const createClient: SystemOperation<AccessServices, CreateClientInput, NewOAuthClient> = {
  name: 'CreateClient',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, { name, roles, permissions, expires, ...fields }) {
    const { clock, oauthClients } = services
    const { record, secret, registrationToken } = newClientRecord(clock.now(), fields)
    const input = {
      name,
      ...(roles && { roles }),
      ...(permissions && { permissions }),
      ...(expires !== undefined && { expires }),
    }
    const made = await createPrincipal.prepare(services, actor, { ...input, kind: 'client' })
    const { answer: principal, rows, detail } = made
    const { id } = principal
    return {
      answer: { client: toldClient(principal, record, clock.now()), secret, registrationToken },
      rows: { ...rows, records: [...(rows?.records ?? []), oauthClients.write(id, record, 1)] },
      detail: { ...detail, secret: secret.id, tokenLifetime: record.tokenLifetime, grants: record.grants },
    }
  },
}
