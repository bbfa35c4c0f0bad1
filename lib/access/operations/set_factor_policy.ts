import type { SystemOperation } from '../../operation/index.js'
import { type FactorPolicy, type FactorPolicyInput, newFactorPolicy } from '../factors/policies.js'
import type { AccessServices } from '../services.js'

/**
 * Says who needs a second factor, in place of what the policy of this name has said before.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_GROUP_NOT_FOUND, MORTISE_ROLE_NOT_FOUND, MORTISE_INPUT_INVALID
 */
export const setFactorPolicy: SystemOperation<AccessServices, FactorPolicyInput, FactorPolicy> = {
  name: 'SetFactorPolicy',
  permission: 'RoleManage',
  durability: 'synced',
  async prepare(services, _actor, input) {
    const { factorPolicies, principals, groups, roles, operationNames } = services
    const named = {
      principals: await Promise.all(
        (input.principals ?? []).map(async (one) => (await principals.find(one)).id),
      ),
      groups: await Promise.all((input.groups ?? []).map(async (one) => (await groups.find(one)).id)),
      roles: (await roles.all(input.roles ?? [])).map(({ name }) => name),
    }
    const policy = newFactorPolicy({ ...input, ...named }, operationNames)
    return {
      answer: policy,
      rows: { records: [await factorPolicies.write(policy)], newEpoch: true },
      detail: { ...policy, policy: policy.name },
    }
  },
}
