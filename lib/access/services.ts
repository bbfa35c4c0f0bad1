import type { Barrier } from '../barrier/index.js'
import type { Clock } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Accounts } from './accounts.js'
import { AdmittedClients } from './admitted_clients.js'
import { Authenticator } from './authenticate.js'
import { CertificateLogin } from './certificate_login.js'
import { configuredConnections, type TrustedIssuer } from './configured_connections.js'
import { Connections } from './connections.js'
import { Challenges } from './factors/challenges.js'
import { Factors } from './factors/factors.js'
import { OpenChallenges } from './factors/open_challenges.js'
import { FactorPolicies } from './factors/policies.js'
import { RecoveryCodes } from './factors/recovery_codes.js'
import type { RelyingParty } from './factors/relying_party.js'
import { Grants } from './grants.js'
import { Groups } from './groups.js'
import { Identities } from './identities.js'
import { LdapLogin } from './ldap_login.js'
import type { Logins } from './login.js'
import { LoginStates } from './login_states.js'
import { Memberships } from './memberships.js'
import { OAuthClients } from './oauth_clients.js'
import { AdmittedTokens } from './oidc/admitted_tokens.js'
import { OidcLogin } from './oidc/oidc_login.js'
import { longestToken } from './oidc/token.js'
import { PasswordPolicies } from './password_policies.js'
import { Passwords } from './passwords.js'
import { Principals } from './principals.js'
import { QuorumPolicies } from './quorum_policies.js'
import { QuorumRequests } from './quorum_requests.js'
import { RefreshTokens } from './refresh_tokens.js'
import { RegisteredScopes } from './registered_scopes.js'
import { Roles } from './roles.js'
import { ScopedGrants } from './scoped_grants.js'
import { Sessions } from './sessions.js'
import { Subjects } from './subjects.js'
import { TokenJudge } from './token_judge.js'
import { Tokens } from './tokens.js'
import type { TrustedAuthorities } from './trusted_authorities.js'
import { UserIndex } from './user_index.js'

/** What the operations of this folder work with. */
export interface AccessServices {
  readonly store: Store
  readonly barrier: Barrier
  readonly clock: Clock
  readonly principals: Principals
  readonly memberships: Memberships
  readonly groups: Groups
  readonly roles: Roles
  readonly subjects: Subjects
  readonly grants: Grants
  readonly scopedGrants: ScopedGrants
  readonly quorumPolicies: QuorumPolicies
  readonly quorumRequests: QuorumRequests
  readonly tokens: Tokens
  readonly sessions: Sessions
  readonly refreshTokens: RefreshTokens
  readonly oauthClients: OAuthClients
  readonly tokenJudge: TokenJudge
  readonly registeredScopes: RegisteredScopes
  readonly passwords: Passwords
  readonly passwordPolicies: PasswordPolicies
  readonly accounts: Accounts
  readonly loginStates: LoginStates
  readonly userIndex: UserIndex
  readonly connections: Connections
  readonly identities: Identities
  readonly logins: Logins
  readonly admittedTokens: AdmittedTokens
  readonly admittedClients: AdmittedClients
  readonly authenticator: Authenticator
  readonly factors: Factors
  readonly recoveryCodes: RecoveryCodes
  readonly challenges: Challenges
  readonly openChallenges: OpenChallenges
  readonly factorPolicies: FactorPolicies
  /** Null: there are no passkeys. */
  readonly relyingParty: RelyingParty | null
  /** Those that policies of second factors may name. */
  readonly operationNames: ReadonlySet<string>
  readonly trusted: TrustedAuthorities
}

/** Of logins by JWTs. */
export interface JwtOptions {
  /** Whose are trusted beside those of connections. Default none. */
  readonly issuers?: readonly TrustedIssuer[]
  /** Bytes of the longest one that is looked at. Default 8,192. */
  readonly maximumBytes?: number
}

export interface AccessOptions extends Pick<AccessServices, 'relyingParty' | 'operationNames' | 'trusted'> {
  readonly jwt?: JwtOptions | undefined
}

/** @throws MORTISE_CONFIG_INVALID */
export function openAccess(
  store: Store,
  barrier: Barrier,
  clock: Clock,
  { jwt = {}, ...options }: AccessOptions,
): AccessServices {
  const principals = new Principals(store, barrier)
  const memberships = new Memberships(store, barrier)
  const groups = new Groups(store, barrier)
  const roles = new Roles(store, barrier)
  const scopedGrants = new ScopedGrants(store, barrier)
  const subjects = new Subjects({ principals, memberships, groups, roles, scopedGrants })
  const grants = new Grants(store, barrier)
  const quorumPolicies = new QuorumPolicies(store, barrier)
  const quorumRequests = new QuorumRequests(store, barrier)
  const tokens = new Tokens(store, barrier, clock)
  const sessions = new Sessions(store, barrier, clock)
  const refreshTokens = new RefreshTokens(store, barrier, clock)
  const oauthClients = new OAuthClients(store, barrier, clock, principals)
  const accounts = new Accounts(store, barrier, clock)
  const loginStates = new LoginStates(store, barrier)
  const userIndex = new UserIndex(store, barrier, principals, groups)
  const passwordPolicies = new PasswordPolicies(store, barrier)
  const passwords = new Passwords(store, barrier)
  const connections = new Connections(store, barrier, clock, groups, configuredConnections(jwt.issuers ?? []))
  const identities = new Identities(store, barrier, clock)
  const admittedTokens = new AdmittedTokens({ clock, identities, principals })
  const oidc = new OidcLogin(clock, connections, jwt.maximumBytes ?? longestToken)
  const certificates = new CertificateLogin(clock, options.trusted)
  const logins: Logins = {
    local_account: passwords,
    oidc,
    ldap: new LdapLogin(connections),
    certificate: certificates,
  }
  const factors = new Factors(store, barrier)
  const challenges = new Challenges(store, barrier, clock)
  const authenticator = new Authenticator({
    ...{
      clock,
      principals,
      sessions,
      tokens,
      connections,
      logins,
      oidc,
      oauthClients,
      certificates,
      factors,
      challenges,
    },
  })
  return {
    ...{ store, barrier, clock, principals, memberships, groups, roles, subjects },
    ...{
      grants,
      scopedGrants,
      quorumPolicies,
      quorumRequests,
      tokens,
      sessions,
      refreshTokens,
      oauthClients,
    },
    tokenJudge: new TokenJudge({ clock, tokens, sessions, principals }),
    ...{ passwords, passwordPolicies, accounts, loginStates, userIndex, connections, identities },
    ...{ logins, admittedTokens, authenticator, factors, challenges },
    registeredScopes: new RegisteredScopes(store, barrier),
    admittedClients: new AdmittedClients(),
    recoveryCodes: new RecoveryCodes(store, barrier),
    openChallenges: new OpenChallenges(store, barrier, clock),
    factorPolicies: new FactorPolicies(store, barrier),
    ...options,
  }
}

/** Drops everything from memory. */
export function forgetAll(access: AccessServices): void {
  const { principals, groups, roles, subjects, grants, scopedGrants, quorumPolicies } = access
  const { tokens, sessions, connections, identities, admittedTokens, admittedClients } = access
  const caches = [principals, groups, roles, subjects, grants, scopedGrants, quorumPolicies]
  const others = [
    tokens,
    sessions,
    connections,
    identities,
    admittedTokens,
    admittedClients,
    access.oauthClients,
    access.registeredScopes,
    access.passwordPolicies,
  ]
  for (const cache of [...caches, ...others]) cache.forgetAll()
  access.factorPolicies.forget()
}

/** Records that say which certificates let whom in. */
const ofClients: ReadonlySet<string> = new Set([
  'account',
  'certificate-subject',
  'connection',
  'group',
  'identity',
  'membership',
  'principal',
])

/**
 * Drops from memory what rests on a record that was written.
 *
 * @param record its namespace, `/`, its key
 */
export function forgetRecord(access: AccessServices, record: string): void {
  const { principals, groups, roles, subjects, scopedGrants, quorumPolicies, tokens } = access
  const { sessions, connections, identities } = access
  const slash = record.indexOf('/')
  const key = record.slice(slash + 1)
  const namespace = record.slice(0, slash)
  if (ofClients.has(namespace)) access.admittedClients.forgetAll()
  switch (namespace) {
    case 'principal':
      principals.forget(key)
      subjects.forget(key)
      break
    case 'token':
      tokens.forget(key)
      break
    case 'oauth-client':
      access.oauthClients.forget(key)
      break
    case 'oauth-scope':
      access.registeredScopes.forget(key)
      break
    case 'session':
      sessions.forget(key)
      break
    case 'connection':
      connections.forget(key)
      access.admittedTokens.forgetAll()
      break
    case 'identity':
      identities.forget(key)
      break
    case 'membership':
      subjects.forget(key.slice(key.indexOf('/') + 1))
      break
    case 'group':
      groups.forget(key)
      subjects.forgetAll()
      break
    case 'role':
      roles.forget(key)
      subjects.forgetAll()
      break
    case 'scoped-grant':
      scopedGrants.forget(key)
      subjects.forgetAll()
      break
    case 'password-policy':
      access.passwordPolicies.forgetAll()
      break
    case 'quorum-policy':
      quorumPolicies.forgetAll()
      break
    case 'factor-policy':
      access.factorPolicies.forget()
  }
}
