import { MortiseError } from '../../errors/index.js'
import type { AuditDetail, Subject, SystemOperation } from '../../operation/index.js'
import { mayApprove } from '../quorum.js'
import type { QuorumRequest } from '../quorum_requests.js'
import type { AccessServices } from '../services.js'

export interface QuorumRequestInput {
  /** Id. */
  readonly request: string
}

/**
 * Approves what somebody else wants to do. Approving again is no error, and counts once.
 *
 * @throws MORTISE_QUORUM_NOT_FOUND, MORTISE_ACCESS_DENIED for one's own request, and for who is in no group that approves it
 */
export const approveQuorumRequest: SystemOperation<AccessServices, QuorumRequestInput, QuorumRequest> = {
  name: 'ApproveQuorumRequest',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { quorumRequests, clock } = services
    const before = await quorumRequests.find(input.request)
    const request = before.value
    if (!(await mayApprove(services, actor, request))) throw notAnApprover(actor, request)
    const { approvals } = request
    const again = approvals.some(({ principal }) => principal === actor.id)
    const approved = again
      ? request
      : { ...request, approvals: [...approvals, { principal: actor.id, time: clock.now() }] }
    return {
      answer: approved,
      ...(!again && { rows: { records: [quorumRequests.write(approved, before.version + 1)] } }),
      ...requestRecord(approved),
    }
  },
}

/** What the audit record of a decision on a request says. */
export function requestRecord({ id, principal, operation, objects, approvals }: QuorumRequest): {
  readonly object?: string
  readonly detail: AuditDetail
} {
  const [object] = objects
  return {
    ...(object && { object: object.id }),
    detail: { quorum: id, principal, operation, approvals: approvals.length },
  }
}

export function notAnApprover({ id, name }: Subject, { principal }: QuorumRequest): MortiseError {
  return new MortiseError(
    'MORTISE_ACCESS_DENIED',
    principal === id
      ? 'nobody approves its own request'
      : `${name} is in no group that approves this request`,
  )
}
