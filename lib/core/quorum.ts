import {
  newQuorumRequest,
  type QuorumAsked,
  type QuorumRequest,
  type QuorumStanding,
  quorumPolicyKey,
  standingUnder,
  systemPrincipal,
} from '../access/index.js'
import type { Stored } from '../barrier/index.js'
import { type ErrorDetails, MortiseError } from '../errors/index.js'
import type { ManagedObject, Prepared, Rows } from '../operation/index.js'
import { host } from './actor.js'
import { type Act, guardedBy, shown } from './guards.js'
import type { Services } from './services.js'

/** What an act is refused with that lacks approvals, and the row of its request where none was pending. */
export class QuorumRequired extends MortiseError {
  readonly rows: Rows | undefined

  constructor(message: string, details: ErrorDetails, rows: Rows | undefined) {
    super('MORTISE_QUORUM_REQUIRED', message, { details })
    this.rows = rows
  }
}

/** An act under policies, and how the request for it stands. */
interface Judged {
  readonly asked: QuorumAsked
  readonly request: Stored<QuorumRequest> | undefined
  /** One for each policy: there is one at least. */
  readonly standings: readonly QuorumStanding[]
  /** The first policy that lacks approvals. */
  readonly lacking: QuorumStanding | undefined
}

/**
 * Prepares an act, once as many have approved exactly this as each policy about it asks for. The Change that has its effect consumes
 * the request, so that approvals are good for one act.
 *
 * @param relied is given what the Change relies on besides the act's objects
 * @throws MORTISE_QUORUM_REQUIRED, MORTISE_RATE_LIMITED, MORTISE_INPUT_TOO_LARGE
 */
export async function underQuorum<Answer>(
  services: Services,
  act: Act,
  relied: ManagedObject[],
  prepare: () => Promise<Prepared<Answer>>,
): Promise<Prepared<Answer>> {
  const judged = await judge(services, act, relied)
  if (!judged) return prepare()
  if (judged.lacking) throw await refusal(services, judged, judged.lacking)
  const prepared = await prepare()
  const { request, standings } = judged
  const records = request ? [services.quorumRequests.remove(request)] : []
  const approvers = new Set(standings.flatMap((standing) => standing.approvers))
  return {
    ...prepared,
    rows: { ...prepared.rows, records: [...(prepared.rows?.records ?? []), ...records] },
    detail: { ...prepared.detail, quorum: request?.value.id ?? null, approvedBy: [...approvers] },
  }
}

/** What {@link underQuorum} would make of an act now, and why; undefined where no policy is about it. */
export async function explainQuorum(
  services: Services,
  act: Act,
): Promise<{ readonly allowed: boolean; readonly reason: string } | undefined> {
  const judged = await judge(services, act, [])
  if (!judged) return undefined
  const texts = await Promise.all(judged.standings.map((standing) => needText(services, standing)))
  return { allowed: !judged.lacking, reason: `needs ${texts.join(' and ')}` }
}

async function judge(services: Services, act: Act, relied: ManagedObject[]): Promise<Judged | undefined> {
  // The process could approve as anybody, and what Mortise does of itself was approved when somebody asked for it.
  if (act.actor.id === host.id || act.actor.id === systemPrincipal.id) return undefined
  const guarded = await guardedBy(services, act)
  relied.push(...(guarded?.relied ?? []))
  if (!guarded || guarded.policies.length === 0) return undefined
  const asked: QuorumAsked = {
    principal: act.actor.id,
    operation: act.operation,
    objects: act.objects.map(({ id, name, serial }) => ({ id, name, keyVersion: serial })),
    input: shown(guarded.input),
    policies: guarded.policies.map(quorumPolicyKey),
  }
  const request = await services.quorumRequests.pending(asked)
  const approvals = request?.value.approvals ?? []
  const standings: QuorumStanding[] = []
  for (const policy of guarded.policies) standings.push(await standingUnder(services, policy, { approvals }))
  const lacking = standings.find(({ policy, approvers }) => approvers.length < policy.approvals)
  return { asked, request, standings, lacking }
}

/** What to refuse an act with: its request is made where none is pending. */
async function refusal(
  services: Services,
  { asked, request: pending, standings }: Judged,
  lacking: QuorumStanding,
): Promise<QuorumRequired> {
  const lifetime = Math.min(...standings.map(({ policy }) => policy.lifetime))
  const request = pending?.value ?? newQuorumRequest(asked, services.clock.now(), lifetime)
  const expires = new Date(request.expires).toISOString()
  return new QuorumRequired(
    `${asked.operation} needs ${await needText(services, lacking)}: do it again, just so, once request ${request.id} is approved; it is gone at ${expires}`,
    {
      quorum: request.id,
      group: lacking.policy.group,
      needed: lacking.policy.approvals,
      given: lacking.approvers.length,
      expires,
    },
    pending ? undefined : { records: [await services.quorumRequests.begin(request)] },
  )
}

async function needText(
  { groups }: Services,
  { policy: { group, approvals }, approvers }: QuorumStanding,
): Promise<string> {
  const name = (await groups.get(group))?.name ?? group
  return `${approvals} ${approvals === 1 ? 'approval' : 'approvals'} by the group ${name} (${approvers.length} given)`
}
