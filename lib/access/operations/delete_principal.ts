import { MortiseError } from '../../errors/index.js'
import { type Principal, purposes, type SystemOperation } from '../../operation/index.js'
import type { Store } from '../../storage/index.js'
import { administers, requireAnotherAdministrator } from '../administration.js'
import { endLogins } from '../endings.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfPrincipal } from './cover.js'

export interface DeletePrincipalInput {
  /** Id or name. */
  readonly principal: string
  /**
   * Whether it goes though it owns keys. They stay as they are and nobody owns them: administrators grant others what they
   * need, and revoke and destroy them. Default false.
   */
  readonly force?: boolean
}

/**
 * Unregisters somebody for ever: its name is free, its id never comes again. Its tokens and leases end at once; grants on
 * single keys that name it stay and give nobody anything.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_PRINCIPAL_LAST_ADMINISTRATOR, MORTISE_PRINCIPAL_OWNS_KEYS,
 *   MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const deletePrincipal: SystemOperation<AccessServices, DeletePrincipalInput, Principal> = {
  name: 'DeletePrincipal',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, { principal: asked, force = false }) {
    const { principals, store } = services
    const before = await principals.read(asked)
    const { id, name } = before.value
    await requireRightsOfPrincipal(services, actor, before.value)
    if (await administers(services, before.value)) await requireAnotherAdministrator(services, id)
    const owns = await ownsKeys(store, id)
    if (owns && !force) {
      throw new MortiseError(
        'MORTISE_PRINCIPAL_OWNS_KEYS',
        `${name} owns keys that are not destroyed: disable it instead, or force it`,
      )
    }
    const logins = await endLogins(services, id)
    const joined = await services.memberships.of(id)
    const records = [
      ...principals.remove(before),
      ...(await services.accounts.remove(id)),
      ...(await services.oauthClients.remove(id)),
      ...(await services.passwords.remove(id)),
      ...(await services.loginStates.remove(id)),
      ...(await services.factors.removeAll(id)),
      ...(await services.recoveryCodes.removeAll(id)),
      ...(await services.identities.unlinkAll('principal', id)),
      ...joined.map((group) => services.memberships.remove(group, id)),
      ...(await services.scopedGrants.removeAll({ granteeKind: 'principal', grantee: id })),
      ...logins.rows,
    ]
    return {
      answer: before.value,
      rows: { records, newEpoch: true },
      detail: { principal: id, name, force: owns && force },
      ends: [{ object: null, principal: id }],
    }
  },
}

/** Unregisters the OAuth client that asks, as above. */
export const deleteOwnClient: SystemOperation<AccessServices, void, Principal> = {
  name: 'DeleteOwnClient',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor) {
    await services.oauthClients.read(actor.id)
    return deletePrincipal.prepare(services, actor, { principal: actor.id })
  },
}

async function ownsKeys(store: Store, owner: string): Promise<boolean> {
  for (const purpose of purposes) {
    const query = { domain: 'root', purpose, owner, destroyed: false, limit: 1 }
    if ((await store.locate(query)).length > 0) return true
  }
  return false
}
