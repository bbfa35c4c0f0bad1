import type { JWK, JWTPayload, JWTVerifyOptions } from 'jose'
import { isMortiseError } from '../../errors/index.js'
import type { Clock } from '../../operation/index.js'
import type { OidcSettings } from '../connection_settings.js'
import type { Connection, Connections } from '../connections.js'
import type { CredentialsOf, Finding, Login, TestResult, TimedProof } from '../login.js'
import { checkClaims, proofOf } from './claims.js'
import { askIssuer } from './discovery.js'
import { IssuerKeys } from './issuer_keys.js'
import { refusal } from './refusal.js'
import { claimsOf, Headers } from './token.js'

/** Issuers whose keys are in memory. */
const knownIssuers = 1000

/** Logins by JWTs of outside issuers (RFC 7519, OpenID Connect Core 1.0, RFC 9068). jose checks the signatures. */
export class OidcLogin implements Login<'oidc'> {
  readonly #clock: Clock
  readonly #connections: Connections
  readonly #longest: number
  readonly #headers: Headers
  readonly #keys = new Map<string, IssuerKeys>()

  /** @param longest bytes of a token; a longer one is not decoded */
  constructor(clock: Clock, connections: Connections, longest: number) {
    this.#clock = clock
    this.#connections = connections
    this.#longest = longest
    this.#headers = new Headers(longest)
  }

  /**
   * The connection that a token is of: that of its issuer, and of several the first whose audiences it is for. What it says of
   * itself is not proved yet.
   *
   * @throws MORTISE_AUTH_REQUIRED with the reason as its cause
   */
  async connectionOf(token: string): Promise<Connection<'oidc'>> {
    const claims = claimsOf(token, this.#longest)
    const all = await this.#connections.ofKind('oidc')
    const issuers = all.filter(({ enabled, settings }) => enabled && settings.issuer === claims.iss)
    const found = issuers.find(({ settings }) => isFor(claims, settings)) ?? issuers[0]
    if (!found) throw refusal('no connection is of its issuer', claims.iss)
    return found
  }

  /** @throws MORTISE_AUTH_REQUIRED with the reason as its cause, MORTISE_CONNECTION_UNAVAILABLE */
  async verify({ token }: CredentialsOf['oidc'], connection: Connection<'oidc'>): Promise<TimedProof> {
    const { settings } = connection
    const { issuer, audiences, algorithms, clockToleranceSeconds: clockTolerance } = settings
    this.#headers.check(token, algorithms)
    const now = this.#clock.now()
    const claims = await this.#verified(token, settings, {
      algorithms: [...algorithms],
      issuer,
      ...(audiences.length > 0 && { audience: [...audiences] }),
      clockTolerance,
      currentDate: new Date(now),
      requiredClaims: ['exp'],
    })
    checkClaims(claims, settings, now)
    return proofOf(claims, connection, now)
  }

  /** Whether the issuer gives out its keys, and which. */
  async test({ settings }: Connection<'oidc'>): Promise<TestResult> {
    try {
      const { jwks, keys } = await askIssuer(settings)
      return { findings: [{ check: 'issuer', ok: true, detail: jwks }, ...keys.keys.map(found)] }
    } catch (error) {
      return { findings: [{ check: 'issuer', ok: false, detail: (error as Error).message }] }
    }
  }

  async #verified(token: string, settings: OidcSettings, options: JWTVerifyOptions) {
    try {
      return await this.#keysOf(settings).verify(token, options)
    } catch (error) {
      if (isMortiseError(error)) throw error
      throw refusal((error as Error).message)
    }
  }

  #keysOf({ issuer, jwks }: OidcSettings): IssuerKeys {
    const place = JSON.stringify([issuer, jwks])
    const known = this.#keys.get(place)
    if (known) return known
    if (this.#keys.size >= knownIssuers) this.#keys.clear()
    const keys = new IssuerKeys(this.#clock, { issuer, jwks })
    this.#keys.set(place, keys)
    return keys
  }
}

function found({ kid, kty, crv, alg, use }: JWK): Finding {
  const facts = [kid ?? 'without kid', kty, crv, alg, use]
  return { check: 'key', ok: true, detail: facts.filter((fact) => fact !== undefined).join(' ') }
}

function isFor({ aud }: JWTPayload, { audiences }: OidcSettings): boolean {
  return audiences.length === 0 || [aud].flat().some((one) => one !== undefined && audiences.includes(one))
}
