import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/**
 * Lends a directory that is removed afterwards. It lies in build/ of the working directory: what the system has for
 * temporary files is often memory, where to sync costs nothing.
 */
export async function withScratch<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const parent = resolve('build')
  await mkdir(parent, { recursive: true })
  const directory = await mkdtemp(join(parent, 'bench-'))
  try {
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
