import type { KeyManager } from '../../core/index.js'
import type { App, Log } from '../http/index.js'
import { ocspRoutes } from './ocsp.js'
import { publishedRoutes } from './published.js'

export interface PkiOptions {
  readonly keyManager: KeyManager
  readonly log: Log
}

/**
 * What everybody needs who checks a certificate that was issued here: CRLs, OCSP, and the certificates of authorities. Nobody logs in: it
 * is public by its nature. It translates: every route is one method of the publisher.
 */
export async function pkiFace(app: App, { keyManager, log }: PkiOptions): Promise<void> {
  publishedRoutes(app, keyManager.publisher)
  await app.register(async (inner: App) => ocspRoutes(inner, keyManager.publisher, log))
}
