import type { SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { type OwnUser, type User, userOf } from '../users.js'
import type { GetPrincipalInput } from './get_principal.js'

/** A principal with its account. @throws MORTISE_PRINCIPAL_NOT_FOUND */
export const getUser: SystemOperation<AccessServices, GetPrincipalInput, User> = {
  name: 'GetUser',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare(services, _actor, input) {
    const { value: principal } = await services.principals.read(input.principal)
    return { answer: await userOf(services, principal), detail: { principal: principal.id } }
  },
}

/** Oneself, but for what is hidden from oneself. */
export const getOwnUser: SystemOperation<AccessServices, object, OwnUser> = {
  name: 'GetOwnUser',
  permission: 'SelfManage',
  durability: 'written',
  beforePasswordChange: true,
  async prepare(services, actor) {
    const { value: principal } = await services.principals.read(actor.id)
    const { appMetadata: _, ...user } = await userOf(services, principal)
    return { answer: user }
  },
}
