import type { AddressInfo } from 'node:net'
import type { App } from '../faces/http/index.js'

/** Where a server listens: `http://127.0.0.1:9998`. */
export function urlOf(app: App): string {
  const { address, family, port } = app.server.address() as AddressInfo
  const host = family === 'IPv6' ? `[${address}]` : address
  return `${'setSecureContext' in app.server ? 'https' : 'http'}://${host}:${port}`
}
