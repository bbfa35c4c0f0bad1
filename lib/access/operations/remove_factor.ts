import type { Prepared, SystemOperation } from '../../operation/index.js'
import { type Factor, told } from '../factors/factors.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfPrincipal } from './cover.js'

export interface RemoveOwnFactorInput {
  /** Of the factor. */
  readonly id: string
}

export interface RemoveFactorInput extends RemoveOwnFactorInput {
  /** Id or name. */
  readonly principal: string
}

/**
 * Takes a second factor from somebody who has lost it. With the last one the recovery codes go.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_FACTOR_NOT_FOUND, MORTISE_ACCESS_DENIED for rights that the actor lacks
 */
export const removeFactor: SystemOperation<AccessServices, RemoveFactorInput, Factor> = {
  name: 'RemoveFactor',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { value: principal } = await services.principals.read(input.principal)
    await requireRightsOfPrincipal(services, actor, principal)
    return remove(services, principal.id, input.id)
  },
}

/** @throws MORTISE_FACTOR_NOT_FOUND */
export const removeOwnFactor: SystemOperation<AccessServices, RemoveOwnFactorInput, Factor> = {
  name: 'RemoveOwnFactor',
  permission: 'SelfManage',
  durability: 'synced',
  prepare: (services, actor, input) => remove(services, actor.id, input.id),
}

async function remove(
  { factors, recoveryCodes }: AccessServices,
  principal: string,
  id: string,
): Promise<Prepared<Factor>> {
  const stored = await factors.read(principal, id)
  const others = (await factors.enrolled(principal)).filter(({ key }) => key !== stored.key)
  const codes = others.length > 0 ? [] : await recoveryCodes.removeAll(principal)
  const { method, label } = stored.value
  return {
    answer: told(stored.value),
    rows: { records: [factors.remove(stored), ...codes] },
    detail: { principal, factor: id, method, label },
  }
}
