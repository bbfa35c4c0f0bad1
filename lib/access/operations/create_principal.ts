import { MortiseError } from '../../errors/index.js'
import type { Principal, SystemOperation } from '../../operation/index.js'
import { type NewPrincipal, newPrincipal } from '../principals.js'
import type { AccessServices } from '../services.js'
import { requireRightsOf } from './cover.js'

/**
 * Registers somebody.
 *
 * @throws MORTISE_PRINCIPAL_EXISTS, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const createPrincipal: SystemOperation<AccessServices, NewPrincipal, Principal> = {
  name: 'CreatePrincipal',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ barrier, principals }, actor, input) {
    const { principal, rows } = newPrincipal(barrier, input)
    requireRightsOf(actor, principal)
    if (await principals.idOf(principal.name)) {
      throw new MortiseError(
        'MORTISE_PRINCIPAL_EXISTS',
        `a principal ${principal.name} is registered already`,
      )
    }
    const { id, name, kind, roles, permissions } = principal
    return { answer: principal, rows, detail: { principal: id, name, kind, roles, permissions } }
  },
}
