import { isActive, type Principal, type RecordWrite, type SystemOperation } from '../../operation/index.js'
import { type AccountFields, changesAccount } from '../accounts.js'
import { administers, requireAnotherAdministrator } from '../administration.js'
import { endLogins } from '../endings.js'
import { afterUnlock } from '../login_states.js'
import { changedPrincipal, type PrincipalChanges } from '../principals.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfPrincipal } from './cover.js'
import { taken } from './create_principal.js'
import { requirePolicy } from './password_policies.js'
import { passwordRows } from './set_password.js'

/** What may be changed of somebody. Undefined fields stay as they are. */
export interface UserChanges extends PrincipalChanges, AccountFields {
  /** Ends a lock that too many wrong passwords have set. */
  readonly unlock?: true
  /** As the password policy asks. It ends every session and token. */
  readonly password?: string
}

export interface SetPrincipalInput extends UserChanges {
  /** Id or name. */
  readonly principal: string
}

/**
 * Enables or disables a principal, changes its roles, permissions and account, or unlocks it. Whoever is disabled or has
 * expired loses its tokens and leases at once; enabled again, it gets new ones.
 *
 * @throws MORTISE_PRINCIPAL_LAST_ADMINISTRATOR when no administrator would remain that is enabled and does not expire
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_PRINCIPAL_EXISTS, MORTISE_ROLE_NOT_FOUND, MORTISE_PASSWORD_POLICY_NOT_FOUND,
 *   MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const setPrincipal: SystemOperation<AccessServices, SetPrincipalInput, Principal> = {
  name: 'SetPrincipal',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, { principal: asked, ...changes }) {
    const { barrier, principals, clock } = services
    const before = await principals.read(asked)
    const { principal, rows } = changedPrincipal(barrier, before, changes)
    await services.roles.all(principal.roles)
    for (const holder of [before.value, principal]) await requireRightsOfPrincipal(services, actor, holder)
    const { id, name, enabled, roles, permissions, expires } = principal
    if (name !== before.value.name && (await principals.idOf(name)) !== undefined) throw taken(name)
    const steps = (await administers(services, before.value)) && !(await administers(services, principal))
    if (steps) await requireAnotherAdministrator(services, id)
    const ended = !isActive(principal, clock.now())
    const { unlock, password } = changes
    const logins =
      ended || password !== undefined
        ? (await endLogins(services, id)).rows
        : await certified(services, id, changes.certificateSubject)
    return {
      answer: principal,
      rows: {
        records: [...rows, ...(await accountRows(services, id, changes)), ...logins],
        newEpoch: true,
      },
      detail: {
        principal: id,
        name,
        enabled,
        expires,
        roles,
        permissions,
        ...(unlock && { unlocked: true }),
        ...(password !== undefined && { passwordSet: true }),
      },
      ...(ended && { ends: [{ object: null, principal: id }] }),
      recheck: true,
    }
  },
}

/** The rows that end the sessions of a certificate that is not the principal's any more. */
async function certified(
  { accounts, sessions }: AccessServices,
  principal: string,
  subject: string | null | undefined,
): Promise<RecordWrite[]> {
  if (subject === undefined || subject === (await accounts.read(principal)).value.certificateSubject)
    return []
  return sessions.endAll('principal', principal, ({ factors }) =>
    factors.some(({ method }) => method === 'certificate'),
  )
}

async function accountRows(
  services: AccessServices,
  principal: string,
  { unlock, password, ...changes }: UserChanges,
): Promise<RecordWrite[]> {
  const { accounts, loginStates, passwordPolicies } = services
  await requirePolicy(services, changes.passwordPolicy)
  const before = await accounts.read(principal)
  const rows = changesAccount(changes) ? await accounts.change(before, changes) : []
  if (!unlock && password === undefined) return rows
  const state = await loginStates.read(principal)
  const value = unlock ? afterUnlock(state.value) : state.value
  if (password === undefined) return [...rows, loginStates.write(state, value)]
  const { passwordPolicy = before.value.passwordPolicy } = changes
  const policy = await passwordPolicies.of(passwordPolicy)
  return [...rows, ...(await passwordRows(services, { ...state, value }, password, policy))]
}
