import { type Clock, isActive, type Principal } from '../../operation/index.js'
import { Cache } from '../cache.js'
import type { Identities } from '../identities.js'
import type { TimedProof } from '../login.js'
import type { Principals } from '../principals.js'
import { textDigest } from '../token_text.js'

const cachedTokens = 10_000

/** A JWT that has let somebody in. */
export interface AdmittedToken {
  readonly proof: TimedProof
  /** Principal id. */
  readonly principal: string
}

/** The same, and who that is now. */
export interface Admitted extends AdmittedToken {
  readonly now: Principal
}

interface Sources {
  readonly clock: Clock
  readonly identities: Identities
  readonly principals: Principals
}

/**
 * The JWTs that let somebody in a while ago, so that not every request is a login. None is in here for longer than it is
 * valid, its connection stays as it is, its identity is linked to the same principal, and that may come in.
 */
export class AdmittedTokens {
  readonly #sources: Sources
  readonly #cache = new Cache<AdmittedToken>(cachedTokens, async () => undefined)

  constructor(sources: Sources) {
    this.#sources = sources
  }

  /**
   * Who a token is of.
   *
   * @param admit lets in whom it proves, when that is not known. Whoever asks meanwhile shares the answer
   * @throws what `admit` throws
   */
  async use(text: string, admit: () => Promise<AdmittedToken>): Promise<Admitted | undefined> {
    // Not the token itself: it opens as much as a password does.
    const key = textDigest(text)
    const token = await this.#cache.get(key, admit)
    const admitted = token && (await this.#holding(token))
    if (admitted) return admitted
    this.#cache.forget(key)
    const again = await this.#cache.get(key, admit)
    return again && this.#holding(again)
  }

  /** The same from memory alone and at once; undefined when it takes more, or has ended. */
  known(text: string): Admitted | undefined {
    const { identities, principals } = this.#sources
    const token = this.#cache.known(textDigest(text))
    if (!token) return undefined
    const { connection, subject } = token.proof
    const id = identities.knownPrincipalOf(connection, subject)
    return id === undefined ? undefined : this.#checked(token, id, principals.known(id))
  }

  /** For when any connection was changed. */
  forgetAll(): void {
    this.#cache.forgetAll()
  }

  async #holding(token: AdmittedToken): Promise<Admitted | undefined> {
    const { identities, principals } = this.#sources
    const id = await identities.principalOf(token.proof.connection, token.proof.subject)
    return id === undefined ? undefined : this.#checked(token, id, await principals.get(id))
  }

  #checked(token: AdmittedToken, id: string, now: Principal | undefined): Admitted | undefined {
    const time = this.#sources.clock.now()
    const holds = id === token.principal && time < token.proof.expires && now && isActive(now, time)
    return holds ? { ...token, now } : undefined
  }
}
