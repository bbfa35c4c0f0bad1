import { MortiseError } from '../../errors/index.js'
import type { Prepared, Principal, SystemOperation } from '../../operation/index.js'
import { type ClientFields, checkedFields } from '../oauth_client_fields.js'
import { type OAuthClient, toldClient } from '../oauth_clients.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfPrincipal } from './cover.js'

export interface SetClientInput extends ClientFields {
  /** Id or name. */
  readonly client: string
}

/**
 * Changes an OAuth client. Undefined fields stay as they are.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_OAUTH_CLIENT_NOT_FOUND, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the
 *   actor lacks
 */
export const setClient: SystemOperation<AccessServices, SetClientInput, OAuthClient> = {
  name: 'SetClient',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, { client, ...changes }) {
    const { value: principal } = await services.principals.read(client)
    await requireRightsOfPrincipal(services, actor, principal)
    return changed(services, principal, changes)
  },
}

/** What a client may say of itself. */
export type OwnClientFields = Pick<
  ClientFields,
  'authentication' | 'grants' | 'tokenFormat' | 'scopes' | 'redirectUris' | 'displayName' | 'metadata'
>

/**
 * The same of the client that asks (RFC 7592 section 2.2), which gets no grant or scope by it that it was not registered with.
 *
 * @throws MORTISE_OAUTH_CLIENT_NOT_FOUND, MORTISE_INPUT_INVALID
 */
export const setOwnClient: SystemOperation<AccessServices, OwnClientFields, OAuthClient> = {
  name: 'SetOwnClient',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor, changes) {
    const { value } = await services.oauthClients.read(actor.id)
    for (const [now, before] of [
      [changes.grants ?? [], value.grants],
      [changes.scopes ?? [], value.scopes],
    ] as const) {
      const more = now.find((one) => !(before as readonly string[]).includes(one))
      if (more !== undefined)
        throw new MortiseError(
          'MORTISE_INPUT_INVALID',
          `a client does not give ${more} to itself: ask an administrator`,
        )
    }
    return changed(services, actor, changes)
  },
}

async function changed(
  { clock, oauthClients }: AccessServices,
  principal: Principal,
  changes: ClientFields,
): Promise<Prepared<OAuthClient>> {
  const { value, version } = await oauthClients.read(principal.id)
  const { secrets, registration, showsSecrets, created, ...fields } = value
  const said = Object.entries(changes).filter(([, one]) => one !== undefined)
  const record = { ...value, ...checkedFields({ ...fields, ...Object.fromEntries(said) }) }
  return {
    answer: toldClient(principal, record, clock.now()),
    rows: { records: [oauthClients.write(principal.id, record, version + 1)] },
    detail: { principal: principal.id, changes: said.map(([name]) => name), grants: record.grants },
  }
}
