import { MortiseError } from '../errors/index.js'
import { checkedChoice, checkedMetadata, checkedText, type Metadata } from './text.js'

/** How a client proves who it is at the token endpoint, as OAuth's registry of methods calls it (RFC 7591 section 2). */
export const clientAuthentications = ['client_secret_basic', 'client_secret_post'] as const
export type ClientAuthentication = (typeof clientAuthentications)[number]

/** Ways to a token, by their `grant_type`. */
export const oauthGrants = [
  'client_credentials',
  'password',
  'refresh_token',
  'authorization_code',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:grant-type:token-exchange',
] as const
export type OAuthGrant = (typeof oauthGrants)[number]

/** What an access token is: a JWT that others verify, or a text that says nothing. */
export const tokenFormats = ['jwt', 'opaque'] as const
export type TokenFormat = (typeof tokenFormats)[number]

/** How JWTs are signed, by JOSE's names. */
export const tokenAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
export type TokenAlgorithm = (typeof tokenAlgorithms)[number]

/** Seconds that an access token may be accepted. */
export const shortestLifetime = 60
/** A day: as long as a key that signs no more is published. */
export const longestAccessToken = 86_400
/** Seconds: 90 days. */
export const longestRefreshToken = 7_776_000
const mostUris = 50
const longestUri = 2048
const mostScopes = 200

/** What an OAuth client is beside a principal. */
export interface ClientFields {
  /** Default all of {@link clientAuthentications}. */
  readonly authentication?: readonly ClientAuthentication[]
  /** Default client_credentials. */
  readonly grants?: readonly OAuthGrant[]
  /** Default `jwt`. */
  readonly tokenFormat?: TokenFormat
  /** Seconds that access tokens of its own are accepted: 60 to 86,400. Default 900. */
  readonly tokenLifetime?: number
  /** The same of those that it gets for users. Default 900. */
  readonly userTokenLifetime?: number
  /** Seconds that a refresh token is accepted, and the grant lasts: 60 to 7,776,000. Default 86,400. */
  readonly refreshTokenLifetime?: number
  /** `aud` of its access tokens. Default null: the issuer. */
  readonly audience?: string | null
  /** What else it may ask tokens for (RFC 8707): 1 to 255 visible characters of ASCII each. Default nothing. */
  readonly audiences?: readonly string[]
  /** By which its JWTs are signed. Default RS256. */
  readonly algorithm?: TokenAlgorithm
  /** What it may ask for beside `default` (RFC 6749 section 3.3). Default nothing. */
  readonly scopes?: readonly string[]
  /** Where codes may be sent, to the letter. Default nowhere. */
  readonly redirectUris?: readonly string[]
  /** What people know it as: 1 to 255 characters. Default null. */
  readonly displayName?: string | null
  /** Whose application it is, as whoever registers it says: 1 to 255 characters. Default null. */
  readonly owner?: string | null
  /** What else was registered of it (RFC 7591 section 2): at most 64 KiB as JSON. Default empty. */
  readonly metadata?: Metadata
}

export type CompleteFields = Required<ClientFields>

const usual: CompleteFields = {
  authentication: clientAuthentications,
  grants: ['client_credentials'],
  tokenFormat: 'jwt',
  tokenLifetime: 900,
  userTokenLifetime: 900,
  refreshTokenLifetime: longestAccessToken,
  audience: null,
  audiences: [],
  algorithm: 'RS256',
  scopes: [],
  redirectUris: [],
  displayName: null,
  owner: null,
  metadata: {},
}

/** With what is usual where nothing is said: also of a record of before there was such a field. */
export function completed<Fields extends ClientFields>(fields: Fields): Fields & CompleteFields {
  return { ...usual, ...fields }
}

/** @throws MORTISE_INPUT_INVALID */
export function checkedFields(fields: ClientFields): CompleteFields {
  const { authentication, grants, tokenFormat, audience, metadata, ...rest } = completed(given(fields))
  const { tokenLifetime, userTokenLifetime, refreshTokenLifetime, displayName, owner } = rest
  const methods = checkedChoice('way of clients to authenticate', clientAuthentications, authentication)
  if (methods.length === 0) throw invalid('a client needs a way to authenticate')
  for (const lifetime of [tokenLifetime, userTokenLifetime])
    if (!isWithin(lifetime, longestAccessToken))
      throw invalid(`access tokens live ${shortestLifetime} to ${longestAccessToken} seconds`)
  if (!isWithin(refreshTokenLifetime, longestRefreshToken))
    throw invalid(`refresh tokens live ${shortestLifetime} to ${longestRefreshToken} seconds`)
  const audiences = [...new Set(rest.audiences)]
  if (audiences.length > mostUris) throw invalid(`a client has at most ${mostUris} audiences`)
  if (![...audiences, ...(audience === null ? [] : [audience])].every((one) => /^[!-~]{1,255}$/.test(one)))
    throw invalid('an audience is 1 to 255 visible characters of ASCII')
  return {
    authentication: methods,
    grants: checkedChoice('grant of OAuth', oauthGrants, grants),
    tokenFormat: checkedChoice('format of tokens', tokenFormats, [tokenFormat])[0] ?? 'jwt',
    algorithm: checkedChoice('algorithm of tokens', tokenAlgorithms, [rest.algorithm])[0] ?? 'RS256',
    ...{ tokenLifetime, userTokenLifetime, refreshTokenLifetime, audience, audiences },
    scopes: checkedScopes(rest.scopes),
    redirectUris: checkedRedirects(rest.redirectUris),
    displayName: checkedText('the name of an application', displayName),
    owner: checkedText('the owner of an application', owner),
    metadata: checkedMetadata(metadata),
  }
}

/** Without what is said to be undefined, which stays usual. */
function given(fields: ClientFields): ClientFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function isWithin(seconds: number, longest: number): boolean {
  return Number.isInteger(seconds) && seconds >= shortestLifetime && seconds <= longest
}

/** @throws MORTISE_INPUT_INVALID for what is no scope-token (RFC 6749 section 3.3) */
function checkedScopes(scopes: readonly string[]): readonly string[] {
  if (scopes.length > mostScopes || !scopes.every((scope) => /^[!#-[\]-~]{1,255}$/.test(scope)))
    throw invalid(
      `a client has at most ${mostScopes} scopes, of visible ASCII without quotes and backslashes`,
    )
  return [...new Set(scopes)]
}

/**
 * Where codes may be sent: absolute, without a fragment (RFC 6749 section 3.1.2), and over plain HTTP to this machine alone (RFC 9700
 * section 2.6); of apps with a scheme of their own, which has a dot in it (RFC 8252 section 7.1).
 *
 * @throws MORTISE_INPUT_INVALID
 */
function checkedRedirects(uris: readonly string[]): readonly string[] {
  if (uris.length > mostUris) throw invalidRedirect(`a client has at most ${mostUris} redirect URIs`)
  for (const uri of uris) {
    const parsed = uri.length <= longestUri && /^[!-~]+$/.test(uri) && URL.canParse(uri) ? new URL(uri) : null
    const { protocol = '', hostname = '' } = parsed ?? {}
    const isHere = protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
    const isOfApp = /^[a-z][a-z0-9+-]*\.[a-z0-9+.-]+:$/.test(protocol)
    if (!parsed || uri.includes('#') || parsed.username || !(protocol === 'https:' || isHere || isOfApp))
      throw invalidRedirect(
        'a redirect URI is absolute, has no fragment, and begins with https://, http:// to this machine or the scheme of an app',
      )
  }
  return [...new Set(uris)]
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}

/** Which RFC 7591 section 3.2.2 has a name of its own for. */
function invalidRedirect(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message, { details: { error: 'invalid_redirect_uri' } })
}
