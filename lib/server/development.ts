import { MortiseError } from '../errors/index.js'
import type { App } from '../faces/http/index.js'
import { isLoopback } from './address.js'

/**
 * Where nobody has to log in, a page in the developer's browser must not be able to use the server: it is refused
 * requests from other origins, and under names that were made to point here (DNS rebinding).
 */
export function developmentOnly(app: App): void {
  app.addHook('onRequest', async ({ hostname, headers }) => {
    const { origin } = headers
    if (isLoopback(hostname) && (origin === undefined || isLocalOrigin(origin))) return
    throw new MortiseError(
      'MORTISE_ACCESS_DENIED',
      'without login only this machine itself may ask, as 127.0.0.1 or localhost',
    )
  })
}

function isLocalOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname)
}
