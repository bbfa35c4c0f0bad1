import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes a file of mode 0600, whole or not at all, synced. */
export function writePrivate(path: string, text: string): Promise<void> {
  return write(path, text, 0o600)
}

/** The same of mode 0644. */
export function writePublic(path: string, text: string): Promise<void> {
  return write(path, text, 0o644)
}

async function write(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${process.pid}.new`
  const file = await open(temporary, 'w', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncDirectory(dirname(path))
}

/** Brings the names in it to the disk. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
