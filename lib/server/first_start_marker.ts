import { existsSync } from 'node:fs'
import { link, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MortiseError } from '../errors/index.js'
import { syncDirectory, writePrivate } from './private_file.js'

/** There while the first start is not finished, so that one which was cut short is taken up again. */
const name = 'first-start'
/** Milliseconds: between looks, and how long another process may take. */
const interval = 50
const patience = 60_000

/**
 * Lets one process at a time make the first start of a directory. It holds the process id of whoever makes it.
 *
 * @param isDone asked while nobody is at it
 * @returns what ends it; undefined when it is done already
 * @throws MORTISE_STORAGE_UNAVAILABLE when another process does not get done with it
 */
export async function takeFirstStart(
  directory: string,
  isDone: () => Promise<boolean>,
): Promise<(() => Promise<void>) | undefined> {
  const path = join(directory, name)
  const finish = async () => {
    await rm(path)
    // A marker that a power cut brings back would set the first password again.
    await syncDirectory(dirname(path))
  }
  for (let waited = 0; waited < patience; waited += interval) {
    if (!existsSync(path)) {
      if (await isDone()) return undefined
      if (await make(path)) return finish
    }
    if (!(await isHeld(path))) {
      await writePrivate(path, `${process.pid}\n`)
      return finish
    }
    await sleep(interval)
  }
  throw new MortiseError(
    'MORTISE_STORAGE_UNAVAILABLE',
    `another process has not finished the first start: if there is none, remove ${path} and start again`,
  )
}

/** With its content at once, and only where none is. */
async function make(path: string): Promise<boolean> {
  const own = `${path}.${process.pid}`
  await writePrivate(own, `${process.pid}\n`)
  try {
    await link(own, path)
    // Before anything is registered: a power cut that takes only the marker would leave an administrator without a password.
    await syncDirectory(dirname(path))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    await rm(own)
  }
}

/** Whether the process that made it lives and is another one; after a restart of a container it has the same id. */
async function isHeld(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  // It has just ended: the next look says how.
  if (text === undefined) return true
  const pid = Number.parseInt(text, 10)
  if (Number.isNaN(pid) || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
