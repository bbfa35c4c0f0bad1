import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { formatHead } from '../../audit/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { type ChainHead, openSqliteStore, type Store } from '../../storage/index.js'
import type { Services } from '../services.js'
import { type BackupManifest, checkBackupPassphrase, sealBackup } from './format.js'

/** A backup on its way to wherever it is kept. */
export interface Backup {
  readonly manifest: BackupManifest
  /** The pieces of the file. What is not read to its end is no backup. */
  readonly content: AsyncIterable<Uint8Array>
}

export interface BackupInput {
  /** 12 characters or more. Whoever restores needs it, and the root key. */
  readonly passphrase: string
}

/** What was decided and recorded, and can now be done. */
interface Permit {
  /** UUID. */
  readonly id: string
  take(): Promise<Backup>
}

/**
 * The right to take a copy of the store out. Recorded before it is taken, so that the backup itself has the record of its
 * beginning; whether it succeeded is recorded after it.
 */
export const backup: SystemOperation<Services, BackupInput, Permit> = {
  name: 'Backup',
  permission: 'Backup',
  durability: 'synced',
  independent: true,
  async prepare({ store, clock }, _actor, { passphrase }) {
    checkBackupPassphrase(passphrase)
    const id = randomUUID()
    return {
      answer: { id, take: () => take(store, id, clock.now(), passphrase) },
      detail: { backup: id },
    }
  },
}

async function take(store: Store, id: string, created: number, passphrase: string): Promise<Backup> {
  const copy = await store.copy()
  try {
    const heads = await headsOf(copy.directory)
    const file = await open(join(copy.directory, 'mortise.db'))
    const { size } = await file.stat()
    const manifest = { backup: id, store: store.id, created, ...heads, size }
    return { manifest, content: await begun(sealAndClose(manifest, passphrase, file)) }
  } finally {
    // What was opened is still read.
    await copy.remove()
  }
}

async function headsOf(
  directory: string,
): Promise<Pick<BackupManifest, 'head' | 'heads' | 'chains' | 'records'>> {
  const store = await openSqliteStore({ directory })
  try {
    return summarize(await store.chainHeads())
  } finally {
    await store.close()
  }
}

/** What a manifest says of the audit trail. */
export function summarize(
  heads: readonly ChainHead[],
): Pick<BackupManifest, 'head' | 'heads' | 'chains' | 'records'> {
  const texts = heads.map(formatHead)
  return {
    head: texts[0] ?? '',
    heads: createHash('sha256')
      .update([...texts].sort().join('\n'))
      .digest('hex'),
    chains: heads.length,
    records: heads.reduce((sum, { sequence }) => sum + sequence, 0),
  }
}

async function* sealAndClose(
  manifest: BackupManifest,
  passphrase: string,
  file: FileHandle,
): AsyncGenerator<Uint8Array> {
  try {
    yield* sealBackup(manifest, passphrase, file.createReadStream({ autoClose: false }))
  } finally {
    await file.close()
  }
}

/** Runs a generator to its first piece, so that whoever gives up before that closes what it has opened. */
async function begun(pieces: AsyncGenerator<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  let first: IteratorResult<Uint8Array> | undefined = await pieces.next()
  const next = async () => {
    const result = first ?? (await pieces.next())
    first = undefined
    return result
  }
  return { [Symbol.asyncIterator]: () => ({ next, return: () => pieces.return(undefined) }) }
}
