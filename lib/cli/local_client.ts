import { fileOpener, fileSealer, openKeyManager } from '../core/index.js'
import { firstStart, keyManagerOptions, type Settings } from '../server/index.js'
import type { Client } from './client.js'
import { readSecret } from './input.js'

/**
 * Works on a data directory in this process, beside a server if one runs there.
 *
 * @param principal name or id of whom to work as: who can read the root key is trusted to say it; null for the process itself
 */
export async function openLocalClient(settings: Settings, principal: string | null): Promise<Client> {
  // A command is over in a moment: what it leaves on the audit trail is delivered by whoever serves.
  const { auditFile: _file, auditSyslog: _syslog, ...options } = keyManagerOptions(settings, readSecret)
  const keyManager = await openKeyManager({
    ...options,
    // It works where a server would not.
    memoryLock: 'preferred',
    scheduler: false,
  })
  try {
    if (await firstStart(keyManager, settings.directory, settings.admin.password)) {
      process.stderr.write(`mortise: made a new store in ${settings.directory}\n`)
    }
    const session = principal === null ? keyManager.asHost() : await keyManager.as(principal)
    return {
      keys: session,
      fileSealer: (key) => fileSealer(session, key),
      fileOpener: (keyId) => fileOpener(session, keyId),
      backup: async (input) => (await session.openBackup(input)).content,
      ownAuthority: () => keyManager.ownAuthority(),
      close: () => keyManager.close(),
    }
  } catch (error) {
    await keyManager.close()
    throw error
  }
}
