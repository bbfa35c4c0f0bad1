import { writeRecord } from '../../barrier/index.js'
import { MortiseError } from '../../errors/index.js'
import {
  isActive,
  type Prepared,
  type RecordWrite,
  type Subject,
  type SystemOperation,
} from '../../operation/index.js'
import { endedTokens, endSession } from '../endings.js'
import type { OAuthGrant } from '../oauth_client_fields.js'
import { type ClientRecord, isGood } from '../oauth_clients.js'
import { grantedScopes, unknownScope } from '../oauth_scopes.js'
import type { AccessServices } from '../services.js'
import type { LoginSession, NewSession } from '../sessions.js'
import type { JudgedToken } from '../token_judge.js'
import {
  type AccessClaims,
  type JwtSigner,
  newTokenId,
  opaqueText,
  signedJwtText,
  signedTokenId,
} from '../token_text.js'
import { writeToken } from '../tokens.js'

const second = 1000
/** Milliseconds that a token is accepted after it says that it has expired: clients use it up to that very second, and clocks differ. */
const leeway = 10 * second
/** Of the names of roles and groups: a header takes 16 KiB. */
const longestRoles = 4096

/** For whom a client gets a token that is not for itself. */
export interface TokenSubject {
  /** Id of the principal. */
  readonly principal: string
  /** `connection|subject` that was proved. */
  readonly identity: string
  /** Of the token that another one is got for (RFC 8693): what it ends with, and may not go beyond. */
  readonly of?: Pick<JudgedToken, 'session' | 'parents' | 'claims'>
  /** Who acts for it (RFC 8693 section 4.1). */
  readonly act?: AccessClaims['act']
  /** What of the proof is used up: a key that nobody has used before, and milliseconds since 1970 until when it could be used again. */
  readonly once?: { readonly key: string; readonly until: number }
}

export interface IssueAccessTokenInput {
  /** URL (RFC 8414 section 2). */
  readonly issuer: string
  /** Id of the secret that has proved the client. */
  readonly secret: string
  readonly grant: Exclude<OAuthGrant, 'refresh_token'>
  /** Null for an opaque one. */
  readonly signer: JwtSigner | null
  /** Default: the client itself. */
  readonly subject?: TokenSubject
  /** What is asked for (RFC 6749 section 3.3). */
  readonly scope: readonly string[]
  /** What the token is for (RFC 8707). Default: the client's audience, or the issuer. */
  readonly resource?: string
}

export interface IssuedAccessToken {
  /** JWT, or opaque. */
  readonly text: string
  /** Seconds. */
  readonly expiresIn: number
  readonly scope: string
  /** What goes on with the grant, or null. */
  readonly refreshToken: string | null
}

/** Times that a token may be exchanged for another one, and that again. */
const mostExchanges = 8

/** Grants that can be gone on with: somebody was there who need not be again. */
const refreshed: readonly OAuthGrant[] = ['password', 'authorization_code']

/**
 * An access token for a client or somebody that it acts for (RFC 6749, RFC 9068), with the claims that Keycloak's and WSO2's have. It is known
 * here by its text, as every token is: what it says, and who has signed it, is for others.
 *
 * @throws MORTISE_AUTH_REQUIRED where the secret, or whom it is for, has ended meanwhile; MORTISE_ACCESS_DENIED for a grant that the client
 *   does not have; MORTISE_INPUT_INVALID for a scope or resource that it does not have
 */
export const issueAccessToken: SystemOperation<AccessServices, IssueAccessTokenInput, IssuedAccessToken> = {
  name: 'IssueAccessToken',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor, { issuer, secret, grant, signer, subject, scope: asked, resource }) {
    const client = await proved(services, actor.id, secret, grant)
    const { clock, sessions, subjects } = services
    const user = subject ? await subjects.get(subject.principal) : undefined
    if (subject && !isThere(user, clock.now())) throw ungranted()
    const scope = await scopeOf(services, { asked, client, user: user ?? null }, subject?.of?.claims.scope)
    const refreshes = refreshed.includes(grant) && client.grants.includes('refresh_token')
    const iat = Math.floor(clock.now() / second)
    const lasts = subject ? client.userTokenLifetime : client.tokenLifetime
    const exp = Math.min(iat + lasts, subject?.of?.claims.exp ?? Number.POSITIVE_INFINITY)
    const lifetime = refreshes ? client.refreshTokenLifetime * second : exp * second + leeway - clock.now()
    const audience = audienceOf(client, resource) ?? issuer
    const of: NewSession = {
      principal: subject?.principal ?? actor.id,
      identity: subject?.identity ?? `local_account|${actor.id}`,
      ...{ factors: [], client: actor.name, grant, token: secret, lifetime },
      ...(subject && { through: actor.id, scope, audience }),
      ...(subject?.of && { parents: parentsOf(subject.of) }),
    }
    const { session, row } = sessions.create(of)
    const said = { ...saidOf(actor, user, subject), ...{ scope, aud: audience, iss: issuer, iat, exp } }
    return issued(services, actor, { session, client, signer, refreshes, said }, [
      row,
      ...(await once(services, subject)),
    ])
  },
}

export interface RefreshAccessTokenInput extends Pick<IssueAccessTokenInput, 'issuer' | 'secret' | 'signer'> {
  /** Text of a refresh token. */
  readonly refreshToken: string
  /** Nothing that was not granted. Default: what was. */
  readonly scope: readonly string[]
}

/**
 * Another access token of a grant, and another refresh token in the place of the one that is shown (RFC 6749 section 6). Null, when that was
 * used before: whoever has it may have stolen it, so the grant has ended (RFC 9700 section 4.14.2).
 *
 * @throws MORTISE_AUTH_REQUIRED for a token that is none of the client's; MORTISE_ACCESS_DENIED, MORTISE_INPUT_INVALID as above
 */
export const refreshAccessToken: SystemOperation<
  AccessServices,
  RefreshAccessTokenInput,
  IssuedAccessToken | null
> = {
  name: 'RefreshAccessToken',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor, { issuer, secret, signer, refreshToken, scope: asked }) {
    const client = await proved(services, actor.id, secret, 'refresh_token')
    const { clock, refreshTokens, sessions, subjects } = services
    const stored = await refreshTokens.verify(refreshToken)
    const found = stored && (await sessions.find(stored.value.session))
    if (!stored || found?.value.through !== actor.id) throw ungranted()
    const { value: session } = found
    const { id, principal, ends } = session
    if (stored.value.spent) {
      const records = await endSession(services, id)
      const ended = { session: id, principal, client: actor.id, tokens: endedTokens(records), expires: ends }
      return { answer: null, rows: { records }, detail: { reused: true, refreshToken: stored.key, ...ended } }
    }
    const user = await subjects.get(principal)
    if (!isThere(user, clock.now())) throw ungranted()
    const granted = session.scope ?? ''
    const wanted = asked.length > 0 ? asked : granted.split(' ')
    const scope = await scopeOf(services, { asked: wanted, client, user }, granted)
    const iat = Math.floor(clock.now() / second)
    const exp = Math.min(iat + client.userTokenLifetime, Math.floor(ends / second))
    const said = {
      ...saidOf(actor, user),
      ...{ scope, aud: session.audience ?? issuer, iss: issuer, iat, exp },
    }
    const spent = refreshTokens.used(stored, true)
    return issued(services, actor, { session, client, signer, refreshes: true, said }, [spent])
  },
}

/** Whether a token may be had for somebody now. */
function isThere(user: Subject | undefined, now: number): user is Subject {
  return user !== undefined && isActive(user, now) && !user.passwordChangeRequired
}

/** @throws MORTISE_AUTH_REQUIRED for one that was exchanged too often: each time more has to be looked up for it */
function parentsOf({ session, parents }: NonNullable<TokenSubject['of']>): readonly string[] {
  if (parents.length >= mostExchanges) throw ungranted()
  return [session, ...parents]
}

/** The client as the store has it now. */
async function proved(
  { clock, oauthClients }: AccessServices,
  id: string,
  secret: string,
  grant: OAuthGrant,
): Promise<ClientRecord> {
  const { value: client } = await oauthClients.read(id)
  if (!client.secrets.some((one) => one.id === secret && isGood(one, clock.now())))
    throw new MortiseError('MORTISE_AUTH_REQUIRED')
  if (client.grants.includes(grant)) return client
  throw new MortiseError(
    'MORTISE_ACCESS_DENIED',
    `the client is not registered for grant_type ${grant}: have it registered with that`,
    { details: { error: 'unauthorized_client' } },
  )
}

/** @param most what it may not go beyond, with blanks between */
async function scopeOf(
  services: AccessServices,
  asked: Parameters<typeof grantedScopes>[1],
  most: string | undefined,
): Promise<string> {
  const more = most === undefined ? undefined : asked.asked.find((one) => !most.split(' ').includes(one))
  if (more !== undefined) throw unknownScope(more)
  return grantedScopes(
    services,
    most !== undefined && asked.asked.length === 0 ? { ...asked, asked: most.split(' ') } : asked,
  )
}

function audienceOf({ audience, audiences }: ClientRecord, resource: string | undefined): string | null {
  if (resource === undefined || resource === audience) return audience
  if (audiences.includes(resource)) return resource
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    'the client gets no tokens for this resource: have it registered with that audience',
    { details: { error: 'invalid_target' } },
  )
}

/** The row by which what is good once is used up: nobody else writes it. */
async function once(
  { barrier, store }: AccessServices,
  subject: TokenSubject | undefined,
): Promise<RecordWrite[]> {
  if (!subject?.once) return []
  const { key, until } = subject.once
  if (await store.record('oauth-once', key)) throw ungranted()
  return [writeRecord(barrier, { namespace: 'oauth-once', key, version: 1, expires: until, index: {} }, {})]
}

type Said = Omit<AccessClaims, 'jti'>

/** Who a token is of, and who has got it. */
function saidOf(actor: Subject, user: Subject | undefined, subject?: TokenSubject) {
  const { name } = actor
  const by = { client_id: name, azp: name }
  const act = subject?.act && { act: subject.act }
  const before = subject?.of?.claims
  if (before) {
    const { sub, aut, preferred_username, realm_access } = before
    return { ...by, sub, aut, preferred_username, ...(realm_access && { realm_access }), ...act }
  }
  if (!user) {
    const application = {
      sub: actor.id,
      aut: 'APPLICATION',
      preferred_username: `service-account-${name}`,
    } as const
    return { ...by, ...application, ...rolesOf(actor) }
  }
  const person = { sub: user.name, aut: 'APPLICATION_USER', preferred_username: user.name } as const
  return { ...by, ...person, ...rolesOf(user), ...act }
}

interface Issue {
  readonly session: LoginSession
  readonly client: ClientRecord
  readonly signer: JwtSigner | null
  readonly refreshes: boolean
  readonly said: Said
}

async function issued(
  { barrier, clock, refreshTokens }: AccessServices,
  actor: Subject,
  { session, client, signer, refreshes, said }: Issue,
  rows: readonly RecordWrite[],
): Promise<Prepared<IssuedAccessToken>> {
  const { id: of, principal, ends, token: secret = '', grant = 'client_credentials' } = session
  const id = newTokenId()
  const keytype = keytypeOf(client)
  const claims: AccessClaims = { ...said, jti: signedTokenId(id), ...(keytype && { keytype }) }
  const expires = claims.exp * second
  const token = { id, principal, label: '', created: clock.now(), expires: expires + leeway, session: of }
  const text = signer ? await signedJwtText(claims, signer) : opaqueText('mrt', id)
  const next = refreshes
    ? refreshTokens.create({ session: of, principal, expires: ends, unused: null, rotates: true })
    : null
  return {
    answer: {
      text,
      expiresIn: claims.exp - claims.iat,
      scope: claims.scope,
      refreshToken: next?.token.text ?? null,
    },
    rows: {
      records: [
        ...rows,
        writeToken(barrier, token, text, signer ? undefined : claims),
        ...(next ? [next.row] : []),
      ],
    },
    detail: {
      ...{ grant, client: actor.name, secret, session: of, token: id },
      ...{ key: signer?.kid ?? null, expires, scope: claims.scope },
      ...(principal !== actor.id && { principal }),
    },
  }
}

/** What WSO2 says at the end of the names that it registers applications by. */
function keytypeOf({ displayName }: ClientRecord): AccessClaims['keytype'] {
  return (['PRODUCTION', 'SANDBOX'] as const).find((kind) => displayName?.endsWith(`_${kind}`))
}

/** What rights rest on here, by name: roles and groups. Whoever is in more than a token can tell has rights here all the same. */
function rolesOf({ held, groups }: Subject) {
  const roles = [...new Set([...held.map(({ role }) => role.name), ...groups.values()])].sort()
  return roles.join().length <= longestRoles ? { realm_access: { roles } } : {}
}

/** Whom a token is for, or what it is got with, is not good: the client is. */
export function ungranted(): MortiseError {
  return new MortiseError('MORTISE_AUTH_REQUIRED', undefined, { details: { error: 'invalid_grant' } })
}
