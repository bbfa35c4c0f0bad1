import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { Challenge } from '../factors/challenges.js'
import type { FactorMethod } from '../factors/factors.js'
import { type FactorProof, methodOf, prove } from '../factors/proof.js'
import { failedAttempt } from '../failed_attempt.js'
import type { ProvedFactor } from '../login.js'
import { isLocked } from '../login_states.js'
import type { AccessServices } from '../services.js'

export interface ProveFactorInput extends FactorProof {
  readonly purpose:
    | { readonly kind: 'login' }
    /** Id of the session that remembers it, or null. */
    | { readonly kind: 'step-up'; readonly session: string | null }
}

/**
 * Proves a second factor: the challenge, and with it the code, is used up. A wrong answer is counted before it is refused, against
 * the challenge and the account.
 *
 * @throws MORTISE_AUTH_REQUIRED with one text, whatever is wrong, also for an account that is locked; MORTISE_INPUT_INVALID unless
 *   there is one answer
 */
export const proveFactor: SystemOperation<AccessServices, ProveFactorInput, ProvedFactor<FactorMethod>> = {
  name: 'ProveFactor',
  permission: 'SelfManage',
  durability: 'synced',
  beforePasswordChange: true,
  async prepare(services, actor, { purpose, ...proof }) {
    const { challenges, openChallenges, sessions, loginStates, clock } = services
    const method = methodOf(proof)
    if (isLocked((await loginStates.read(actor.id)).value, clock.now())) throw refused()
    const asked = await challenges.read(proof.challenge)
    const isOurs = asked?.value.principal === actor.id && isFor(asked.value.purpose, purpose)
    // A passkey alone answers what was asked of nobody in particular.
    const isAlone = !asked && purpose.kind === 'login' && method === 'passkey'
    const open = isAlone ? await openChallenges.spend(proof.challenge) : undefined
    const spent = asked && isOurs ? challenges.spend(asked) : open
    if (!spent) throw refused()

    const proved = { method, at: clock.now() }
    const right = await prove(services, actor.id, proof, proved.at, isAlone)
    if (right) {
      const remembered = purpose.kind === 'step-up' ? await sessions.prove(purpose.session, proved) : []
      return { answer: proved, rows: { records: [spent, right.row, ...remembered] }, detail: { method } }
    }
    if (!asked) throw refused()
    const failed = await failedAttempt(services, actor.id)
    return {
      answer: proved,
      rows: { records: [challenges.fail(asked), ...failed.records] },
      refusal: refused(),
      detail: { method, ...failed.detail },
    }
  },
}

function isFor(asked: Challenge['purpose'], purpose: ProveFactorInput['purpose']): boolean {
  if (asked.kind === 'step-up' && purpose.kind === 'step-up') return asked.session === purpose.session
  return asked.kind === 'login' && purpose.kind === 'login'
}

function refused(): MortiseError {
  return new MortiseError('MORTISE_AUTH_REQUIRED')
}
