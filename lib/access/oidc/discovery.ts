import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { isHttps, isLocalHttp, type OidcSettings } from '../connection_settings.js'
import { getJson } from './json.js'

/** What an issuer has given out. */
export interface IssuerDocuments {
  /** Where its keys are. */
  readonly jwks: string
  readonly keys: JSONWebKeySet
  /** For jose: the keys of the set that a header asks for. */
  readonly keyOf: JWTVerifyGetKey
}

/**
 * Asks an issuer for its keys, and first where they are, unless the connection says it (OpenID Connect Discovery 1.0 section 4).
 *
 * @throws Error that says what is wrong
 */
export async function askIssuer({
  issuer,
  jwks,
}: Pick<OidcSettings, 'issuer' | 'jwks'>): Promise<IssuerDocuments> {
  const place = jwks ?? (await discover(issuer))
  const keys = (await getJson(place)) as JSONWebKeySet
  try {
    return { jwks: place, keys, keyOf: createLocalJWKSet(keys) }
  } catch {
    throw new Error(`${place} is no JSON Web Key Set`)
  }
}

async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const document = (await getJson(url)) as Readonly<Record<string, unknown>> | null
  if (document?.['issuer'] !== issuer) throw new Error(`${url} is of another issuer`)
  const { jwks_uri: place } = document
  // Only an issuer of this machine may send us to a place on it.
  if (typeof place === 'string' && (isHttps(place) || (isLocalHttp(issuer) && isLocalHttp(place))))
    return place
  throw new Error(`${url} has no jwks_uri of https:`)
}
