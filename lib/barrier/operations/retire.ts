import type { SystemOperation } from '../../operation/index.js'
import { oldestVersion, tables } from './reseal.js'
import { requireOneWrapping, rewrap } from './rotate_keyring.js'
import type { BarrierServices } from './services.js'

/** Rows that are read at a time. */
const pageLength = 1000

export interface KeyringRetired {
  /** Versions that are gone for ever. */
  readonly retired: readonly number[]
  /** Rows that the oldest of those which stay still seals. */
  readonly rows: number
}

/**
 * Removes the versions of the keyring that are older than every row. What was copied from the store before cannot be
 * opened with the keyring of after.
 *
 * @throws MORTISE_BARRIER_ROTATION while a rotation of the root key is not finished
 */
export const retireKeyring: SystemOperation<BarrierServices, object, KeyringRetired> = {
  name: 'RetireKeyring',
  permission: 'BarrierManage',
  durability: 'synced',
  async prepare(services) {
    await requireOneWrapping(services)
    const inUse = await rowsByVersion(services)
    return services.barrier.wrappings.opened((wrapped) => {
      const { keyring } = wrapped
      const oldest = Math.min(keyring.active.version, ...inUse.keys())
      const retired = keyring.versions.map(({ version }) => version).filter((version) => version < oldest)
      const next = retired.length > 0 ? keyring.without(new Set(retired)) : undefined
      return {
        answer: { retired, rows: oldest === keyring.active.version ? 0 : (inUse.get(oldest) ?? 0) },
        ...(next && { rows: { records: [rewrap(services, wrapped, next)], newEpoch: true } }),
        detail: { retired: retired.map(String) },
      }
    })
  },
}

async function rowsByVersion({ store }: BarrierServices): Promise<Map<number, number>> {
  const counts = new Map<number, number>()
  for (const table of tables) {
    for (let after: string | null | undefined; after !== null; ) {
      const page = await store.scan(table, pageLength, after)
      for (const row of page.rows) {
        const version = oldestVersion(row)
        if (version !== undefined) counts.set(version, (counts.get(version) ?? 0) + 1)
      }
      after = page.next
    }
  }
  return counts
}
