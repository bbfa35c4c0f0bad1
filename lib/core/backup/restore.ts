import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { openChain, verifyAudit } from '../../audit/index.js'
import { openBarrier, type RootKeySource } from '../../barrier/index.js'
import { MortiseError } from '../../errors/index.js'
import { Pkcs11Provider, TokenConnection, type TokenOptions, wrappersOn } from '../../hsm/index.js'
import { type Clock, encodeSystemRecord, systemClock } from '../../operation/index.js'
import { openSqliteStore, type Store, syncDirectory } from '../../storage/index.js'
import { type BackupManifest, checkBackupPassphrase, openBackupFile, readManifest } from './format.js'
import { summarize } from './take.js'

/** What was found in a backup that opened, is whole, and has the store that it says. */
export interface BackupVerification {
  readonly manifest: BackupManifest
  /** Faults of the audit trail. They were in the store when it was backed up: `mortise audit verify` lists them. */
  readonly auditProblems: number
}

export interface RestoreOptions {
  /** The file of the backup. */
  readonly file: string
  readonly passphrase: string
  /** The data directory to make: it must not be there, or be empty. */
  readonly directory: string
  /** When given, it is proved to be the root key of the store before anything is put in its place. */
  readonly rootKey?: RootKeySource
  /** Where a root key is that a token wraps. */
  readonly tokens?: readonly TokenOptions[]
  /** Default: the system's. */
  readonly clock?: Clock
}

/**
 * Writes the pieces of a backup to a file of mode 0600 that appears under its name only when it is synced and was proved to
 * restore: opened from the disk, its database and its audit trail checked.
 *
 * @throws MORTISE_INPUT_INVALID when the file is there already, MORTISE_BACKUP_INVALID
 */
export async function writeBackup(
  file: string,
  content: AsyncIterable<Uint8Array>,
  passphrase: string,
): Promise<BackupVerification> {
  const partial = `${file}.partial`
  try {
    if (await exists(file)) {
      const message = `${file} is there already: name a new file for each backup`
      throw new MortiseError('MORTISE_INPUT_INVALID', message)
    }
    await rm(partial, { force: true })
    await write(partial, content)
    const verification = await verifyBackup(partial, passphrase)
    await rename(partial, file)
    syncDirectory(dirname(resolve(file)))
    return verification
  } finally {
    // What was not read to its end holds the copy of the store open.
    await content[Symbol.asyncIterator]().return?.()
    await rm(partial, { force: true })
  }
}

/**
 * Restores a backup into a directory beside the file that is removed again, and checks all of it.
 *
 * @throws MORTISE_BACKUP_INVALID
 */
export async function verifyBackup(file: string, passphrase: string): Promise<BackupVerification> {
  const directory = await mkdtemp(`${resolve(file)}.verify-`)
  try {
    const { store, ...verification } = await unpack(file, passphrase, directory)
    await store.close()
    return verification
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/**
 * Makes a data directory from a backup: checked as a whole, with a record on its audit trail that says what it was restored
 * from and when, and under its name only then. The root key is not in a backup: put it back beside it.
 *
 * @throws MORTISE_RESTORE_REFUSED when the directory is not empty or another restore into it is under way,
 *   MORTISE_BACKUP_INVALID, MORTISE_STORAGE_VERSION for a backup of a newer Mortise, MORTISE_BARRIER_WRONG_ROOT_KEY
 */
export async function restoreBackup(options: RestoreOptions): Promise<BackupVerification> {
  const { file, passphrase, rootKey, tokens = [], clock = systemClock } = options
  const directory = resolve(options.directory)
  if ((await entriesOf(directory)).length > 0) throw notEmpty(directory)
  const partial = `${directory}.partial`
  await makePartial(partial)
  try {
    const { store, ...verification } = await unpack(file, passphrase, partial)
    try {
      if (rootKey) await prove(rootKey, tokens, store, clock)
      await recordRestore(store, clock, verification)
    } finally {
      await store.close()
    }
    syncDirectory(partial)
    await putInPlace(partial, directory)
    return verification
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

/** @throws MORTISE_BARRIER_WRONG_ROOT_KEY for one that the store is not sealed with */
async function prove(
  rootKey: RootKeySource,
  tokens: readonly TokenOptions[],
  store: Store,
  clock: Clock,
): Promise<void> {
  const providers = tokens.map((token) => new Pkcs11Provider(new TokenConnection(token)))
  try {
    const barrier = await openBarrier(store, clock, rootKey, wrappersOn(providers))
    barrier.close()
  } finally {
    await Promise.all(providers.map((provider) => provider.close()))
  }
}

/** The store of a backup in a directory of its own, checked; close it. */
async function unpack(
  file: string,
  passphrase: string,
  directory: string,
): Promise<BackupVerification & { readonly store: Store }> {
  checkBackupPassphrase(passphrase)
  const manifest = await readManifest(file)
  // No store opens under this name: what is under the other one was authentic to its last byte.
  const incomplete = join(directory, 'incomplete')
  await write(incomplete, openBackupFile(file, passphrase))
  await rename(incomplete, join(directory, 'mortise.db'))
  const store = await openSqliteStore({ directory })
  try {
    const [fault] = await store.faults()
    if (fault !== undefined) throw broken(`its database is damaged: ${fault}`)
    const { heads } = summarize(await store.chainHeads())
    if (store.id !== manifest.store || heads !== manifest.heads)
      throw broken('it has another store than it says')
    const { problems } = await verifyAudit({ store })
    return { manifest, auditProblems: problems.length, store }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The chain of this process names the heads that it found, so that the trail goes on from the backup. */
async function recordRestore(
  store: Store,
  clock: Clock,
  { manifest, auditProblems }: BackupVerification,
): Promise<void> {
  await store.apply({ audit: await openChain(store, clock), durability: 'written' })
  const { backup, created, head, heads, records } = manifest
  const detail = { backup, created, head, heads, records, auditProblems }
  await store.apply({
    audit: encodeSystemRecord(clock.now(), 'Restore', detail),
    // Nothing that was decided before holds: rights may be older now.
    newEpoch: true,
    durability: 'synced',
  })
}

async function write(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const piece of pieces) await file.writeFile(piece)
    await file.sync()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    const message = `the disk of ${dirname(path)} is full: nothing was left there; make room and repeat`
    throw new MortiseError('MORTISE_STORAGE_FULL', message, { cause: error })
  } finally {
    await file.close()
  }
}

async function makePartial(partial: string): Promise<void> {
  try {
    await mkdir(partial, { mode: 0o700 })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new MortiseError(
      'MORTISE_RESTORE_REFUSED',
      `${partial} is there: another restore is under way, or was cut short; remove it in that case and repeat`,
      { cause },
    )
  }
}

/** A rename replaces an empty directory and no other. */
async function putInPlace(partial: string, directory: string): Promise<void> {
  try {
    await rename(partial, directory)
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw notEmpty(directory)
    throw error
  }
  syncDirectory(dirname(directory))
}

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

function notEmpty(directory: string): MortiseError {
  return new MortiseError(
    'MORTISE_RESTORE_REFUSED',
    `${directory} is not empty: name a new directory, nothing is overwritten`,
  )
}

function broken(what: string): MortiseError {
  return new MortiseError('MORTISE_BACKUP_INVALID', `the backup opens, but ${what}`)
}
