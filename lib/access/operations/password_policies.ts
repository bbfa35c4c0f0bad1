import { MortiseError } from '../../errors/index.js'
import { type AuditDetail, pageLimit, type SystemOperation } from '../../operation/index.js'
import {
  changedPolicy,
  globalPolicy,
  type NewPolicy,
  newPolicy,
  type PasswordPolicy,
  type PolicyFields,
} from '../password_policies.js'
import type { AccessServices } from '../services.js'
import type { PageInput } from './page.js'

export interface PolicyInput {
  readonly policy: string
}

export interface PolicyPage {
  /** `global` first, then in the order of their names. */
  readonly policies: readonly PasswordPolicy[]
  readonly next: string | null
}

/** @throws MORTISE_PASSWORD_POLICY_EXISTS, MORTISE_INPUT_INVALID */
export const createPasswordPolicy: SystemOperation<AccessServices, NewPolicy, PasswordPolicy> = {
  name: 'CreatePasswordPolicy',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ passwordPolicies }, _actor, input) {
    const policy = newPolicy(input)
    if (await passwordPolicies.exists(policy.name)) {
      throw new MortiseError(
        'MORTISE_PASSWORD_POLICY_EXISTS',
        `there is a password policy ${policy.name} already`,
      )
    }
    return {
      answer: policy,
      rows: { records: [passwordPolicies.write(policy, 0)] },
      detail: detailOf(policy),
    }
  },
}

/** Changes what passwords must be from now on; those that are set stay. @throws MORTISE_PASSWORD_POLICY_NOT_FOUND, MORTISE_INPUT_INVALID */
export const setPasswordPolicy: SystemOperation<AccessServices, PolicyInput & PolicyFields, PasswordPolicy> =
  {
    name: 'SetPasswordPolicy',
    permission: 'PrincipalManage',
    durability: 'synced',
    async prepare({ passwordPolicies }, _actor, { policy: name, ...fields }) {
      const before = await passwordPolicies.read(name)
      const policy = changedPolicy(before.value, fields)
      const row = passwordPolicies.write(policy, before.version)
      return { answer: policy, rows: { records: [row] }, detail: detailOf(policy) }
    },
  }

/** @throws MORTISE_PASSWORD_POLICY_NOT_FOUND */
export const getPasswordPolicy: SystemOperation<AccessServices, PolicyInput, PasswordPolicy> = {
  name: 'GetPasswordPolicy',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ passwordPolicies }, _actor, { policy }) {
    return { answer: (await passwordPolicies.read(policy)).value, detail: { policy } }
  },
}

/** @throws MORTISE_INPUT_INVALID */
export const listPasswordPolicies: SystemOperation<AccessServices, PageInput, PolicyPage> = {
  name: 'ListPasswordPolicies',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ passwordPolicies }, _actor, input) {
    const limit = pageLimit(input)
    const { policies, next } = await passwordPolicies.list(limit, input.after)
    return { answer: { policies, next }, detail: { count: policies.length } }
  },
}

/** Deletes a policy; accounts that name it have that of everybody. @throws MORTISE_PASSWORD_POLICY_NOT_FOUND, MORTISE_ACCESS_BUILT_IN */
export const deletePasswordPolicy: SystemOperation<AccessServices, PolicyInput, PasswordPolicy> = {
  name: 'DeletePasswordPolicy',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ passwordPolicies }, _actor, { policy: name }) {
    if (name === globalPolicy.name) {
      throw new MortiseError(
        'MORTISE_ACCESS_BUILT_IN',
        `the password policy ${name} is everybody's: change it`,
      )
    }
    const before = await passwordPolicies.read(name)
    return {
      answer: before.value,
      rows: { records: [passwordPolicies.remove(before)] },
      detail: { policy: name },
    }
  },
}

/** @throws MORTISE_PASSWORD_POLICY_NOT_FOUND for a policy that is to be an account's and is not there */
export async function requirePolicy(
  { passwordPolicies }: Pick<AccessServices, 'passwordPolicies'>,
  name: string | null | undefined,
): Promise<void> {
  if (name !== null && name !== undefined) await passwordPolicies.read(name)
}

function detailOf({ name, lockoutThresholds, ...numbers }: PasswordPolicy): AuditDetail {
  return { policy: name, ...numbers, lockoutThresholds: lockoutThresholds.map(String) }
}
