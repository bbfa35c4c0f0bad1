import { MortiseError } from '../../errors/index.js'
import type { Principal, SystemOperation } from '../../operation/index.js'
import { type NewPrincipal, newPrincipal } from '../principals.js'
import type { AccessServices } from '../services.js'
import { requireRightsOf } from './cover.js'

/**
 * Registers somebody.
 *
 * @throws MORTISE_PRINCIPAL_EXISTS, MORTISE_ROLE_NOT_FOUND, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const createPrincipal: SystemOperation<AccessServices, NewPrincipal, Principal> = {
  name: 'CreatePrincipal',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ barrier, principals, roles: known }, actor, input) {
    const { principal, rows } = newPrincipal(barrier, input)
    requireRightsOf(actor, { ...principal, roles: await known.all(principal.roles) })
    if (await principals.idOf(principal.name)) {
      throw new MortiseError(
        'MORTISE_PRINCIPAL_EXISTS',
        `a principal ${principal.name} is registered already`,
      )
    }
    const { id, name, kind, roles, permissions } = principal
    // Who is given a role and who deletes it must not pass each other by.
    const newEpoch = roles.length > 0
    return {
      answer: principal,
      rows: { ...rows, newEpoch },
      detail: { principal: id, name, kind, roles, permissions },
    }
  },
}
