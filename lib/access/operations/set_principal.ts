import { MortiseError } from '../../errors/index.js'
import type { Principal, SystemOperation } from '../../operation/index.js'
import { changedPrincipal, type PrincipalChanges } from '../principals.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfPrincipal } from './cover.js'

export interface SetPrincipalInput extends PrincipalChanges {
  /** Id or name. */
  readonly principal: string
}

/**
 * Enables or disables a principal, or changes its roles and permissions. Whoever is disabled loses its tokens and leases
 * at once; enabled again, it gets new ones.
 *
 * @throws MORTISE_PRINCIPAL_LAST_ADMINISTRATOR when no enabled administrator would remain
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_ROLE_NOT_FOUND, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const setPrincipal: SystemOperation<AccessServices, SetPrincipalInput, Principal> = {
  name: 'SetPrincipal',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { barrier, principals, tokens } = services
    const before = await principals.read(input.principal)
    const { principal, row } = changedPrincipal(barrier, before, input)
    await services.roles.all(principal.roles)
    for (const holder of [before.value, principal]) await requireRightsOfPrincipal(services, actor, holder)
    const { id, enabled, roles, permissions } = principal
    if (
      administers(before.value) &&
      !administers(principal) &&
      !(await principals.isAdministratedWithout(id))
    ) {
      throw new MortiseError('MORTISE_PRINCIPAL_LAST_ADMINISTRATOR')
    }
    return {
      answer: principal,
      rows: { records: [row, ...(enabled ? [] : await tokens.endAll(id))], newEpoch: true },
      detail: { principal: id, enabled, roles, permissions },
      ...(!enabled && { ends: [{ object: null, principal: id }] }),
    }
  },
}

function administers(principal: Principal): boolean {
  return principal.enabled && principal.roles.includes('administrator')
}
