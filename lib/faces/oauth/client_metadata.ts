import {
  type ClientAuthentication,
  type ClientFields,
  clientAuthentications,
  longestAccessToken,
  longestRefreshToken,
  type OAuthClient,
  type OAuthGrant,
  oauthGrants,
  shortestLifetime,
} from '../../core/index.js'
import type { MortiseError } from '../../errors/index.js'
import { refusal } from './errors.js'

/** What a client is registered with (RFC 7591 section 2), as JSON that is not looked at yet. */
export type Metadata = Readonly<Record<string, unknown>>

/** Members that say something to others than this server: they are kept and told. */
const kept = [
  ...['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'contacts', 'initiate_login_uri'],
  ...['post_logout_redirect_uris', 'software_id', 'software_version', 'subject_type', 'application_type'],
  ...['request_object_signing_alg', 'application_display_name', 'pkceMandatory', 'pkceSupportPlain'],
  ...['bypassClientCredentials', 'ext_id_token_lifetime'],
]
/** What WSO2's clients say where they ask for opaque tokens, and for those of theirs. */
const formats = { DEFAULT: 'opaque', OPAQUE: 'opaque', JWT: 'jwt' } as const
/** Seconds that tokens of applications live that nobody says it of. */
const usualLifetime = 3600

/** Without what is null or empty, which some clients send of whatever they do not have. */
export function withoutNothing(given: unknown): Metadata {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return {}
  const isSomething = (value: unknown) => value !== null && value !== ''
  return Object.fromEntries(
    Object.entries(given)
      .map(([name, value]) => [name, Array.isArray(value) ? value.filter(isSomething) : value] as const)
      .filter(([, value]) => isSomething(value)),
  )
}

/**
 * What metadata says of a client. Grants that there are not here are left out, and lifetimes brought to the nearest that there is: the
 * answer says what became of them (RFC 7591 section 3.2.1).
 *
 * @throws MORTISE_INPUT_INVALID for what is no metadata
 */
export function fieldsOf(metadata: Metadata): ClientFields {
  if (metadata['software_statement'] !== undefined)
    throw refusal('invalid_software_statement', 'software statements are not taken here: leave it out')
  if (metadata['subject_type'] === 'pairwise') throw invalid('the only subject_type is public')
  const redirectUris = textsIn(metadata, 'redirect_uris')
  const owner = textIn(metadata, 'ext_application_owner')
  return {
    authentication: authenticationOf(textIn(metadata, 'token_endpoint_auth_method')),
    grants: grantsOf(metadata, redirectUris.length > 0),
    tokenFormat: formatOf(textIn(metadata, 'token_type_extension') ?? 'JWT'),
    tokenLifetime: lifetimeOf(metadata, 'ext_application_token_lifetime', usualLifetime, longestAccessToken),
    userTokenLifetime: lifetimeOf(metadata, 'ext_user_token_lifetime', usualLifetime, longestAccessToken),
    refreshTokenLifetime: lifetimeOf(
      ...([metadata, 'ext_refresh_token_lifetime', longestAccessToken, longestRefreshToken] as const),
    ),
    scopes: scopesOf(metadata),
    redirectUris,
    displayName: textIn(metadata, 'client_name') ?? null,
    ...(owner !== undefined && { owner }),
    metadata: Object.fromEntries(
      kept.flatMap((name) => (metadata[name] === undefined ? [] : [[name, metadata[name]]])),
    ),
  }
}

/** What is told of a client beside what it has just been given. */
export function metadataOf(client: OAuthClient): Metadata {
  const { authentication, grants, scopes, redirectUris, displayName, owner, created, metadata } = client
  return {
    ...metadata,
    client_id: client.name,
    ...(created !== null && { client_id_issued_at: Math.floor(created / 1000) }),
    client_name: displayName ?? client.name,
    grant_types: grants,
    redirect_uris: redirectUris,
    response_types: ['code'],
    token_endpoint_auth_method: authentication[0],
    scope: ['default', ...scopes].join(' '),
    application_type: metadata['application_type'] ?? 'web',
    token_type_extension: client.tokenFormat === 'jwt' ? 'JWT' : 'Default',
    ...(owner !== null && { ext_application_owner: owner }),
    ext_application_token_lifetime: client.tokenLifetime,
    ext_user_token_lifetime: client.userTokenLifetime,
    ext_refresh_token_lifetime: client.refreshTokenLifetime,
  }
}

/** @throws MORTISE_INPUT_INVALID */
export function textIn(metadata: Metadata, name: string): string | undefined {
  const value = metadata[name]
  if (value === undefined || typeof value === 'string') return value
  throw invalid(`${name} is a text`)
}

function textsIn(metadata: Metadata, name: string): readonly string[] {
  const value = metadata[name] ?? []
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value
  throw invalid(`${name} is an array of texts`)
}

/** Who does not say how it authenticates may do so in either way. */
function authenticationOf(method: string | undefined): readonly ClientAuthentication[] {
  if (method === undefined) return clientAuthentications
  const known = clientAuthentications.find((one) => one === method)
  if (known) return [known]
  throw invalid(`token_endpoint_auth_method is one of ${clientAuthentications.join(', ')}`)
}

function grantsOf(metadata: Metadata, hasRedirects: boolean): readonly OAuthGrant[] {
  const asked = textsIn(metadata, 'grant_types')
  if (asked.length === 0)
    return hasRedirects
      ? ['client_credentials', 'refresh_token', 'authorization_code']
      : ['client_credentials']
  const grants = oauthGrants.filter((one) => asked.includes(one))
  if (grants.length > 0) return grants
  throw invalid(`grant_types has none of those that there are: ${oauthGrants.join(', ')}`)
}

function formatOf(extension: string): 'jwt' | 'opaque' {
  const found = Object.entries(formats).find(([name]) => name === extension.toUpperCase())
  if (found) return found[1]
  throw invalid('token_type_extension is JWT, or Default for opaque tokens')
}

/** Of a number or a text of one. */
function lifetimeOf(metadata: Metadata, name: string, usual: number, longest: number): number {
  const value = metadata[name] ?? usual
  const seconds = typeof value === 'string' ? Number(value) : value
  if (typeof seconds !== 'number' || !Number.isFinite(seconds))
    throw invalid(`${name} is a number of seconds`)
  // As long as possible is said by a negative number.
  return seconds < 0 ? longest : Math.min(Math.max(Math.floor(seconds), shortestLifetime), longest)
}

function scopesOf(metadata: Metadata): readonly string[] {
  const asked = (textIn(metadata, 'scope') ?? '').split(' ')
  const all = [...asked, ...textsIn(metadata, 'application_scopes')]
  return [...new Set(all)].filter((scope) => scope !== '' && scope !== 'default')
}

function invalid(message: string): MortiseError {
  return refusal('invalid_client_metadata', message)
}
