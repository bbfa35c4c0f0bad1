import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { failedAttempt } from '../factors/failed_attempt.js'
import { type FactorProof, methodOf, type ProvedFactor, prove } from '../factors/proof.js'
import type { AccessServices } from '../services.js'

export interface ProveFactorInput extends FactorProof {
  /** Id of the login token that remembers it; null at a login. */
  readonly token: string | null
}

/**
 * Proves a second factor: the challenge, and with it the code, is used up. A wrong answer is counted before it is refused.
 *
 * @throws MORTISE_AUTH_REQUIRED with one text, whatever is wrong; MORTISE_INPUT_INVALID unless there is one answer
 */
export const proveFactor: SystemOperation<AccessServices, ProveFactorInput, ProvedFactor> = {
  name: 'ProveFactor',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { challenges, openChallenges, tokens, clock } = services
    const method = methodOf(input)
    const asked = await challenges.read(input.challenge)
    const isOurs =
      asked?.value.purpose === 'factor' &&
      asked.value.principal === actor.id &&
      asked.value.token === input.token
    // A passkey alone answers what was asked of nobody in particular.
    const open = asked || input.token !== null ? undefined : await openChallenges.spend(input.challenge)
    const spent = asked && isOurs ? challenges.spend(asked) : open
    if (!spent || (open && method !== 'passkey')) throw new MortiseError('MORTISE_AUTH_REQUIRED')

    const proved: ProvedFactor = { method, at: clock.now() }
    const right = await prove(services, actor.id, input, proved.at, open !== undefined)
    if (right) {
      const remembered = await tokens.prove(input.token, proved)
      return { answer: proved, rows: { records: [spent, right.row, ...remembered] }, detail: { method } }
    }
    const refusal = new MortiseError('MORTISE_AUTH_REQUIRED')
    if (!asked) throw refusal
    return { answer: proved, rows: { records: failedAttempt(services, asked) }, refusal, detail: { method } }
  },
}
