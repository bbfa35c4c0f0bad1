import type { SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { findUsers, type User, type UserQuery } from '../users.js'

export interface UserPage {
  /** In the order of their names. */
  readonly users: readonly User[]
  /** How many fit, on whatever page. */
  readonly total: number
}

/** Principals with their accounts, by what is known of them. @throws MORTISE_GROUP_NOT_FOUND, MORTISE_INPUT_INVALID */
export const listUsers: SystemOperation<AccessServices, UserQuery, UserPage> = {
  name: 'ListUsers',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare(services, _actor, input) {
    const { users, total } = await findUsers(services, input)
    return { answer: { users, total }, detail: { count: users.length } }
  },
}
