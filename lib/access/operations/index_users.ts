import type { SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'

/** Writes again, once in the life of a store, what was made before users and groups were found by queries. The host does this. */
export const indexUsers: SystemOperation<AccessServices, object, null> = {
  name: 'IndexUsers',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ userIndex }) {
    if (await userIndex.isComplete()) return { answer: null }
    const records = await userIndex.complete()
    return { answer: null, rows: { records }, detail: { written: records.length - 1 } }
  },
}
