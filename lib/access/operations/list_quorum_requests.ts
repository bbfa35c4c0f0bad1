import { pageLimit, type SystemOperation } from '../../operation/index.js'
import { decide } from '../decide.js'
import { mayApprove, policiesOf, standingUnder } from '../quorum.js'
import { quorumPolicyKey } from '../quorum_policies.js'
import type { QuorumRequest } from '../quorum_requests.js'
import type { AccessServices } from '../services.js'
import type { PageInput } from './page.js'

/** A request with the names of those concerned, and how it stands. */
export interface QuorumRequestEntry extends QuorumRequest {
  readonly principalName: string | null
  readonly standing: readonly {
    /** Act and scope. */
    readonly policy: string
    readonly group: string
    readonly groupName: string | null
    readonly needed: number
    /** Approvals that count now. */
    readonly given: number
  }[]
}

export interface QuorumRequestPage {
  readonly requests: readonly QuorumRequestEntry[]
  readonly next: string | null
}

/**
 * What is pending: whoever may read the audit trail sees all, anybody else its own requests and those that it may approve. A page may
 * be shorter than its limit.
 *
 * @throws MORTISE_INPUT_INVALID
 */
export const listQuorumRequests: SystemOperation<AccessServices, PageInput, QuorumRequestPage> = {
  name: 'ListQuorumRequests',
  permission: 'Query',
  durability: 'written',
  async prepare(services, actor, input) {
    const limit = pageLimit(input)
    const page = await services.quorumRequests.list(limit, input.after)
    const all = decide(actor, 'AuditRead').allowed
    const requests: QuorumRequestEntry[] = []
    for (const { value } of page) {
      const visible = all || value.principal === actor.id || (await mayApprove(services, actor, value))
      if (visible) requests.push(await entryOf(services, value))
    }
    const next = page.length < limit ? null : (page.at(-1)?.key ?? null)
    return { answer: { requests, next }, detail: { count: requests.length } }
  },
}

async function entryOf(services: AccessServices, request: QuorumRequest): Promise<QuorumRequestEntry> {
  const { groups, principals } = services
  const policies = await policiesOf(services, request)
  return {
    ...request,
    principalName: (await principals.get(request.principal))?.name ?? null,
    standing: await Promise.all(
      policies.map(async (policy) => ({
        policy: quorumPolicyKey(policy),
        group: policy.group,
        groupName: (await groups.get(policy.group))?.name ?? null,
        needed: policy.approvals,
        given: (await standingUnder(services, policy, request)).approvers.length,
      })),
    ),
  }
}
