import type { SystemOperation } from '../../operation/index.js'
import type { FactorPolicy } from '../factors/policies.js'
import type { AccessServices } from '../services.js'

export interface DeleteFactorPolicyInput {
  readonly name: string
}

/** @throws MORTISE_FACTOR_POLICY_NOT_FOUND */
export const deleteFactorPolicy: SystemOperation<AccessServices, DeleteFactorPolicyInput, FactorPolicy> = {
  name: 'DeleteFactorPolicy',
  permission: 'RoleManage',
  durability: 'synced',
  async prepare({ factorPolicies }, _actor, input) {
    const stored = await factorPolicies.read(input.name)
    return {
      answer: stored.value,
      rows: { records: [factorPolicies.remove(stored)], newEpoch: true },
      detail: { policy: stored.key },
    }
  },
}
