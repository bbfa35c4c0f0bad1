import {
  type IssuedAccessToken,
  issueAccessToken,
  type JwtSigner,
  type ProvedClient,
} from '../access/index.js'
import { signatureScheme } from '../crypto/index.js'
import { MortiseError } from '../errors/index.js'
import { renewTokenKey, type TokenKey } from '../keys/index.js'
import { AlreadyDone } from '../operation/index.js'
import { type Actor, type Door, systemActor } from './actor.js'
import type { Follower } from './follower.js'
import type { Pipeline } from './pipeline.js'

/** A public key that access tokens are verified by (RFC 7517). */
export type TokenJwk = Readonly<Record<string, string>>

const algorithm = 'RS256'

/** Gives OAuth clients access tokens, with a key that it makes when it needs one and that nothing else can use. */
export class TokenIssuer {
  readonly #pipeline: Pipeline
  readonly #follower: Follower
  /** By `kid`. */
  readonly #jwks = new Map<string, TokenJwk>()

  constructor(pipeline: Pipeline, follower: Follower) {
    this.#pipeline = pipeline
    this.#follower = follower
  }

  /** For the client itself. @throws MORTISE_AUTH_REQUIRED */
  async issue({ principal, secret }: ProvedClient, issuer: string, door: Door): Promise<IssuedAccessToken> {
    const actor: Actor = { principal: principal.id, ...door, entry: { by: 'token', token: secret } }
    const signer = await this.#signer()
    return this.#pipeline.run(actor, issueAccessToken, { issuer, secret: secret.id, signer })
  }

  /** What tokens are verified by, the key that signs first. There is one from the first question on. */
  async keys(): Promise<readonly TokenJwk[]> {
    await this.#signing()
    const published = await this.#services.tokenKeys.published()
    return Promise.all(published.map((key) => this.#jwk(key)))
  }

  get #services() {
    return this.#pipeline.services
  }

  async #signing(): Promise<TokenKey> {
    await this.#follower.heard()
    const { tokenKeys } = this.#services
    const signing = await tokenKeys.signing()
    if (signing) return signing
    try {
      await this.#pipeline.run(systemActor, renewTokenKey, { whenDue: true })
    } catch (error) {
      // Another process was first.
      if (!(error instanceof AlreadyDone)) throw error
    }
    return this.#signing()
  }

  async #signer(): Promise<JwtSigner> {
    const { privateKey, publicKey: kid } = await this.#signing()
    const object = await this.#services.objects.byId(privateKey)
    // Renewed meanwhile, by another process.
    if (object?.state !== 'Active') return this.#signer()
    const scheme = signatureScheme(object.algorithm, object.values.curve, algorithm)
    return {
      alg: algorithm,
      kid,
      sign: (message) =>
        this.#services
          .provider(object.provider)
          .open(object)
          .sign(scheme, message, { digested: false, encoding: 'p1363' }),
    }
  }

  async #jwk({ publicKey: kid }: TokenKey): Promise<TokenJwk> {
    const known = this.#jwks.get(kid)
    if (known) return known
    const { objects, provider } = this.#services
    const object = await objects.byId(kid)
    if (!object) throw new MortiseError('MORTISE_KEY_NOT_FOUND')
    const exported = await provider(object.provider).open(object).export({ format: 'jwk' })
    const { kty, n, e } = JSON.parse(exported.toString())
    const jwk = { kty, kid, use: 'sig', alg: algorithm, n, e }
    this.#jwks.set(kid, jwk)
    return jwk
  }
}
