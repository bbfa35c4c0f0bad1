import { isMortiseError, MortiseError } from '../errors/index.js'
import { type Clock, isActive, type Principal } from '../operation/index.js'
import type { CertificateLogin } from './certificate_login.js'
import {
  type Connection,
  type ConnectionKind,
  type Connections,
  localAccount,
  ownAuthorities,
} from './connections.js'
import type { Challenges, ProvedBefore } from './factors/challenges.js'
import type { Factors } from './factors/factors.js'
import type { FactorProof } from './factors/proof.js'
import type { CredentialsOf, Login, Logins, MayTry, Proof, TimedProof } from './login.js'
import type { ClientProof, ClientSecret, OAuthClients } from './oauth_clients.js'
import type { OidcLogin } from './oidc/oidc_login.js'
import type { Principals } from './principals.js'
import type { LoginSession, Sessions } from './sessions.js'
import type { Bearer, Tokens } from './tokens.js'
import type { TrustUse } from './trusted_authorities.js'

type Chain = CredentialsOf['certificate']['chain']

/** Whom a token stands for. */
export interface Authenticated {
  readonly principal: Principal
  readonly token: Bearer
  /** Null for an API token. */
  readonly session: LoginSession | null
}

/** An OAuth client, and the secret that has proved it. */
export interface ProvedClient {
  readonly principal: Principal
  readonly secret: Pick<ClientSecret, 'id' | 'expires'>
}

/** Whom an answer to a challenge is about. */
export interface Claim {
  /** Principal id. */
  readonly principal: string
  /** What was proved before it was asked. */
  readonly before: ProvedBefore
}

export interface AuthenticatorSources {
  readonly clock: Clock
  readonly sessions: Sessions
  readonly principals: Principals
  readonly tokens: Tokens
  readonly connections: Connections
  readonly logins: Logins
  readonly oidc: OidcLogin
  readonly oauthClients: OAuthClients
  readonly certificates: CertificateLogin
  readonly factors: Factors
  readonly challenges: Challenges
}

/**
 * From credentials to an enabled principal, or to a proof that one is admitted by. Whatever is wrong with them, the answer
 * is MORTISE_AUTH_REQUIRED with one text, which does not tell a wrong secret from an unknown name or a disabled principal.
 */
export class Authenticator {
  readonly #sources: AuthenticatorSources

  constructor(sources: AuthenticatorSources) {
    this.#sources = sources
  }

  /**
   * From memory where the token, its session and its principal are known. The one place where texts of tokens are verified.
   *
   * @param text of an API token, or of an access token of a session
   * @throws MORTISE_AUTH_REQUIRED, MORTISE_BARRIER_INTEGRITY
   */
  async token(text: string): Promise<Authenticated> {
    const { clock, principals, sessions, tokens } = this.#sources
    const bearer = await tokens.verify(text)
    if (!bearer) throw refused()
    const principal = await principals.get(bearer.principal)
    if (!principal || !isActive(principal, clock.now())) throw refused()
    if (bearer.session === null) return { principal, token: bearer, session: null }
    const session = await sessions.use(bearer.session)
    if (session?.principal !== principal.id || isForOthers(session)) throw refused()
    return { principal, token: bearer, session }
  }

  /** The same from memory alone and at once; undefined when it takes more, or is refused. */
  knownToken(text: string): Authenticated | undefined {
    const { clock, principals, sessions, tokens } = this.#sources
    const bearer = tokens.known(text)
    const principal = bearer && principals.known(bearer.principal)
    if (!principal || !isActive(principal, clock.now())) return undefined
    if (bearer.session === null) return { principal, token: bearer, session: null }
    const session = sessions.useKnown(bearer.session)
    return session && !isForOthers(session) ? { principal, token: bearer, session } : undefined
  }

  /**
   * Whom a secret of an OAuth client proves.
   *
   * @throws MORTISE_AUTH_REQUIRED, MORTISE_BARRIER_INTEGRITY
   */
  async oauthClient(proof: ClientProof): Promise<ProvedClient> {
    const { clock, oauthClients, principals } = this.#sources
    const proved = await oauthClients.verify(proof)
    const principal = proved && (await principals.get(proved.principal))
    if (!principal || !isActive(principal, clock.now())) throw refused()
    return { principal, secret: proved.secret }
  }

  /**
   * Who a JWT of an outside issuer proves.
   *
   * @throws MORTISE_AUTH_REQUIRED with the reason as its cause, MORTISE_CONNECTION_UNAVAILABLE
   */
  async jwt(token: string): Promise<TimedProof> {
    const { oidc } = this.#sources
    return oidc.verify({ token }, await oidc.connectionOf(token))
  }

  /**
   * Who credentials prove through a connection.
   *
   * @param mayTry whether an account may be tried; default for everybody
   * @throws MORTISE_CONNECTION_UNAVAILABLE, MORTISE_RATE_LIMITED, MORTISE_AUTH_REQUIRED also for a connection that is not enabled, or of another kind
   */
  async proof<Kind extends ConnectionKind>(
    kinds: readonly Kind[],
    credentials: CredentialsOf[Kind],
    name: string = localAccount.name,
    mayTry: MayTry = async () => true,
  ): Promise<Proof> {
    const connection = await this.#sources.connections.get(name)
    const kind = kinds.find((one) => one === connection?.kind)
    if (!connection?.enabled || kind === undefined) throw refused()
    const login: Login<Kind> | undefined = this.#sources.logins[kind]
    const proof = await login?.verify(credentials, connection as Connection<Kind>, mayTry)
    if (!proof) throw refused()
    return proof
  }

  /**
   * Who the chain of a TLS client proves, by each connection that takes it, in the order of their names; by one alone where it is named.
   *
   * @throws MORTISE_AUTH_REQUIRED where none does, with the reason of each in its details
   */
  async certificate(chain: Chain, use: TrustUse, name?: string): Promise<Proof[]> {
    const proofs: Proof[] = []
    const reasons: string[] = []
    const named = name === undefined ? await this.#takers(use) : [{ name }]
    for (const connection of named) {
      try {
        proofs.push(await this.proof(['certificate'], { chain, use }, connection.name))
      } catch (error) {
        if (!isMortiseError(error, 'MORTISE_AUTH_REQUIRED')) throw error
        reasons.push(
          `${connection.name}: ${Object.values({ reason: 'disabled', ...error.details }).join(', ')}`,
        )
      }
    }
    if (proofs.length > 0) return proofs
    throw new MortiseError('MORTISE_AUTH_REQUIRED', undefined, { details: { reasons } })
  }

  /**
   * Whether the certificate of a TLS client lets somebody log in now, as it must while it holds a session that is bound to it; or come in
   * with each request, where a ticket rests on that.
   */
  async isGood(chain: Chain, use: TrustUse = 'users'): Promise<boolean> {
    return this.#sources.certificates.knows(chain, use) || (await this.#proves(chain, use))
  }

  /** The same from memory alone; false when it takes more. */
  isKnownGood(chain: Chain, use: TrustUse = 'users'): boolean {
    return this.#sources.certificates.knows(chain, use)
  }

  /** Whether the certificate of a TLS client was good for something, and is not any more. */
  async hasLapsed(chain: Chain): Promise<boolean> {
    const { certificates } = this.#sources
    const use = certificates.lastUse(chain)
    return use !== undefined && !certificates.knows(chain, use) && !(await this.#proves(chain, use))
  }

  /**
   * Whom the answer to a challenge is about: who was asked at a login, after what was proved already, or whose passkey it is. It
   * proves nothing yet.
   *
   * @throws MORTISE_AUTH_REQUIRED, MORTISE_BARRIER_INTEGRITY
   */
  async claimed({ challenge, passkey }: FactorProof): Promise<Claim> {
    const { challenges, factors } = this.#sources
    const asked = await challenges.read(challenge)
    if (asked?.value.purpose.kind === 'login') {
      const { principal, purpose } = asked.value
      return { principal, before: purpose.proof }
    }
    const owned = asked || !passkey ? undefined : await factors.withCredential(passkey.id)
    if (!owned) throw refused()
    const { principal } = owned.value
    return {
      principal,
      before: { connection: localAccount.name, subject: principal, profile: {}, factors: [] },
    }
  }

  /** The connections that somebody may come in through by a certificate; that of the authorities here where one is trusted. */
  async #takers(use: TrustUse): Promise<readonly Connection[]> {
    const { certificates, connections } = this.#sources
    const all = await connections.ofKind('certificate')
    return (await certificates.isAnyTrusted(use)) ? all : all.filter((one) => one !== ownAuthorities)
  }

  async #proves(chain: Chain, use: TrustUse): Promise<boolean> {
    try {
      return (await this.certificate(chain, use)).length > 0
    } catch (error) {
      if (isMortiseError(error, 'MORTISE_AUTH_REQUIRED')) return false
      throw error
    }
  }
}

/** Whether a client got it for somebody: who lets an application do something for it elsewhere does not let it in here. */
function isForOthers({ through }: LoginSession): boolean {
  return through !== undefined
}

function refused(): MortiseError {
  return new MortiseError('MORTISE_AUTH_REQUIRED')
}
