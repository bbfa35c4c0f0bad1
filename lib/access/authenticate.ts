import { MortiseError } from '../errors/index.js'
import type { Principal } from '../operation/index.js'
import { type ConnectionKind, type Connections, localAccount } from './connections.js'
import type { CredentialsOf, Logins, Proof } from './login.js'
import type { Principals } from './principals.js'
import type { Tokens } from './tokens.js'

export interface AuthenticatorSources {
  readonly principals: Principals
  readonly tokens: Tokens
  readonly connections: Connections
  readonly logins: Logins
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
   * @param text of an API or login token
   * @throws MORTISE_AUTH_REQUIRED, MORTISE_BARRIER_INTEGRITY
   */
  async token(text: string): Promise<Principal> {
    const { principals, tokens } = this.#sources
    const id = await tokens.verify(text)
    const principal = id === undefined ? undefined : await principals.get(id)
    if (!principal?.enabled) throw refused()
    return principal
  }

  /** The same from memory alone and at once; undefined when it takes more, or is refused. */
  knownToken(text: string): Principal | undefined {
    const id = this.#sources.tokens.known(text)
    const principal = id === undefined ? undefined : this.#sources.principals.known(id)
    return principal?.enabled ? principal : undefined
  }

  /**
   * Who credentials prove through a connection.
   *
   * @throws MORTISE_AUTH_REQUIRED also for a connection that is not enabled, or of another kind
   */
  async proof<Kind extends ConnectionKind>(
    kinds: readonly Kind[],
    credentials: CredentialsOf[Kind],
    name: string = localAccount.name,
  ): Promise<Proof> {
    const connection = await this.#sources.connections.get(name)
    const kind = kinds.find((one) => one === connection?.kind)
    if (!connection?.enabled || kind === undefined) throw refused()
    const proof = await this.#sources.logins[kind]?.verify(credentials, connection)
    if (!proof) throw refused()
    return proof
  }
}

function refused(): MortiseError {
  return new MortiseError('MORTISE_AUTH_REQUIRED')
}
