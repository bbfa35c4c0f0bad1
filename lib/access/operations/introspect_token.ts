import type { SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import type { TokenJudgement } from '../token_judge.js'
import { requireClientOrManager } from './token_callers.js'

export interface TokenInput {
  /** Text of a token, or whatever somebody takes for one. */
  readonly token: string
}

/**
 * Whether a text is an access token that is good now, and what it says (RFC 7662): for every OAuth client, and for who may manage tokens.
 *
 * @throws MORTISE_ACCESS_DENIED
 */
export const introspectToken: SystemOperation<AccessServices, TokenInput, TokenJudgement> = {
  name: 'IntrospectToken',
  permission: 'SelfManage',
  durability: 'written',
  async prepare(services, actor, { token }) {
    await requireClientOrManager(services, actor)
    const answer = await services.tokenJudge.judge(token)
    const detail = answer.active
      ? { active: true, token: answer.token.id, principal: answer.token.principal }
      : { active: false, reason: answer.reason }
    return { answer, detail }
  },
}
