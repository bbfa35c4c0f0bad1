import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { type KeyManager, openKeyManager } from '../core/index.js'
import { MortiseError } from '../errors/index.js'
import type { App } from '../faces/http/index.js'
import { requireSafeListener } from './address.js'
import { firstStart } from './first_start.js'
import { buildServer } from './http.js'
import { keyManagerOptions } from './key_manager.js'
import { KmipListener } from './kmip_listener.js'
import { openLog } from './log.js'
import type { Settings } from './schema.js'
import { openOwnTls, openTls, type ServerTls } from './tls.js'

/** Milliseconds between looks for connections that have nothing more to say, while stopping. */
const idleCheck = 50

/** A server at work. */
export interface RunningServer {
  /** `http://127.0.0.1:9998`. */
  readonly url: string
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
 * @throws MORTISE_SERVER_REFUSED, MORTISE_CONFIG_INVALID, and what openKeyManager throws
 */
export async function startServer(settings: Settings): Promise<RunningServer> {
  requireSafeListener(settings)
  const log = openLog(settings)
  const keyManager = await openKeyManager(keyManagerOptions(settings))
  try {
    const isFirstStart = await firstStart(keyManager, settings.directory, settings.admin.password)
    const tls = await openTls(keyManager, settings, log)
    const app = await buildServer(keyManager, settings, log, tls)
    app.addHook('onClose', async () => tls?.stop())
    await listen(app, settings)
    const kmip = await listenForKmip(keyManager, settings, log, app, tls)
    const close = async () => {
      await kmip?.close()
      await stop(app, keyManager)
    }
    return { url: urlOf(app, tls), kmip: kmip?.address, isFirstStart, log, close }
  } catch (error) {
    await keyManager.close()
    throw error
  }
}

async function listen(app: App, { http }: Settings): Promise<void> {
  try {
    await app.listen({ host: http.host, port: http.port })
  } catch (cause) {
    await app.close()
    throw new MortiseError(
      'MORTISE_SERVER_REFUSED',
      `cannot listen on ${http.host} port ${http.port}: ${(cause as Error).message}`,
      { cause },
    )
  }
}

async function listenForKmip(
  keyManager: KeyManager,
  settings: Settings,
  log: Logger,
  app: App,
  shared: ServerTls | undefined,
): Promise<KmipListener | undefined> {
  if (settings.kmip.host === undefined) return undefined
  try {
    const tls = shared ?? (await openOwnTls(keyManager, settings, log))
    if (!shared) app.addHook('onClose', async () => tls.stop())
    return await KmipListener.start(keyManager, settings, log, { app, tls })
  } catch (error) {
    await app.close()
    throw error
  }
}

async function stop(app: App, keyManager: KeyManager): Promise<void> {
  // A connection whose last answer is only now under way would be kept alive for minutes.
  const idle = setInterval(() => app.server.closeIdleConnections(), idleCheck)
  try {
    await app.close()
  } finally {
    clearInterval(idle)
    await keyManager.close()
  }
}

function urlOf(app: App, tls: ServerTls | undefined): string {
  const { address, family, port } = app.server.address() as AddressInfo
  const host = family === 'IPv6' ? `[${address}]` : address
  return `${tls ? 'https' : 'http'}://${host}:${port}`
}
