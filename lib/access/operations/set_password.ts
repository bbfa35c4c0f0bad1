import type { Stored } from '../../barrier/index.js'
import { MortiseError } from '../../errors/index.js'
import type { Prepared, RecordWrite, SystemOperation } from '../../operation/index.js'
import { endLogins } from '../endings.js'
import { isTooYoung, type LoginState } from '../login_states.js'
import type { PasswordPolicy } from '../password_policies.js'
import { changedPrincipal } from '../principals.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfPrincipal } from './cover.js'

export interface SetPasswordInput {
  /** Id or name. */
  readonly principal: string
  /** As the password policy asks. */
  readonly password: string
}

export interface SetOwnPasswordInput {
  /** The present one. */
  readonly current: string
  /** As the password policy asks, and another one. */
  readonly password: string
}

/** What a new password has ended: every session and token of the principal, so that whoever knew the old one is out. */
export interface PasswordSet {
  readonly tokensEnded: number
}

/** @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the actor lacks */
export const setPassword: SystemOperation<AccessServices, SetPasswordInput, PasswordSet> = {
  name: 'SetPassword',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { value: principal } = await services.principals.read(input.principal)
    await requireRightsOfPrincipal(services, actor, principal)
    return set(services, principal.id, input.password, await policyOf(services, principal.id))
  },
}

/** @throws MORTISE_AUTH_REQUIRED when `current` is not the password, MORTISE_INPUT_INVALID */
export const setOwnPassword: SystemOperation<AccessServices, SetOwnPasswordInput, PasswordSet> = {
  name: 'SetOwnPassword',
  permission: 'SelfManage',
  durability: 'synced',
  beforePasswordChange: true,
  async prepare(services, actor, { current, password }) {
    const { barrier, clock, loginStates, passwords, principals } = services
    if (!(await passwords.matches(actor.id, current))) throw new MortiseError('MORTISE_AUTH_REQUIRED')
    if (password.normalize('NFKC') === current.normalize('NFKC')) {
      throw new MortiseError('MORTISE_INPUT_INVALID', 'the password must differ from the present one')
    }
    const before = await principals.read(actor.id)
    const required = before.value.passwordChangeRequired
    const policy = await policyOf(services, actor.id)
    const { value: state } = await loginStates.read(actor.id)
    if (!required && isTooYoung(state, policy, clock.now())) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `a password may be changed ${policy.minimumAgeDays} days after it was set`,
      )
    }
    const done = required ? changedPrincipal(barrier, before, { passwordChangeRequired: false }).rows : []
    return set(services, actor.id, password, policy, done)
  },
}

async function policyOf(
  { accounts, passwordPolicies }: AccessServices,
  principal: string,
): Promise<PasswordPolicy> {
  return passwordPolicies.of((await accounts.read(principal)).value.passwordPolicy)
}

/**
 * The rows that give a principal its password, and note that its is a new one.
 *
 * @param state of the principal, as the store has it, but for what else is changed of it
 * @throws MORTISE_INPUT_INVALID for one that the policy refuses
 */
export async function passwordRows(
  { clock, loginStates, passwords }: Pick<AccessServices, 'clock' | 'loginStates' | 'passwords'>,
  state: Stored<LoginState>,
  password: string,
  policy: PasswordPolicy,
): Promise<RecordWrite[]> {
  const secret = await passwords.write(state.key, password, policy)
  return [secret, loginStates.write(state, { ...state.value, passwordChangedAt: clock.now() })]
}

async function set(
  services: AccessServices,
  principal: string,
  password: string,
  policy: PasswordPolicy,
  more: readonly RecordWrite[] = [],
): Promise<Prepared<PasswordSet>> {
  const state = await services.loginStates.read(principal)
  const rows = await passwordRows(services, state, password, policy)
  const ended = await endLogins(services, principal)
  const tokensEnded = ended.tokens
  return {
    answer: { tokensEnded },
    rows: { records: [...rows, ...more, ...ended.rows], newEpoch: true },
    detail: { principal, tokensEnded, sessionsEnded: ended.sessions },
  }
}
