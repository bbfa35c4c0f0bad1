import type { KeyManagerOptions, RootKeySource } from '../core/index.js'
import { MortiseError } from '../errors/index.js'
import { trustedIssuer } from './issuers.js'
import type { Settings } from './schema.js'
import { type Ask, askNobody, tokenOptions } from './tokens.js'

/**
 * How to open the key manager that the configuration describes.
 *
 * @param ask who is asked for the PIN of a token whose source is `prompt:`
 */
export function keyManagerOptions(settings: Settings, ask: Ask = askNobody): KeyManagerOptions {
  const { directory, rootKey, memory, lease, session, audit, destroy, jwt, passkeys, policy, ca, hsm } =
    settings
  const root = rootKeySource(rootKey)
  const { rpId, origins } = passkeys
  return {
    directory,
    ...(root && { rootKey: root }),
    rootKeyGraceSeconds: rootKey.graceSeconds,
    tokens: hsm.tokens.map((text) => tokenOptions(text, ask)),
    keyProvider: hsm.keys,
    auditProvider: hsm.auditKey,
    baseKeyProvider: settings.keymanager.baseKeys,
    memoryLock: memory.lock,
    leaseSeconds: lease.seconds,
    sessionIdleMinutes: session.idleMinutes,
    jwt: { issuers: jwt.authProvider.map(trustedIssuer), maximumBytes: jwt.maximumBytes },
    auditSync: audit.sync,
    checkpointSeconds: audit.checkpointSeconds,
    ...(audit.checkpointDirectory !== undefined && { checkpointDirectory: audit.checkpointDirectory }),
    ...(audit.file !== undefined && { auditFile: audit.file }),
    ...(audit.syslog !== undefined && { auditSyslog: audit.syslog }),
    ...(audit.syslogAuthority !== undefined && { auditSyslogAuthority: audit.syslogAuthority }),
    destroyDelayDays: destroy.delayDays,
    ...(rpId !== undefined && { passkeys: { rpId, origins } }),
    policy,
    ...(ca.publicUrl !== undefined && { publicUrl: ca.publicUrl }),
  }
}

function rootKeySource({ path, hex, passphrase, hsm }: Settings['rootKey']): RootKeySource | undefined {
  const given: RootKeySource[] = [
    ...(path === undefined ? [] : [{ file: path }]),
    ...(hex === undefined ? [] : [{ hex }]),
    ...(passphrase === undefined ? [] : [{ passphrase }]),
    ...(hsm === undefined ? [] : [{ hsm }]),
  ]
  if (given.length > 1) {
    throw new MortiseError(
      'MORTISE_CONFIG_INVALID',
      'give one of rootKey.path, rootKey.hex, rootKey.passphrase and rootKey.hsm',
    )
  }
  return given[0]
}
