import { ask, KeyserviceError, type KeyserviceLocation } from './request.js'
import { hashOfInitToken } from './sessionist.js'

/** What is kept. */
export interface KeptKey {
  readonly key: Uint8Array
  /** Its entity tag, for {@link PutOptions.ifMatch}. */
  readonly etag: string
}

export interface PutOptions {
  /** The entity tag of what is to be replaced: nothing is, where it is another by now. */
  readonly ifMatch?: string
  /** Whether nothing may be there yet. Default false. */
  readonly ifNone?: boolean
}

/** Before the real service has connected it. */
export interface InitToken {
  /** A secret between this client and the keyservice: nobody else is told it, the real service least of all. */
  readonly initToken: string
  /** What the real service is told of it. */
  readonly initTokenHash: string
}

/**
 * A client of a keyservice, in a browser or wherever there are fetch and WebCrypto. First {@link init}; then the real service is told
 * `initTokenHash` and answers a session token; then {@link session}.
 */
export class KeyserviceClient {
  readonly #location: KeyserviceLocation

  constructor(location: KeyserviceLocation) {
    this.#location = location
  }

  /** @throws KeyserviceError */
  async init(): Promise<InitToken> {
    const answer = await ask(this.#location, 'POST', 'init')
    const { initToken } = (await answer.json()) as { readonly initToken: string }
    return { initToken, initTokenHash: await hashOfInitToken(initToken) }
  }

  /** @param sessionToken from the real service */
  session(initToken: string, sessionToken: string): KeyserviceSession {
    return new KeyserviceSession(this.#location, initToken, sessionToken)
  }
}

/** A user of a real service, who keeps something. */
export class KeyserviceSession {
  readonly #location: KeyserviceLocation
  readonly #credentials: { readonly keyId: string; readonly secret: string }

  /** @internal */
  constructor(location: KeyserviceLocation, initToken: string, sessionToken: string) {
    this.#location = location
    this.#credentials = { keyId: sessionToken, secret: initToken }
  }

  /** What is kept; undefined for nothing. @throws KeyserviceError */
  async get(): Promise<KeptKey | undefined> {
    try {
      const answer = await ask(this.#location, 'GET', 'key', { credentials: this.#credentials })
      return { key: new Uint8Array(await answer.arrayBuffer()), etag: answer.headers.get('etag') ?? '' }
    } catch (error) {
      if (error instanceof KeyserviceError && error.status === 404) return undefined
      throw error
    }
  }

  /**
   * Keeps something in the place of what there was.
   *
   * @returns its entity tag
   * @throws KeyserviceError, of status 412 where another device was faster
   */
  async put(key: Uint8Array, { ifMatch, ifNone = false }: PutOptions = {}): Promise<string> {
    const headers = {
      'content-type': 'application/octet-stream',
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(ifNone && { 'if-none-match': '*' }),
    }
    const answer = await ask(this.#location, 'PUT', 'key', {
      credentials: this.#credentials,
      payload: key,
      headers,
    })
    return answer.headers.get('etag') ?? ''
  }
}
