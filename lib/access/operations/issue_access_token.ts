import { MortiseError } from '../../errors/index.js'
import type { Subject, SystemOperation } from '../../operation/index.js'
import { isGood } from '../oauth_clients.js'
import type { AccessServices } from '../services.js'
import { type AccessClaims, type JwtSigner, newTokenId, signedJwtText, signedTokenId } from '../token_text.js'
import { writeToken } from '../tokens.js'

const second = 1000
/** Milliseconds that a token is accepted after it says that it has expired: clients use it up to that very second, and clocks differ. */
const leeway = 10 * second
/** Of the names of roles and groups: a header takes 16 KiB. */
const longestRoles = 4096
/** The only one that there is: what a client gets that asks for none. */
const scope = 'default'

export interface IssueAccessTokenInput {
  /** URL (RFC 8414 section 2). */
  readonly issuer: string
  /** Id of the secret that has proved the client. */
  readonly secret: string
  readonly signer: JwtSigner
}

export interface IssuedAccessToken {
  /** JWT. */
  readonly text: string
  /** Seconds. */
  readonly expiresIn: number
  readonly scope: string
}

/**
 * An access token for the client itself (RFC 6749 section 4.4, RFC 9068), with the claims that Keycloak's have. It is known here by its
 * text, as every token is: what it says, and who has signed it, is for others.
 *
 * @throws MORTISE_AUTH_REQUIRED where the secret has ended meanwhile
 */
export const issueAccessToken: SystemOperation<AccessServices, IssueAccessTokenInput, IssuedAccessToken> = {
  name: 'IssueAccessToken',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare({ barrier, clock, oauthClients, sessions }, actor, { issuer, secret, signer }) {
    const { value: client } = await oauthClients.read(actor.id)
    const now = clock.now()
    if (!client.secrets.some((one) => one.id === secret && isGood(one, now)))
      throw new MortiseError('MORTISE_AUTH_REQUIRED')
    const { id: principal, name } = actor
    const iat = Math.floor(now / second)
    const exp = iat + client.tokenLifetime
    const expires = exp * second + leeway
    const { session, row } = sessions.create({
      ...{ principal, identity: `local_account|${principal}`, factors: [], client: name },
      ...{ grant: 'client_credentials', token: secret, lifetime: expires - now },
    })
    const id = newTokenId()
    const claims: AccessClaims = {
      iss: issuer,
      sub: principal,
      aud: client.audience ?? issuer,
      iat,
      exp,
      jti: signedTokenId(id),
      client_id: name,
      azp: name,
      scope,
      aut: 'APPLICATION',
      preferred_username: `service-account-${name}`,
      ...rolesOf(actor),
    }
    const text = await signedJwtText(claims, signer)
    const token = { id, principal, label: '', created: now, expires, session: session.id }
    return {
      answer: { text, expiresIn: client.tokenLifetime, scope },
      rows: { records: [row, writeToken(barrier, token, text)] },
      detail: {
        ...{ grant: 'client_credentials', client: name, secret, session: session.id, token: id },
        ...{ key: signer.kid, expires: exp * second },
      },
    }
  },
}

/** What rights rest on here, by name: roles and groups. Whoever is in more than a token can tell has rights here all the same. */
function rolesOf({ held, groups }: Subject) {
  const roles = [...new Set([...held.map(({ role }) => role.name), ...groups.values()])].sort()
  return roles.join().length <= longestRoles ? { realm_access: { roles } } : {}
}
