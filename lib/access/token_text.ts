import { createHmac, hash, randomBytes } from 'node:crypto'

/** A prefix, `_`, the id (16 random bytes, hexadecimal), `_`, the secret (32 random bytes, base64url). */
const opaque = /^(mr[rt])_([0-9a-f]{32})_[A-Za-z0-9_-]{43}$/
const longest = 8192
const header = encoded({ alg: 'HS256', typ: 'JWT' })
/** A JWT of this header, which nobody else's is trusted with: outside issuers do not sign with secrets. */
const jwt = new RegExp(`^${header}\\.([A-Za-z0-9_-]+)\\.[A-Za-z0-9_-]{43}$`)

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

/** What opaque texts begin with: those of access and API tokens, and of refresh tokens. */
export type TokenPrefix = 'mrt' | 'mrr'

/** The id of the token that a text may be of; undefined for a text that can be of none. */
export function tokenIdOf(text: string): string | undefined {
  if (text.length > longest) return undefined
  return opaqueIdOf('mrt', text) ?? idClaim(jwt.exec(text)?.[1])
}

/** The same of an opaque text alone. */
export function opaqueIdOf(wanted: TokenPrefix, text: string): string | undefined {
  const [, prefix, id] = opaque.exec(text) ?? []
  return prefix === wanted ? id : undefined
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

function idClaim(payload: string | undefined): string | undefined {
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const id = typeof claims === 'object' && claims !== null && 'jti' in claims ? claims.jti : undefined
    return typeof id === 'string' && /^[0-9a-f]{32}$/.test(id) ? id : undefined
  } catch {
    return undefined
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
