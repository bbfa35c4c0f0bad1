import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreCopy } from '../store.js'
import { DatabaseThread } from './database_thread.js'

const prefix = 'copy-'
/** Milliseconds without a write after which a copy is one that a killed process has left. */
const abandoned = 3_600_000

/**
 * Copies the store of a directory into a new directory below it, on a thread of its own: readers hold up no writer.
 *
 * @throws MORTISE_STORAGE_FULL, MORTISE_STORAGE_CORRUPT
 */
export async function copyStore(directory: string): Promise<StoreCopy> {
  await removeAbandoned(directory)
  const target = await mkdtemp(join(directory, prefix))
  const remove = () => rm(target, { recursive: true, force: true })
  const thread = new DatabaseThread()
  try {
    await thread.call('copy', directory, target)
    return { directory: target, remove }
  } catch (error) {
    await remove()
    throw error
  } finally {
    await thread.terminate()
  }
}

async function removeAbandoned(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!/^copy-\w{6}$/.test(name)) continue
    const copy = join(directory, name)
    const written = await Promise.all([copy, join(copy, 'mortise.db')].map(modified))
    if (Date.now() - Math.max(...written) > abandoned) await rm(copy, { recursive: true, force: true })
  }
}

/** 0 for what is not there. */
async function modified(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined)
  return found?.mtimeMs ?? 0
}
