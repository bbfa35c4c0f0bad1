import type { Logger } from 'pino'
import type { KeyManager } from '../core/index.js'
import type { App } from '../faces/http/index.js'
import type { ServerTls } from './tls.js'

const day = 86_400_000
/** Days before the end of a certificate from which on it is warned of. */
const soon = 30

/** A certificate whose end is everybody's who relies on it. */
export interface Expiry {
  /** `server`, or `authority`. */
  readonly kind: 'server' | 'authority'
  /** Id of the authority; empty of the server. */
  readonly id: string
  readonly name: string
  /** Milliseconds since 1970. */
  readonly notAfter: number
}

/** Of the server's certificate and of every authority. */
export async function expiries(
  keyManager: KeyManager,
  tls: ServerTls | undefined,
): Promise<readonly Expiry[]> {
  const authorities = await keyManager.authorityExpiries()
  return [
    ...(tls ? [{ kind: 'server', id: '', name: 'the server', notAfter: tls.notAfter } as const] : []),
    ...authorities.map(({ id, name, notAfter }) => ({ kind: 'authority', id, name, notAfter }) as const),
  ]
}

/** Warns in the log, now and each day, of certificates that end soon or have ended. */
export function warnOfExpiry(
  app: App,
  keyManager: KeyManager,
  tls: ServerTls | undefined,
  log: Logger,
): void {
  const look = async () => {
    for (const { kind, id, name, notAfter } of await expiries(keyManager, tls)) {
      const days = Math.floor((notAfter - Date.now()) / day)
      if (days >= soon) continue
      const text = days < 0 ? 'has expired' : 'is about to expire'
      const fields = { kind, ...(id !== '' && { authority: id }), notAfter: new Date(notAfter).toISOString() }
      log.warn(fields, `the certificate of ${name} ${text}`)
    }
  }
  // A store that cannot be read is told by /health.
  const timer = setInterval(() => look().catch(() => undefined), day)
  timer.unref()
  app.addHook('onReady', () => look().catch(() => undefined))
  app.addHook('onClose', async () => clearInterval(timer))
}
