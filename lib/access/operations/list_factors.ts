import type { Prepared, SystemOperation } from '../../operation/index.js'
import { type Factor, told } from '../factors/factors.js'
import type { AccessServices } from '../services.js'

export interface ListFactorsInput {
  /** Id or name. */
  readonly principal: string
}

/** What somebody can prove who it is by, beside the password. */
export interface FactorList {
  /** In the order of their ids. */
  readonly factors: readonly Factor[]
  /** How many are left. */
  readonly recoveryCodes: number
}

/** @throws MORTISE_PRINCIPAL_NOT_FOUND */
export const listFactors: SystemOperation<AccessServices, ListFactorsInput, FactorList> = {
  name: 'ListFactors',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare(services, _actor, input) {
    return list(services, (await services.principals.find(input.principal)).id)
  },
}

export const listOwnFactors: SystemOperation<AccessServices, Record<never, never>, FactorList> = {
  name: 'ListOwnFactors',
  permission: 'SelfManage',
  durability: 'written',
  beforePasswordChange: true,
  prepare: (services, actor) => list(services, actor.id),
}

async function list(services: AccessServices, principal: string): Promise<Prepared<FactorList>> {
  const factors = (await services.factors.enrolled(principal)).map(({ value }) => told(value))
  const recoveryCodes = await services.recoveryCodes.left(principal)
  return { answer: { factors, recoveryCodes }, detail: { principal, count: factors.length } }
}
