import { closeSync, constants, fsyncSync, openSync } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isMortiseError, MortiseError } from '../../errors/index.js'

/** Makes the directory, given by its absolute path, where it is missing, for its owner only, and sees that this process may use it. */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    const first = await mkdir(directory, { recursive: true, mode: 0o700 })
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    if (first === undefined) return
    for (let made = directory; made.length >= first.length; made = dirname(made)) {
      syncDirectory(dirname(made))
    }
  } catch (error) {
    if (isMortiseError(error)) throw error
    throw new MortiseError(
      'MORTISE_STORAGE_UNAVAILABLE',
      `the directory ${directory} cannot be used for the store: ${(error as Error).message}; ` +
        'name one that this user may write',
      { cause: error },
    )
  }
}

/**
 * Brings the names of the files in it to the disk: without them a power cut takes the files, synced or not.
 *
 * @throws MORTISE_STORAGE_UNAVAILABLE
 */
export function syncDirectory(directory: string): void {
  try {
    const descriptor = openSync(directory, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw new MortiseError(
      'MORTISE_STORAGE_UNAVAILABLE',
      `the directory ${directory} cannot be synced: ${(error as Error).message}; look after its disk`,
      { cause: error },
    )
  }
}
