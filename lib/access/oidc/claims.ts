import type { JWTPayload } from 'jose'
import type { OidcSettings } from '../connection_settings.js'
import type { Connection } from '../connections.js'
import { isSubject } from '../identities.js'
import type { Profile, TimedProof } from '../login.js'
import { isText } from '../text.js'
import { refusal } from './refusal.js'

const second = 1000

/**
 * What jose does not check of claims whose signature, issuer, audience, `exp` and `nbf` it has.
 *
 * @param now milliseconds since 1970
 * @throws MORTISE_AUTH_REQUIRED with the reason as its cause
 */
export function checkClaims(
  claims: JWTPayload,
  { audiences, clockToleranceSeconds }: OidcSettings,
  now: number,
): void {
  const { iat, aud, azp } = claims
  if (!Number.isSafeInteger(expiryOf(claims, clockToleranceSeconds))) throw refusal('its exp is no date')
  if (iat !== undefined && !(typeof iat === 'number' && iat * second <= now + clockToleranceSeconds * second))
    throw refusal('its iat is no date, or to come', iat)
  // OpenID Connect Core 1.0 section 3.1.3.7, steps 3 to 5.
  if (audiences.length > 0 && Array.isArray(aud) && aud.length > 1 && !audiences.includes(azp as string))
    throw refusal('of several audiences, and its azp is none of the connection', azp)
  // Whoever has it must prove that it holds a key (RFC 7800), which nobody does here.
  if (Object.hasOwn(claims, 'cnf')) throw refusal('it is bound to a key that is not proved here')
  // OpenID Connect Back-Channel Logout 1.0 section 2.4, RFC 8417.
  if (Object.hasOwn(claims, 'events')) throw refusal('it tells of events, and is for no login')
}

/**
 * Who claims say it is.
 *
 * @param now milliseconds since 1970
 * @throws MORTISE_AUTH_REQUIRED with the reason as its cause
 */
export function proofOf(claims: JWTPayload, { name, settings }: Connection<'oidc'>, now: number): TimedProof {
  const { subjectClaim, usernameClaim, nameClaim, emailClaim, groupsClaim, rolesClaim } = settings
  const doubtful = isVerified(claims) ? [] : ['email', emailClaim]
  if (doubtful.includes(subjectClaim)) throw refusal('its e-mail address is not verified')
  const subject = claimOf(claims, subjectClaim)
  if (!isSubject(subject))
    throw refusal(`its claim ${subjectClaim} says nothing that somebody could be called`)
  const textOf = (name: string) => {
    const text = doubtful.includes(name) ? undefined : claimOf(claims, name)
    return isText(text) ? text : undefined
  }
  const [username, fullName, email] = [usernameClaim, nameClaim, emailClaim].map(textOf)
  const profile: Profile = {
    ...(username !== undefined && { username }),
    ...(fullName !== undefined && { name: fullName }),
    ...(email !== undefined && { email }),
    // A claim that is gone says that there are none.
    groups: textsOf(claimOf(claims, groupsClaim)),
    roles: textsOf(claimOf(claims, rolesClaim)),
  }
  return {
    connection: name,
    subject,
    profile,
    factors: [{ method: 'oidc', at: now }],
    expires: expiryOf(claims, settings.clockToleranceSeconds),
  }
}

/** Milliseconds since 1970 from which a token is refused. */
function expiryOf({ exp }: JWTPayload, toleranceSeconds: number): number {
  return Math.floor(((exp ?? Number.NaN) + toleranceSeconds) * second)
}

/** OpenID Connect Core 1.0 section 5.1. Who says nothing about it is taken to give out only addresses that it knows. */
function isVerified(claims: JWTPayload): boolean {
  const { email_verified: said } = claims
  return said === undefined || said === true || said === 'true'
}

/** By its name, or, where there is none of that, by a path with dots: `realm_access.roles`. */
function claimOf(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let value: unknown = claims
  for (const part of name.split('.')) value = member(value, part)
  return value
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}

function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string')
}
