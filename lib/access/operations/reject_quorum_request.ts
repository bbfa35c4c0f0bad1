import type { SystemOperation } from '../../operation/index.js'
import { mayApprove } from '../quorum.js'
import type { QuorumRequest } from '../quorum_requests.js'
import type { AccessServices } from '../services.js'
import { notAnApprover, type QuorumRequestInput, requestRecord } from './approve_quorum_request.js'

/**
 * Ends a request, whoever has approved it: one rejection of somebody who may approve is enough. Whoever made it takes it back so.
 *
 * @throws MORTISE_QUORUM_NOT_FOUND, MORTISE_ACCESS_DENIED
 */
export const rejectQuorumRequest: SystemOperation<AccessServices, QuorumRequestInput, QuorumRequest> = {
  name: 'RejectQuorumRequest',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { quorumRequests } = services
    const before = await quorumRequests.find(input.request)
    const request = before.value
    if (request.principal !== actor.id && !(await mayApprove(services, actor, request)))
      throw notAnApprover(actor, request)
    return {
      answer: request,
      rows: { records: [quorumRequests.remove(before)] },
      ...requestRecord(request),
    }
  },
}
