import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { keyringNamespace } from '../keyring.js'
import type { NewRoot } from '../new_root.js'
import { wrappingRow } from '../wrappings.js'
import type { BarrierServices } from './services.js'

export interface RootKeyAdded {
  /** Id of the new root key. */
  readonly root: string
  /** Of the one that was in use until now. */
  readonly previous: string
}

/**
 * Wraps the keyring with another root key as well: the first half of a rotation. The present wrapping is written again
 * with it, so that a rotation of the keyring which was under way meanwhile conflicts.
 *
 * @throws MORTISE_INPUT_INVALID when it is the same key, MORTISE_BARRIER_ROOT_KEY_MISSING
 */
export const addRootKey: SystemOperation<BarrierServices, NewRoot, RootKeyAdded> = {
  name: 'AddRootKey',
  permission: 'BarrierManage',
  durability: 'synced',
  async prepare({ store, barrier }, _actor, input) {
    const root = await input.key()
    const there = await store.record(keyringNamespace, root.id)
    return barrier.wrappings.opened(({ root: { id: previous }, record, keyring }) => {
      if (previous === root.id) {
        throw new MortiseError(
          'MORTISE_INPUT_INVALID',
          'this is the root key of the store already: give another',
        )
      }
      const added = wrappingRow(store.id, root, keyring, (there?.version ?? 0) + 1)
      return {
        answer: { root: root.id, previous },
        rows: { records: [{ row: added }, { row: { ...record, version: record.version + 1 } }] },
        detail: { root: root.id, previous },
      }
    })
  },
}
