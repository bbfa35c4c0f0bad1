import type { SystemOperation } from '../../operation/index.js'
import type { FactorPolicy } from '../factors/policies.js'
import type { AccessServices } from '../services.js'

export interface FactorPolicyList {
  /** All of them, in the order of their names. */
  readonly policies: readonly FactorPolicy[]
}

export const listFactorPolicies: SystemOperation<AccessServices, Record<never, never>, FactorPolicyList> = {
  name: 'ListFactorPolicies',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ factorPolicies }) {
    const policies = await factorPolicies.all()
    return { answer: { policies }, detail: { count: policies.length } }
  },
}
