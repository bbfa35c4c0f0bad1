import { MortiseError } from '../../errors/index.js'
import type { Principal, SystemOperation } from '../../operation/index.js'
import type { AccountFields } from '../accounts.js'
import { type NewPrincipal, newPrincipal } from '../principals.js'
import type { AccessServices } from '../services.js'
import { requireRightsOf } from './cover.js'
import { requirePolicy } from './password_policies.js'
import { passwordRows } from './set_password.js'

export interface CreatePrincipalInput extends NewPrincipal, AccountFields {
  /** As the password policy asks. Default none: it logs in another way. */
  readonly password?: string
}

/**
 * Registers somebody.
 *
 * @throws MORTISE_PRINCIPAL_EXISTS, MORTISE_ROLE_NOT_FOUND, MORTISE_PASSWORD_POLICY_NOT_FOUND, MORTISE_INPUT_INVALID,
 *   MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const createPrincipal: SystemOperation<AccessServices, CreatePrincipalInput, Principal> = {
  name: 'CreatePrincipal',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { barrier, principals, roles: known, accounts, loginStates, passwordPolicies } = services
    const { principal, rows } = newPrincipal(barrier, input)
    requireRightsOf(actor, { ...principal, roles: await known.all(principal.roles) })
    if (await principals.idOf(principal.name)) throw taken(principal.name)
    await requirePolicy(services, input.passwordPolicy)
    const { id, name, kind, roles, permissions } = principal
    const account = await accounts.create(id, input)
    const { password, passwordPolicy = null } = input
    const secret =
      password === undefined
        ? []
        : await passwordRows(
            services,
            await loginStates.read(id),
            password,
            await passwordPolicies.of(passwordPolicy),
          )
    // Who is given a role and who deletes it must not pass each other by.
    const newEpoch = roles.length > 0
    return {
      answer: principal,
      rows: { records: [...(rows.records ?? []), ...account, ...secret], newEpoch },
      detail: { principal: id, name, kind, roles, permissions },
    }
  },
}

export function taken(name: string): MortiseError {
  return new MortiseError('MORTISE_PRINCIPAL_EXISTS', `a principal ${name} is registered already`)
}
