import { isActive, type Subject } from '../operation/index.js'
import { type QuorumPolicy, quorumPolicyKey } from './quorum_policies.js'
import type { QuorumRequest } from './quorum_requests.js'
import type { AccessServices } from './services.js'

/** How a request stands under one of its policies. */
export interface QuorumStanding {
  readonly policy: QuorumPolicy
  /** Ids of those whose approval counts now: an approver who has left the group, is disabled or has expired does not. */
  readonly approvers: readonly string[]
}

type Sources = Pick<AccessServices, 'clock' | 'memberships' | 'principals'>

/** @throws MORTISE_BARRIER_INTEGRITY */
export async function standingUnder(
  { clock, memberships, principals }: Sources,
  policy: QuorumPolicy,
  { approvals }: Pick<QuorumRequest, 'approvals'>,
): Promise<QuorumStanding> {
  const approvers: string[] = []
  for (const { principal } of approvals) {
    const approver = (await memberships.has(policy.group, principal)) && (await principals.get(principal))
    if (approver && isActive(approver, clock.now())) approvers.push(principal)
  }
  return { policy, approvers }
}

/** The policies of a request that there still are. */
export async function policiesOf(
  { quorumPolicies }: Pick<AccessServices, 'quorumPolicies'>,
  { policies }: QuorumRequest,
): Promise<readonly QuorumPolicy[]> {
  return (await quorumPolicies.all()).filter((policy) => policies.includes(quorumPolicyKey(policy)))
}

/** Whether somebody may approve or reject a request: never its own. */
export async function mayApprove(
  services: Pick<AccessServices, 'quorumPolicies' | 'memberships'>,
  { id }: Pick<Subject, 'id'>,
  request: QuorumRequest,
): Promise<boolean> {
  if (request.principal === id) return false
  for (const { group } of await policiesOf(services, request)) {
    if (await services.memberships.has(group, id)) return true
  }
  return false
}
