import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import {
  type QuorumPolicy,
  type QuorumPolicyName,
  quorumPolicyDetail,
  quorumPolicyKey,
} from '../quorum_policies.js'
import type { AccessServices } from '../services.js'

/** Asks for no approvals any more. That needs the approvals that the policy asks for itself. @throws MORTISE_QUORUM_NOT_FOUND */
export const removeQuorumPolicy: SystemOperation<AccessServices, QuorumPolicyName, QuorumPolicy> = {
  name: 'RemoveQuorumPolicy',
  permission: 'QuorumManage',
  durability: 'synced',
  async prepare({ quorumPolicies }, _actor, input) {
    const before = await quorumPolicies.read(input)
    if (!before)
      throw new MortiseError(
        'MORTISE_QUORUM_NOT_FOUND',
        `there is no quorum policy ${quorumPolicyKey(input)}`,
      )
    return {
      answer: before.value,
      rows: { records: [quorumPolicies.remove(before)], newEpoch: true },
      detail: quorumPolicyDetail(before.value),
    }
  },
}
