import type { Logger } from 'pino'
import { type KeyManager, openKeyManager } from '../core/index.js'
import { MortiseError } from '../errors/index.js'
import type { App } from '../faces/http/index.js'
import { requireSafeListener } from './address.js'
import { firstStart } from './first_start.js'
import { buildPublicServer, buildServer, longestRequest } from './http.js'
import { keyManagerOptions } from './key_manager.js'
import { tellKmipClients } from './kmip_clients.js'
import { kmipEngine } from './kmip_engine.js'
import { KmipListener } from './kmip_listener.js'
import { openLog } from './log.js'
import { RequestTimes } from './request_times.js'
import type { Settings } from './schema.js'
import { openOwnTls, openTls, type ServerTls } from './tls.js'
import type { Ask } from './tokens.js'
import { urlOf } from './url.js'

/** Milliseconds between looks for connections that have nothing more to say, while stopping. */
const idleCheck = 50

/** A server at work. */
export interface RunningServer {
  /** `http://127.0.0.1:9998`. */
  readonly url: string
  /** Of the listener that serves what authorities publish, and nothing else; null where there is none. */
  readonly publicUrl: string | null
  /** `127.0.0.1:5696`, where KMIP has a listener of its own. */
  readonly kmip: string | undefined
  /** Whether the store was new, so that the administrator was registered. */
  readonly isFirstStart: boolean
  readonly log: Logger
  /** Takes no more requests, answers those under way, closes the key manager. */
  close(): Promise<void>
}

/**
 * Opens the key manager and serves it.
 *
 * @param ask who is asked for the PIN of a token, where the configuration says so
 * @throws MORTISE_SERVER_REFUSED, MORTISE_CONFIG_INVALID, and what openKeyManager throws
 */
export async function startServer(settings: Settings, ask?: Ask): Promise<RunningServer> {
  requireSafeListener(settings)
  const log = openLog(settings)
  const keyManager = await openKeyManager(keyManagerOptions(settings, ask))
  try {
    const isFirstStart = await firstStart(keyManager, settings.directory, settings.admin.password)
    const times = new RequestTimes()
    const { host, port } = settings.ca
    const tls = await openTls(keyManager, settings, log)
    const engine = kmipEngine(keyManager, settings, log)
    const main = await buildServer(keyManager, settings, log, { tls, times, engine })
    const kmipTls = await tlsForKmip(keyManager, settings, log, tls)
    main.addHook('onClose', async () => {
      await tls?.stop()
      await kmipTls?.stop()
    })
    const open = port === undefined ? null : await buildPublicServer(keyManager, settings, log, times)
    const apps = [main, ...(open ? [open] : [])]
    try {
      await listen(main, settings.http)
      if (open && port !== undefined) await listen(open, { host, port })
      const kmip =
        kmipTls && (await KmipListener.start(keyManager, settings, log, { app: main, tls: kmipTls, engine }))
      await tellKmipClients(keyManager, settings, log)
      return {
        url: urlOf(main),
        kmip: kmip?.address,
        publicUrl: open && urlOf(open),
        isFirstStart,
        log,
        async close() {
          await kmip?.close()
          await stop(apps, keyManager)
        },
      }
    } catch (error) {
      await Promise.all(apps.map((app) => app.close()))
      throw error
    }
  } catch (error) {
    await keyManager.close()
    throw error
  }
}

async function listen(
  app: App,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    throw new MortiseError(
      'MORTISE_SERVER_REFUSED',
      `cannot listen on ${host} port ${port}: ${(cause as Error).message}`,
      { cause },
    )
  }
}

/** That of the HTTP server, where it has any: KMIP is never without. */
async function tlsForKmip(
  keyManager: KeyManager,
  settings: Settings,
  log: Logger,
  shared: ServerTls | undefined,
): Promise<ServerTls | undefined> {
  return settings.kmip.host === undefined ? undefined : (shared ?? openOwnTls(keyManager, settings, log))
}

async function stop(apps: readonly App[], keyManager: KeyManager): Promise<void> {
  // A connection whose last answer is only now under way would be kept alive for minutes.
  const idle = setInterval(() => {
    for (const { server } of apps) server.closeIdleConnections()
  }, idleCheck)
  // Node does not time anything out any more once a server closes.
  const tooSlow = setTimeout(() => {
    for (const { server } of apps) server.closeAllConnections()
  }, longestRequest)
  try {
    await Promise.all(apps.map((app) => app.close()))
  } finally {
    clearInterval(idle)
    clearTimeout(tooSlow)
    await keyManager.close()
  }
}
