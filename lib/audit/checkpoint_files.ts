import { existsSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory } from '../storage/index.js'
import type { Checkpoint, SignedCheckpoint } from './checkpoint.js'
import { type CheckpointServices, readCheckpoints } from './checkpoint_store.js'

/** Checkpoints that one export writes, at most, when several are missing. */
const caughtUp = 1000
const pageLength = 50

/**
 * Writes the newest checkpoint into a directory outside the database, and those before it that are missing there since
 * the last one that is: STORE-NUMBER.checkpoint each, whole or not at all, synced. Beside them lies the public key, as
 * STORE-KEY.pem.
 */
export async function exportCheckpoints(services: CheckpointServices, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  // The oldest first, so that none is missing before one that is there.
  for (const { checkpoint, text } of (await missing(services, directory)).toReversed()) {
    const { store, key, publicKey } = checkpoint
    await write(join(directory, `${store}-${key}.pem`), pem(publicKey))
    await write(pathOf(directory, checkpoint), text)
  }
}

/** Those that are not there since the last one that is, newest first. */
async function missing(
  services: CheckpointServices,
  directory: string,
): Promise<readonly SignedCheckpoint[]> {
  const found: SignedCheckpoint[] = []
  while (found.length < caughtUp) {
    const page = await readCheckpoints(services, pageLength, found.at(-1)?.checkpoint.number)
    const there = page.findIndex(({ checkpoint }) => existsSync(pathOf(directory, checkpoint)))
    found.push(...(there < 0 ? page : page.slice(0, there)))
    if (there >= 0 || page.length < pageLength) break
  }
  return found
}

function pathOf(directory: string, { store, number }: Checkpoint): string {
  return join(directory, `${store}-${String(number).padStart(12, '0')}.checkpoint`)
}

async function write(path: string, text: string): Promise<void> {
  if (existsSync(path)) return
  const draft = `${path}.${process.pid}.new`
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  syncDirectory(dirname(path))
}

function pem(publicKey: string): string {
  return `-----BEGIN PUBLIC KEY-----\n${publicKey}\n-----END PUBLIC KEY-----\n`
}
