import type { Group, SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import type { GetPrincipalInput } from './get_principal.js'

/** The groups that a principal belongs to, in the order of their names. @throws MORTISE_PRINCIPAL_NOT_FOUND */
export const listGroupsOf: SystemOperation<AccessServices, GetPrincipalInput, readonly Group[]> = {
  name: 'ListGroupsOf',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ groups, memberships, principals }, _actor, input) {
    const { id } = await principals.find(input.principal)
    const found = await Promise.all((await memberships.of(id)).map((group) => groups.get(group)))
    const answer = found.filter((group) => group !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1))
    return { answer, detail: { principal: id, count: answer.length } }
  },
}
