import { errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose'
import { MortiseError } from '../../errors/index.js'
import type { Clock } from '../../operation/index.js'
import type { OidcSettings } from '../connection_settings.js'
import { askIssuer } from './discovery.js'

const minute = 60_000
/** Keys are asked for again when they are as old as this. */
const fresh = 10 * minute
/** So old they may be when the issuer does not answer: a key that it has withdrawn meanwhile is believed that long. */
const usable = 60 * minute
/** An issuer is not asked more often, whatever tokens say. */
const rest = 30_000

/** The keys of an issuer, which change without notice. */
export class IssuerKeys {
  readonly #clock: Clock
  readonly #issuer: Pick<OidcSettings, 'issuer' | 'jwks'>
  #keyOf: JWTVerifyGetKey | undefined
  /** When they came, and when they were last asked for: milliseconds since 1970. */
  #got = Number.NaN
  #asked = Number.NaN
  #asking: Promise<void> | undefined
  #failure = ''

  constructor(clock: Clock, issuer: Pick<OidcSettings, 'issuer' | 'jwks'>) {
    this.#clock = clock
    this.#issuer = issuer
  }

  /**
   * The claims of a token that one of the keys has signed. If none has, the issuer may have new ones: it is asked, unless it
   * was a moment ago.
   *
   * @throws MORTISE_CONNECTION_UNAVAILABLE; what jose throws
   */
  async verify(token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
    const keyOf = await this.#current()
    try {
      return await verified(token, keyOf, options)
    } catch (error) {
      if (!isOfOtherKey(error)) throw error
      const renewed = await this.#renewed()
      if (!renewed || renewed === keyOf) throw error
      return verified(token, renewed, options)
    }
  }

  async #current(): Promise<JWTVerifyGetKey> {
    const keyOf = this.#isWithin(this.#got, fresh) ? this.#keyOf : await this.#renewed()
    if (keyOf && this.#isWithin(this.#got, usable)) return keyOf
    throw new MortiseError('MORTISE_CONNECTION_UNAVAILABLE', undefined, {
      details: { issuer: this.#issuer.issuer },
      cause: new Error(this.#failure),
    })
  }

  /** The keys after the issuer was asked, if it is time to. */
  async #renewed(): Promise<JWTVerifyGetKey | undefined> {
    if (!this.#asking && !this.#isWithin(this.#asked, rest)) {
      this.#asked = this.#clock.now()
      this.#asking = this.#ask().finally(() => {
        this.#asking = undefined
      })
    }
    await this.#asking
    return this.#keyOf
  }

  async #ask(): Promise<void> {
    try {
      this.#keyOf = (await askIssuer(this.#issuer)).keyOf
      this.#got = this.#clock.now()
    } catch (error) {
      this.#failure = (error as Error).message
    }
  }

  /** A clock that was set back makes nothing last longer. */
  #isWithin(since: number, period: number): boolean {
    const now = this.#clock.now()
    return now >= since && now < since + period
  }
}

/** With each key in turn, where the token does not say which of several it is. */
async function verified(
  token: string,
  keyOf: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keyOf, options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

function isOfOtherKey(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed
}
