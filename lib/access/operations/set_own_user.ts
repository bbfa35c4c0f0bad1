import type { SystemOperation } from '../../operation/index.js'
import type { AccountFields } from '../accounts.js'
import type { AccessServices } from '../services.js'
import { type OwnUser, userOf } from '../users.js'

/** What somebody may change of its own account. Undefined fields stay as they are. */
export type OwnChanges = Pick<AccountFields, 'fullName' | 'nickname' | 'userMetadata'>

/** @throws MORTISE_INPUT_INVALID */
export const setOwnUser: SystemOperation<AccessServices, OwnChanges, OwnUser> = {
  name: 'SetOwnUser',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor, { fullName, nickname, userMetadata }) {
    const { accounts, principals } = services
    const { value: principal } = await principals.read(actor.id)
    const before = await accounts.read(actor.id)
    const changes = {
      ...(fullName !== undefined && { fullName }),
      ...(nickname !== undefined && { nickname }),
      ...(userMetadata !== undefined && { userMetadata }),
    }
    const { appMetadata: _, ...user } = await userOf(services, principal)
    const updated = services.clock.now()
    return {
      answer: { ...user, ...changes, updated },
      rows: { records: await accounts.change(before, changes) },
      detail: { principal: actor.id, changed: Object.keys(changes) },
    }
  },
}
