import { MortiseError } from '../../errors/index.js'
import type { Prepared, RecordWrite, Subject, SystemOperation } from '../../operation/index.js'
import { endSession } from '../endings.js'
import type { IssuedRefreshToken } from '../refresh_tokens.js'
import type { AccessServices } from '../services.js'
import type { LoginSession, NewSession } from '../sessions.js'
import type { TokenClaims } from '../token_text.js'
import { type IssuedToken, newToken } from '../tokens.js'

/** How long a login lasts unless it is said otherwise: 12 hours, in milliseconds. */
export const loginPeriod = 12 * 60 * 60 * 1000

export interface RefreshOptions {
  /** Milliseconds that it can be used for. Default: as long as the session. */
  readonly lifetime?: number
  /** Milliseconds without use after which it is refused. Default null. */
  readonly unused?: number | null
  /** Whether each use puts another one in its place. Default true. */
  readonly rotates?: boolean
}

export interface LogInInput extends Partial<Omit<NewSession, 'principal'>> {
  /** Milliseconds that an access token is accepted: at most as long as the session. Default: as long. */
  readonly tokenLifetime?: number
  /** Default none: whoever logs in does so again when the token has expired. */
  readonly refresh?: RefreshOptions
  /** What the access token says as a JWT. Default none: it is opaque. */
  readonly claims?: TokenClaims
}

/** What a login gives. */
export interface LoggedIn {
  readonly session: LoginSession
  readonly token: IssuedToken
  readonly refreshToken: IssuedRefreshToken | null
}

/** A session with an access token, after somebody has proved who it is. @throws MORTISE_INPUT_INVALID */
export const logIn: SystemOperation<AccessServices, LogInInput, LoggedIn> = {
  name: 'LogIn',
  permission: 'SelfManage',
  durability: 'synced',
  beforePasswordChange: true,
  async prepare(services, actor, { tokenLifetime, refresh, claims, ...input }) {
    const { lifetime = loginPeriod, identity = `local_account|${actor.id}`, factors = [], ...rest } = input
    const given = { ...rest, principal: actor.id, identity, factors, lifetime }
    const { session, row } = services.sessions.create(given)
    return issue(services, actor, session, [row], { tokenLifetime, refresh, claims })
  },
}

export interface RefreshInput {
  /** Text of a refresh token. */
  readonly refreshToken: string
  readonly tokenLifetime?: number
  /** Whether another refresh token takes the place of one that does not rotate. Default false. */
  readonly renew?: boolean
  /** As with the login. */
  readonly claims?: TokenClaims
}

/**
 * Another access token of a session. Null, when the refresh token was used before that another one is in the place of:
 * whoever has it may have stolen it, so the session has ended.
 *
 * @throws MORTISE_AUTH_REQUIRED
 */
export const refreshLogin: SystemOperation<AccessServices, RefreshInput, LoggedIn | null> = {
  name: 'RefreshLogin',
  permission: 'SelfManage',
  durability: 'synced',
  beforePasswordChange: true,
  async prepare(services, actor, { refreshToken, tokenLifetime, renew = false, claims }) {
    const { refreshTokens, sessions } = services
    const stored = await refreshTokens.verify(refreshToken)
    if (stored?.value.principal !== actor.id) throw new MortiseError('MORTISE_AUTH_REQUIRED')
    const { session: id, spent, rotates, unused, expires } = stored.value
    if (spent) {
      const detail = { session: id, refreshToken: stored.key, reused: true }
      return { answer: null, rows: { records: await endSession(services, id) }, detail }
    }
    const found = await sessions.find(id)
    // What an OAuth client goes on with is for the token endpoint.
    if (!found || found.value.grant) throw new MortiseError('MORTISE_AUTH_REQUIRED')
    const { value: session } = found
    const replaced = rotates || renew
    const noted = [refreshTokens.used(stored, replaced), sessions.used(found)]
    const lifetime = expires - services.clock.now()
    const refresh = replaced ? { lifetime, unused, rotates } : undefined
    return issue(services, actor, session, noted, { tokenLifetime, refresh, claims })
  },
}

interface Issue {
  readonly tokenLifetime: number | undefined
  readonly refresh: RefreshOptions | undefined
  readonly claims: TokenClaims | undefined
}

function issue(
  { barrier, clock, refreshTokens }: AccessServices,
  { groups }: Subject,
  session: LoginSession,
  rows: readonly RecordWrite[],
  { tokenLifetime, refresh, claims }: Issue,
): Prepared<LoggedIn> {
  const now = clock.now()
  const { id, principal, label, ends, factors, identity, client } = session
  const until = (lifetime = Number.POSITIVE_INFINITY) => Math.min(ends, now + lifetime)
  const expires = until(tokenLifetime)
  const said = claims?.({ principal, client, identity, groups: [...groups.values()].sort() })
  const access = newToken(barrier, now, { principal, label, expires, session: id }, said)
  const given = { session: id, principal, expires: until(refresh?.lifetime) }
  const options = { unused: refresh?.unused ?? null, rotates: refresh?.rotates ?? true }
  const another = refresh && refreshTokens.create({ ...given, ...options })
  return {
    answer: { session, token: access.token, refreshToken: another?.token ?? null },
    rows: { records: [...rows, access.row, ...(another ? [another.row] : [])] },
    detail: {
      session: id,
      token: access.token.id,
      principal,
      identity,
      factors: factors.map(({ method }) => method),
      label,
      expires,
    },
  }
}
