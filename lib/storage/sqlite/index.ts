import { resolve } from 'node:path'
import { type Clock, systemClock } from '../../operation/index.js'
import type { Store } from '../store.js'
import { DatabaseThread } from './database_thread.js'
import { makeDirectory } from './directory.js'
import type { SyncMode } from './protocol.js'
import { SqliteStore } from './sqlite_store.js'

export { syncDirectory } from './directory.js'

export interface SqliteOptions {
  /** Where mortise.db lies, on a local disk. Made with mode 0700 when missing; several processes may share it. */
  readonly directory: string
  /**
   * When commits of `written` durability reach the disk: `interval`, within 50 ms, or `always`, before the answer.
   * Default `interval`. Commits of `synced` durability always do before the answer.
   */
  readonly sync?: SyncMode
  /** What the expiry of records is measured with. Default: the system's. */
  readonly clock?: Clock
}

/**
 * Opens the embedded store, on a thread of its own. An open store that is idle does not keep the process alive.
 *
 * When the last to use it did not close it, its integrity is checked: before it is opened up to 16 MiB, behind where it is
 * larger. Meanwhile it works and `health` says so; damage that is found refuses every Change with MORTISE_STORAGE_CORRUPT.
 *
 * @throws MORTISE_STORAGE_UNAVAILABLE when the directory cannot be used or better-sqlite3 is not built
 * @throws MORTISE_STORAGE_CORRUPT when the file is damaged or another application's
 * @throws MORTISE_STORAGE_VERSION when a newer Mortise wrote it
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const { sync = 'interval', clock = systemClock } = options
  const directory = resolve(options.directory)
  await makeDirectory(directory)
  const thread = new DatabaseThread()
  try {
    return new SqliteStore(thread, directory, await thread.call('open', directory, sync), clock)
  } catch (error) {
    await thread.terminate()
    throw error
  }
}
