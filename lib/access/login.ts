import type { ClientType } from './accounts.js'
import type { Connection, ConnectionKind } from './connections.js'
import type { FactorMethod } from './factors/factors.js'
import type { TrustUse } from './trusted_authorities.js'

/** What is known of somebody outside, as far as whoever proved it says. */
export interface Profile {
  readonly username?: string
  readonly name?: string
  readonly email?: string
  /** Names of groups and of roles outside, all of them; undefined says nothing about them, and none is changed. */
  readonly groups?: readonly string[]
  readonly roles?: readonly string[]
}

/** What somebody can be proved by: a secret that is known here, a connection, or a second factor. */
export type ProvedMethod = 'password' | Exclude<ConnectionKind, 'local_account'> | FactorMethod

/** Something that was proved of somebody. */
export interface ProvedFactor<Method extends ProvedMethod = ProvedMethod> {
  readonly method: Method
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Who was proved, before it is looked at which principal that is. */
export interface Proof {
  /** Name of the connection that it was proved through. */
  readonly connection: string
  /** What the connection calls somebody for ever: the claim `sub`, an entry's UUID, a certificate's subject. */
  readonly subject: string
  readonly profile: Profile
  /** What was proved, in order, and when. Default: what the kind of the connection is, now. */
  readonly factors?: readonly ProvedFactor[]
  /** What it comes through, where accounts may be limited to some. Default `unregistered`, and not the web interface. */
  readonly clientType?: ClientType
  readonly ui?: boolean
  /** Thumbprint of the certificate of whoever proves this: a session that rests on it is for nobody else (RFC 8705 section 3). */
  readonly certificate?: string
  /** Milliseconds since 1970 from which this proves nothing any more: a session that rests on it ends then. */
  readonly expires?: number
}

/** A proof that holds for a time. */
export type TimedProof = Proof & Required<Pick<Proof, 'expires' | 'factors'>>

/** What a login by name and password is given. */
export interface PasswordLogin {
  readonly name: string
  readonly password: string
}

/** What each kind of connection is given to prove somebody with. */
export interface CredentialsOf {
  /** Whose password it is said to be: a principal id, or undefined where nobody is called like that. */
  readonly local_account: PasswordLogin & { readonly account: string | undefined }
  readonly ldap: PasswordLogin
  /** A JWT. */
  readonly oidc: { readonly token: string }
  /** What a TLS client has sent, its own certificate first (DER), and what for. */
  readonly certificate: { readonly chain: readonly Uint8Array[]; readonly use: TrustUse }
}

/**
 * Whether somebody may be tried now, by what the connection calls it as far as that is known: asked before a password leaves, so
 * that an account which is locked here is not locked elsewhere as well.
 */
export type MayTry = (subject: string) => Promise<boolean>

/** What was looked at when a connection was tried, in order. */
export interface Finding {
  /** `connect`, `bind`, `person`, ... */
  readonly check: string
  readonly ok: boolean
  readonly detail: string
}

export interface TestResult {
  readonly findings: readonly Finding[]
  /** Of whom was asked about. */
  readonly subject?: string
}

/**
 * A way to log in: from credentials to who they prove, or undefined for whatever is wrong with them, or MORTISE_AUTH_REQUIRED whose
 * cause says what, for the audit trail. It takes as long for somebody unknown as for a wrong secret, decides nothing about rights and
 * writes nothing.
 */
export interface Login<Kind extends ConnectionKind> {
  /** @throws MORTISE_CONNECTION_UNAVAILABLE where whoever knows does not say, which is nobody's failure */
  verify(
    credentials: CredentialsOf[Kind],
    connection: Connection<Kind>,
    mayTry: MayTry,
  ): Promise<Proof | undefined>
  /** Whether a connection can work as it is set up. @throws MORTISE_INPUT_INVALID */
  requireUsable?(connection: Connection<Kind>, secret: string | null): Promise<void>
  /** What comes of asking, for whoever sets the connection up; about somebody, without its password. */
  test?(connection: Connection<Kind>, user: string | undefined): Promise<TestResult>
}

/** The ways to log in that there are, by kind of connection. */
export type Logins = { readonly [Kind in ConnectionKind]?: Login<Kind> }
