import type { Principal, SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'

export interface GetPrincipalInput {
  /** Id or name. */
  readonly principal: string
}

/** @throws MORTISE_PRINCIPAL_NOT_FOUND */
export const getPrincipal: SystemOperation<AccessServices, GetPrincipalInput, Principal> = {
  name: 'GetPrincipal',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ principals }, _actor, input) {
    const principal = await principals.find(input.principal)
    return { answer: principal, detail: { principal: principal.id } }
  },
}
