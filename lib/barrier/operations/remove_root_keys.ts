import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { BarrierServices } from './services.js'

/**
 * Removes every wrapping of the keyring but that of the root key in use: the second half of a rotation. The one that
 * stays is opened, compared and written again, so that of two rotations at once only one can remove the other's.
 *
 * @throws MORTISE_BARRIER_INTEGRITY, MORTISE_BARRIER_WRONG_ROOT_KEY when another rotation was faster
 */
export const removeRootKeys: SystemOperation<
  BarrierServices,
  object,
  { readonly removed: readonly string[] }
> = {
  name: 'RemoveRootKeys',
  permission: 'BarrierManage',
  durability: 'synced',
  prepare({ barrier }) {
    return barrier.wrappings.opened(async ({ root, record, keyring }) => {
      if (!barrier.hasSameKeys(keyring)) {
        throw new MortiseError(
          'MORTISE_BARRIER_INTEGRITY',
          'the keyring under the new root key is not the one in use: nothing was removed; rotate the root key again',
        )
      }
      const others = (await barrier.wrappings.all()).filter(({ key }) => key !== root.id)
      const onTokens = await barrier.wrappings.otherRootsOnTokens()
      const removed = others.map(({ key }) => key)
      return {
        answer: { removed },
        rows: {
          records: [
            { row: { ...record, version: record.version + 1 } },
            ...[...others, ...onTokens].map(({ namespace, key, version }) => ({
              remove: { namespace, key, version },
            })),
          ],
        },
        detail: { root: root.id, removed },
      }
    })
  },
}
