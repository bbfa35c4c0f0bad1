import Type from 'typebox'
import { type App, answerWith, authenticate, type Dialect, type Entrance, type Log } from '../http/index.js'
import { accessRoutes } from './access.js'
import { documentErrors } from './document_errors.js'
import { joseFace } from './jose/index.js'
import { serverRoutes } from './server.js'

export interface CosmianOptions extends Entrance {
  readonly log: Log
  /** Of the package. */
  readonly version: string
}

/** Its clients show the body of an error as it is. */
const texts: Dialect = { mediaType: 'text/plain; charset=utf-8', say: ({ message }) => message }

/**
 * The REST API of Cosmian KMS beside its KMIP: who may do what, and cryptography in the forms of JOSE. It translates: every route is a
 * few methods of the session of whoever asks.
 */
export async function cosmianFace(app: App, { log, version, ...entrance }: CosmianOptions): Promise<void> {
  await app.register(async (access: App) => {
    access.setErrorHandler(answerWith(log, texts))
    documentErrors(access, 'text/plain', Type.String())
    authenticate(access, 'cosmian', entrance)
    accessRoutes(access)
    serverRoutes(access, version)
  })
  await app.register(joseFace, { log, ...entrance })
}
