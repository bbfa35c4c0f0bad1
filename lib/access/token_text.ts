import { createHmac, hash, randomBytes } from 'node:crypto'

/** A prefix, `_`, the id (16 random bytes, hexadecimal), `_`, the secret (32 random bytes, base64url). */
const opaque = /^(mr[grst])_([0-9a-f]{32})_[A-Za-z0-9_-]{43}$/
const longest = 8192
const header = encoded({ alg: 'HS256', typ: 'JWT' })
/** A JWT of this header, which nobody else's is trusted with: outside issuers do not sign with secrets. */
const jwt = new RegExp(`^${header}\\.([A-Za-z0-9_-]+)\\.[A-Za-z0-9_-]{43}$`)
/** A signed one begins like this: typ first, of a length that ends with a quantum of base64. */
const signed = new RegExp(
  `^${Buffer.from('{"typ":"at+jwt","alg"').toString('base64url')}[A-Za-z0-9_-]+\\.([A-Za-z0-9_-]+)\\.[A-Za-z0-9_-]+$`,
)
/** Its `jti` is not of the form of anybody else's. */
const [ownId, signedId] = [/^([0-9a-f]{32})$/, /^mrt_([0-9a-f]{32})$/]

/** Whom an access token is of. */
export interface TokenHolder {
  /** Id. */
  readonly principal: string
  /** Id of the OAuth client, or null. */
  readonly client: string | null
  /** `connection|subject` that was proved. */
  readonly identity: string
  /** Names of the groups that it belongs to. */
  readonly groups: readonly string[]
}

/** What an access token says as a JWT (RFC 7519), besides `jti`, `iat` and `exp`: for clients that look; Mortise believes none of it. */
export type TokenClaims = (holder: TokenHolder) => Readonly<Record<string, unknown>>

/** Somebody who acts for somebody, and who did before (RFC 8693 section 4.1). */
export interface Act {
  readonly sub: string
  readonly client_id: string
  readonly act?: Act
}

/** What an access token of an OAuth client says (RFC 9068 section 2.2), and what gateways read besides. */
export interface AccessClaims {
  readonly iss: string
  /** Id of the client's principal, or the name of the user. */
  readonly sub: string
  readonly aud: string
  /** Seconds since 1970. */
  readonly exp: number
  readonly iat: number
  readonly jti: string
  readonly client_id: string
  readonly azp: string
  /** With blanks between. */
  readonly scope: string
  /** Whether it is the client's own, or it was got for a user. */
  readonly aut: 'APPLICATION' | 'APPLICATION_USER'
  readonly preferred_username: string
  /** What kind of application the client is of, where its name says so. */
  readonly keytype?: 'PRODUCTION' | 'SANDBOX'
  /** Who acts for whom the token is of (RFC 8693 section 4.1). */
  readonly act?: Act
  readonly realm_access?: { readonly roles: readonly string[] }
}

/** What signs access tokens for everybody to verify. */
export interface JwtSigner {
  /** JOSE's name. */
  readonly alg: string
  readonly kid: string
  /** As JOSE writes signatures. */
  sign(message: Uint8Array): Promise<Buffer>
}

/** What opaque texts begin with: those of access and API tokens, of refresh tokens, of secrets of OAuth clients, and of their registrations. */
export type TokenPrefix = 'mrt' | 'mrr' | 'mrs' | 'mrg'

/** The id of the token that a text may be of; undefined for a text that can be of none. */
export function tokenIdOf(text: string): string | undefined {
  if (text.length > longest) return undefined
  return (
    opaqueIdOf('mrt', text) ??
    idClaim(jwt.exec(text)?.[1], ownId) ??
    idClaim(signed.exec(text)?.[1], signedId)
  )
}

/** What a text says that is a token of ours, signed by a key of its issuer; undefined for every other one. Nothing of it is verified here. */
export function signedClaims(text: string): AccessClaims | undefined {
  const payload = signed.exec(text)?.[1]
  return payload === undefined ? undefined : JSON.parse(Buffer.from(payload, 'base64url').toString())
}

/** When a text says of itself that it expires, in seconds since 1970, whoever has made it: infinity where it does not. */
export function expiryOf(text: string): number {
  if (text.length > longest) return Number.POSITIVE_INFINITY
  try {
    const exp = signedClaims(text)?.exp
    return Number.isSafeInteger(exp) ? Number(exp) : Number.POSITIVE_INFINITY
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** The same of an opaque text alone. */
export function opaqueIdOf(wanted: TokenPrefix, text: string): string | undefined {
  const [, prefix, id] = opaque.exec(text) ?? []
  return prefix === wanted ? id : undefined
}

/** The `jti` of a signed token, which is not of the form of anybody else's. */
export function signedTokenId(id: string): string {
  return `mrt_${id}`
}

export function newTokenId(): string {
  return randomBytes(16).toString('hex')
}

export function opaqueText(prefix: TokenPrefix, id: string): string {
  return `${prefix}_${id}_${randomBytes(32).toString('base64url')}`
}

/** SHA-256: 256 random bits need no slow hash. In base64, which Node makes more than twice as fast as a Buffer of its own. */
export function textDigest(text: string): string {
  return hash('sha256', text, 'base64')
}

/**
 * With HS256 (RFC 7515) by a key of its own, which is forgotten: nobody makes another one. It is known by its digest, as any token is.
 *
 * @param times milliseconds since 1970
 */
export function jwtText(
  id: string,
  claims: Readonly<Record<string, unknown>>,
  times: { readonly created: number; readonly expires: number | null },
): string {
  const [iat, exp] = [times.created, times.expires ?? Number.MAX_SAFE_INTEGER].map((time) =>
    Math.floor(time / 1000),
  )
  const payload = { ...claims, jti: id, iat, exp }
  const signed = `${header}.${encoded(payload)}`
  return `${signed}.${createHmac('sha256', randomBytes(32)).update(signed).digest('base64url')}`
}

function idClaim(payload: string | undefined, form: RegExp): string | undefined {
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const id = typeof claims === 'object' && claims !== null && 'jti' in claims ? claims.jti : undefined
    return typeof id === 'string' ? form.exec(id)?.[1] : undefined
  } catch {
    return undefined
  }
}

/** A JWT that is signed by a key of its issuer (RFC 7515), of the type of access tokens (RFC 9068 section 2.1). */
export async function signedJwtText(claims: AccessClaims, { alg, kid, sign }: JwtSigner): Promise<string> {
  const signed = `${encoded({ typ: 'at+jwt', alg, kid })}.${encoded(claims)}`
  return `${signed}.${(await sign(Buffer.from(signed))).toString('base64url')}`
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
