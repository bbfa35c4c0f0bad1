import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { open, rename, rm } from 'node:fs/promises'

/**
 * Writes pieces to a file of mode 0600 that appears under its name only when all of them are there; to standard output
 * where none is named.
 */
export async function writePieces(
  file: string | undefined,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (file === undefined || file === '-') {
    for await (const piece of pieces) {
      if (!process.stdout.write(piece)) await once(process.stdout, 'drain')
    }
    return
  }
  const temporary = `${file}.${randomBytes(6).toString('hex')}.partial`
  const handle = await open(temporary, 'wx', 0o600)
  try {
    try {
      for await (const piece of pieces) await handle.writeFile(piece)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
