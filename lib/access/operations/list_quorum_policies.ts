import type { SystemOperation } from '../../operation/index.js'
import type { QuorumPolicy } from '../quorum_policies.js'
import type { AccessServices } from '../services.js'

/** A policy with the name of its group. */
export interface QuorumPolicyEntry extends QuorumPolicy {
  readonly groupName: string | null
}

/** Every policy, in the order of acts and scopes: there are 100 at most. */
export const listQuorumPolicies: SystemOperation<AccessServices, object, readonly QuorumPolicyEntry[]> = {
  name: 'ListQuorumPolicies',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ quorumPolicies, groups }) {
    const entries = await Promise.all(
      (await quorumPolicies.list()).map(async (policy) => ({
        ...policy,
        groupName: (await groups.get(policy.group))?.name ?? null,
      })),
    )
    return { answer: entries, detail: { count: entries.length } }
  },
}
