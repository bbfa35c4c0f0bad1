import { MortiseError } from '../../errors/index.js'
import type { Subject, SystemOperation } from '../../operation/index.js'
import {
  type NewQuorumPolicy,
  newQuorumPolicy,
  type QuorumPolicy,
  quorumPolicyDetail,
} from '../quorum_policies.js'
import type { AccessServices } from '../services.js'

/**
 * Asks for approvals of an act from now on, or changes how. What a policy is changed to needs the approvals that it asks for itself.
 *
 * @throws MORTISE_GROUP_NOT_FOUND, MORTISE_INPUT_INVALID also where fewer can approve than must
 */
export const setQuorumPolicy: SystemOperation<AccessServices, NewQuorumPolicy, QuorumPolicy> = {
  name: 'SetQuorumPolicy',
  permission: 'QuorumManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const group = await services.groups.find(input.group)
    const policy = newQuorumPolicy(input, group.id)
    if (!(await canApprove(services, actor, policy))) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `the group ${group.name} has fewer than ${policy.approvals} enabled members besides ${actor.name}: nobody could act`,
      )
    }
    const before = await services.quorumPolicies.read(policy)
    const row = await services.quorumPolicies.write(policy, before)
    return {
      answer: policy,
      // Whoever decides without it, in another process, decides again.
      rows: { records: [row], newEpoch: true },
      detail: quorumPolicyDetail(policy),
    }
  },
}

/** Whether enough enabled members besides whoever sets the policy, who could not even undo it alone. */
async function canApprove(
  { memberships, principals }: AccessServices,
  actor: Subject,
  { group, approvals }: QuorumPolicy,
): Promise<boolean> {
  let able = 0
  for await (const id of memberships.all(group)) {
    if (id !== actor.id && (await principals.get(id))?.enabled && ++able >= approvals) return true
  }
  return false
}
