import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { administrators, type KeyManager } from '../core/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import { takeFirstStart } from './first_start_marker.js'
import { writePrivate } from './private_file.js'

/** The principal that everything begins with. */
export const adminName = 'admin'
/** Names of files in the data directory. */
export const passwordFile = 'admin-password'
export const tokenFile = 'admin-token'
/** With the root that clients of the server's own TLS are given. */
export const rootFile = 'tls-root.pem'

/**
 * Registers the administrator `admin` on a store that has none, with a password and a token that are on disk before
 * anybody hears of them. A later start changes nothing; of several at once one does it and the others wait.
 *
 * @param password of the configuration; else a random one goes into DIRECTORY/admin-password
 * @returns whether this was the first start
 * @throws MORTISE_STORAGE_FULL, MORTISE_STORAGE_UNAVAILABLE when it was cut short; the next start takes it up again
 */
export async function firstStart(
  keyManager: KeyManager,
  directory: string,
  password: string | undefined,
): Promise<boolean> {
  try {
    return await start(keyManager, directory, password)
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (syscall === undefined) throw error
    throw new MortiseError(
      code === 'ENOSPC' ? 'MORTISE_STORAGE_FULL' : 'MORTISE_STORAGE_UNAVAILABLE',
      `the first start cannot write its files: ${(error as Error).message}; mend that and start again`,
      { cause: error },
    )
  }
}

async function start(
  keyManager: KeyManager,
  directory: string,
  password: string | undefined,
): Promise<boolean> {
  const finish = await takeFirstStart(directory, () => isRegistered(keyManager))
  if (!finish) return false
  const admin = await keyManager.ensurePrincipal({ name: adminName })
  const host = keyManager.asHost()
  // By the group alone, so that whoever lists its members sees every administrator, and it is taken out as others are.
  await host.addMember(administrators.id, admin.id)
  await host.setPassword(admin.id, password ?? (await keptPassword(join(directory, passwordFile))))
  const token = await host.createToken({ principal: admin.id, label: 'first start' })
  await writePrivate(join(directory, tokenFile), `${token.text}\n`)
  await finish()
  return true
}

/** Also where somebody else administers: the administrator may have been renamed, or deleted. */
async function isRegistered(keyManager: KeyManager): Promise<boolean> {
  if (await keyManager.isAdministered()) return true
  try {
    await keyManager.as(adminName)
    return true
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_PRINCIPAL_NOT_FOUND')) return false
    // Disabled, but there.
    if (isMortiseError(error, 'MORTISE_AUTH_REQUIRED')) return true
    throw error
  }
}

/** The password that a start which was cut short has written, or a new one. */
async function keptPassword(path: string): Promise<string> {
  if (!existsSync(path)) await writePrivate(path, `${randomBytes(18).toString('base64url')}\n`)
  return (await readFile(path, 'utf8')).trim()
}
