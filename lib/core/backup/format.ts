import { open } from 'node:fs/promises'
import {
  newPassphraseParameters,
  type PassphraseParameters,
  shortestPassphrase,
  stretchPassphrase,
} from '../../barrier/index.js'
import { isMortiseError, MortiseError } from '../../errors/index.js'
import { type KeyHandle, native } from '../../native/index.js'
import { openFile, sealFile } from '../sealed_file.js'

/**
 * The file of a backup (docs/formats.md): a header that says of what it is the backup, and behind it the store as a sealed
 * file. The key comes from a passphrase and from the header, so that a header that was changed opens nothing.
 */

/** Stands first, as in everything that Mortise persists. */
const format = 0x05
const magic = Buffer.from('mortise', 'latin1')
/** Format (1), magic (7), salt (16), memory in KiB, passes, lanes, length of the manifest (4 each, big endian). */
const fixedLength = 40
const manifestLimit = 65_536
/** Of what is opened: the header is authenticated only after the work that it asks for. */
const limits = { memoryKiB: 2 ** 20, passes: 64, lanes: 64 }
/** The version that stands in the records: the key of a backup has one. */
const keyVersion = 1

/** What a backup says of itself to whoever has the file. Nothing of it is secret. */
export interface BackupManifest {
  /** UUID of the backup; the audit record of the operation names it. */
  readonly backup: string
  /** UUID of the store. */
  readonly store: string
  /** Milliseconds since 1970. */
  readonly created: number
  /** Head of the audit chain that was written to last: `chain:sequence:hash`. */
  readonly head: string
  /** SHA-256, hexadecimal, over the heads of all chains. */
  readonly heads: string
  readonly chains: number
  /** Audit records. */
  readonly records: number
  /** Bytes of the store. */
  readonly size: number
}

/** @throws MORTISE_INPUT_INVALID */
export function checkBackupPassphrase(passphrase: string): void {
  if (passphrase.length < shortestPassphrase) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `the passphrase of a backup must have ${shortestPassphrase} characters or more`,
    )
  }
}

/** The pieces of the file of a backup. */
export async function* sealBackup(
  manifest: BackupManifest,
  passphrase: string,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const parameters = newPassphraseParameters()
  const header = encodeHeader(parameters, manifest)
  const key = await backupKey(passphrase, parameters, header)
  try {
    yield header
    yield* sealFile(
      {
        keyId: manifest.backup,
        seal: async (plaintext, aad) => native.sealRecord(key, keyVersion, plaintext, aad),
      },
      content,
    )
  } finally {
    key.dispose()
  }
}

/** @throws MORTISE_BACKUP_INVALID for what is none */
export async function readManifest(path: string): Promise<BackupManifest> {
  return decodeHeader(await readHeader(path)).manifest
}

/**
 * The pieces of the store in a backup. Whoever keeps them throws them away unless it ends well: a part of them is
 * authentic, but no store.
 *
 * @throws MORTISE_BACKUP_INVALID with one text, whether the passphrase is another one or the file was changed
 */
export async function* openBackupFile(path: string, passphrase: string): AsyncGenerator<Uint8Array> {
  const header = await readHeader(path)
  const { parameters } = decodeHeader(header)
  const key = await backupKey(passphrase, parameters, header)
  const file = await open(path)
  try {
    const sealed = file.createReadStream({ start: header.length, autoClose: false })
    yield* openFile(
      async () => ({ open: async (record, aad) => native.openRecord(key, record, aad) }),
      sealed,
    )
  } catch (error) {
    throw isBroken(error) ? new MortiseError('MORTISE_BACKUP_INVALID', undefined, { cause: error }) : error
  } finally {
    key.dispose()
    await file.close()
  }
}

function isBroken(error: unknown): boolean {
  return (
    isMortiseError(error, 'MORTISE_CRYPTO_DECRYPTION_FAILED') ||
    isMortiseError(error, 'MORTISE_INPUT_INVALID')
  )
}

/** The key is bound to every byte of the header. */
async function backupKey(
  passphrase: string,
  parameters: PassphraseParameters,
  header: Buffer,
): Promise<KeyHandle> {
  const stretched = await stretchPassphrase(passphrase, parameters)
  try {
    const digest = native.hash('SHA-256', header).toString('hex')
    return native.deriveSecret(stretched, `mortise backup ${digest}`, 'AES')
  } finally {
    stretched.dispose()
  }
}

function encodeHeader(parameters: PassphraseParameters, manifest: BackupManifest): Buffer {
  const { salt, memoryKiB, passes, lanes } = parameters
  const text = Buffer.from(JSON.stringify(manifest))
  const fixed = Buffer.alloc(fixedLength)
  fixed[0] = format
  fixed.set(magic, 1)
  fixed.set(Buffer.from(salt, 'base64'), 8)
  for (const [i, number] of [memoryKiB, passes, lanes, text.length].entries())
    fixed.writeUInt32BE(number, 24 + 4 * i)
  return Buffer.concat([fixed, text])
}

async function readHeader(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const fixed = Buffer.alloc(fixedLength)
    const { bytesRead } = await file.read(fixed, 0, fixedLength, 0)
    const length = fixed.readUInt32BE(36)
    if (
      bytesRead < fixedLength ||
      fixed[0] !== format ||
      !fixed.subarray(1, 8).equals(magic) ||
      length > manifestLimit
    )
      throw noBackup()
    const header = Buffer.concat([fixed, Buffer.alloc(length)])
    if ((await file.read(header, fixedLength, length, fixedLength)).bytesRead < length) throw noBackup()
    return header
  } finally {
    await file.close()
  }
}

function decodeHeader(header: Buffer): { parameters: PassphraseParameters; manifest: BackupManifest } {
  const [memoryKiB, passes, lanes] = [24, 28, 32].map((at) => header.readUInt32BE(at)) as [
    number,
    number,
    number,
  ]
  const known =
    within(memoryKiB, limits.memoryKiB) && within(passes, limits.passes) && within(lanes, limits.lanes)
  if (!known) throw noBackup()
  try {
    const manifest = JSON.parse(header.toString('utf8', fixedLength)) as BackupManifest
    return { parameters: { salt: header.toString('base64', 8, 24), memoryKiB, passes, lanes }, manifest }
  } catch {
    throw noBackup()
  }
}

function within(number: number, limit: number): boolean {
  return number >= 1 && number <= limit
}

function noBackup(): MortiseError {
  return new MortiseError('MORTISE_BACKUP_INVALID', 'this is not a backup of Mortise')
}
