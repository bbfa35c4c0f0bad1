import type { JwtSigner } from '../access/index.js'
import { signatureScheme } from '../crypto/index.js'
import { MortiseError } from '../errors/index.js'
import type { AssertionSigner } from '../gateway/index.js'
import { renewTokenKey, signsBy, type TokenKey, type TokenKeyAlgorithm } from '../keys/index.js'
import { AlreadyDone } from '../operation/index.js'
import type { Certificate } from '../x509/index.js'
import { systemActor } from './actor.js'
import type { Follower } from './follower.js'
import type { Pipeline } from './pipeline.js'
import { tokenCertificate, wso2Thumbprint } from './token_certificate.js'

/** A public key that access tokens are verified by (RFC 7517). */
export type TokenJwk = Readonly<Record<string, string>>

const usualAlgorithm = 'RS256'

/** Signs access tokens, with keys that it makes when it needs them and that nothing else can use. */
export class TokenIssuer {
  readonly #pipeline: Pipeline
  readonly #follower: Follower
  /** By `kid`. */
  readonly #jwks = new Map<string, TokenJwk>()
  #certificate: { readonly kid: string; readonly certificate: Certificate } | undefined

  constructor(pipeline: Pipeline, follower: Follower) {
    this.#pipeline = pipeline
    this.#follower = follower
  }

  /** What tokens are verified by, the key that signs first. There is one from the first question on. */
  async keys(): Promise<readonly TokenJwk[]> {
    await this.#signing(usualAlgorithm)
    const published = await this.#services.tokenKeys.published()
    return Promise.all(published.map((key) => this.#jwk(key)))
  }

  /** What signs what backends are told of who calls: the key of the tokens, which nothing else reaches. */
  async assertionSigner(wso2Compat: boolean): Promise<AssertionSigner> {
    const { alg, kid, sign } = await this.signer(usualAlgorithm)
    if (!wso2Compat) return { alg, header: { kid }, sign }
    return { alg, header: { x5t: wso2Thumbprint(await this.certificate()), kid }, sign }
  }

  /** A certificate by itself of the key that signs with RS256. */
  async certificate(): Promise<Certificate> {
    const key = await this.#signing(usualAlgorithm)
    const known = this.#certificate?.kid === key.publicKey ? this.#certificate.certificate : undefined
    const certificate = known ?? (await tokenCertificate(this.#services, key))
    // Renewed meanwhile, by another process.
    if (!certificate) return this.certificate()
    this.#certificate = { kid: key.publicKey, certificate }
    return certificate
  }

  async signer(algorithm: TokenKeyAlgorithm): Promise<JwtSigner> {
    const { privateKey, publicKey: kid } = await this.#signing(algorithm)
    const object = await this.#services.objects.byId(privateKey)
    // Renewed meanwhile, by another process.
    if (object?.state !== 'Active') return this.signer(algorithm)
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

  get #services() {
    return this.#pipeline.services
  }

  async #signing(algorithm: TokenKeyAlgorithm): Promise<TokenKey> {
    await this.#follower.heard()
    const { tokenKeys } = this.#services
    const signing = await tokenKeys.signing(algorithm)
    if (signing) return signing
    try {
      await this.#pipeline.run(systemActor, renewTokenKey, { whenDue: true, algorithm })
    } catch (error) {
      // Another process was first.
      if (!(error instanceof AlreadyDone)) throw error
    }
    return this.#signing(algorithm)
  }

  async #jwk(key: TokenKey): Promise<TokenJwk> {
    const { publicKey: kid } = key
    const known = this.#jwks.get(kid)
    if (known) return known
    const { objects, provider } = this.#services
    const object = await objects.byId(kid)
    if (!object) throw new MortiseError('MORTISE_KEY_NOT_FOUND')
    const exported = await provider(object.provider).open(object).export({ format: 'jwk' })
    const { kty, n, e, crv, x, y } = JSON.parse(exported.toString())
    const parts = Object.entries({ n, e, crv, x, y }).filter(([, part]) => part !== undefined)
    const jwk = { kty, kid, use: 'sig', alg: signsBy(key), ...Object.fromEntries(parts) }
    this.#jwks.set(kid, jwk)
    return jwk
  }
}
