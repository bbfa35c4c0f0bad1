import type { EventEmitter } from 'node:events'
import type { TLSSocket } from 'node:tls'
import type { KeyManager } from '../core/index.js'
import { shownBy } from '../faces/http/index.js'

/** Milliseconds between looks: what is not known to have changed costs next to nothing. */
const interval = 2000

/**
 * Closes connections of TLS clients whose certificate was good for something and is not any more: it was revoked, is held, or has
 * run out, or its authority is not trusted any more. What they ask meanwhile is refused in any case.
 *
 * @returns what stops it
 */
export function closeLapsed(server: EventEmitter, keyManager: KeyManager): () => void {
  const clients = new Set<TLSSocket>()
  server.on('secureConnection', (socket: TLSSocket) => {
    clients.add(socket)
    socket.once('close', () => clients.delete(socket))
  })
  const look = async () => {
    for (const socket of clients) {
      const chain = shownBy(socket)
      if (chain.length > 0 && (await keyManager.hasLapsed(chain))) socket.destroy()
    }
  }
  let isLooking = false
  const timer = setInterval(async () => {
    if (isLooking) return
    isLooking = true
    // What cannot be looked up now is looked up again; requests are refused meanwhile.
    await look().catch(() => undefined)
    isLooking = false
  }, interval)
  timer.unref()
  return () => clearInterval(timer)
}
