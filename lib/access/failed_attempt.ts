import type { AuditDetail, RecordWrite } from '../operation/index.js'
import { afterFailure, isLocked } from './login_states.js'
import type { AccessServices } from './services.js'

type Services = Pick<AccessServices, 'accounts' | 'clock' | 'loginStates' | 'passwordPolicies'>

/**
 * What a wrong password or second factor leaves: it counts against the account, as the password policy of that says.
 *
 * @param principal its id
 */
export async function failedAttempt(
  { accounts, clock, loginStates, passwordPolicies }: Services,
  principal: string,
): Promise<{ readonly records: readonly RecordWrite[]; readonly detail: AuditDetail }> {
  const state = await loginStates.read(principal)
  const policy = await passwordPolicies.of((await accounts.read(principal)).value.passwordPolicy)
  const now = clock.now()
  // A lock that runs is not made longer: whoever tries on learns nothing by it.
  if (isLocked(state.value, now)) return { records: [], detail: { locked: true } }
  const after = afterFailure(state.value, policy, now)
  return {
    records: [loginStates.write(state, after)],
    detail: { failures: after.failedLoginsCount, locked: isLocked(after, now) },
  }
}
