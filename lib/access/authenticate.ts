import { MortiseError } from '../errors/index.js'
import type { Principal } from '../operation/index.js'
import type { Login } from './login.js'
import type { PasswordLogin } from './passwords.js'
import type { Principals } from './principals.js'
import type { Tokens } from './tokens.js'

/**
 * From credentials to an enabled principal. Whatever is wrong with them, the answer is MORTISE_AUTH_REQUIRED with one
 * text, which does not tell a wrong secret from an unknown name or a disabled principal.
 */
export class Authenticator {
  readonly #principals: Principals
  readonly #tokens: Tokens
  readonly #passwords: Login<PasswordLogin>

  constructor(principals: Principals, tokens: Tokens, passwords: Login<PasswordLogin>) {
    this.#principals = principals
    this.#tokens = tokens
    this.#passwords = passwords
  }

  /**
   * @param text of an API or login token
   * @throws MORTISE_AUTH_REQUIRED, MORTISE_BARRIER_INTEGRITY
   */
  async token(text: string): Promise<Principal> {
    return this.#admit(await this.#tokens.verify(text))
  }

  /** The same from memory alone and at once; undefined when it takes more, or is refused. */
  knownToken(text: string): Principal | undefined {
    const id = this.#tokens.known(text)
    const principal = id === undefined ? undefined : this.#principals.known(id)
    return principal?.enabled ? principal : undefined
  }

  /** @throws MORTISE_AUTH_REQUIRED, MORTISE_BARRIER_INTEGRITY */
  async password(name: string, password: string): Promise<Principal> {
    return this.#admit(await this.#passwords.verify({ name, password }))
  }

  async #admit(id: string | undefined): Promise<Principal> {
    const principal = id === undefined ? undefined : await this.#principals.get(id)
    if (!principal?.enabled) throw new MortiseError('MORTISE_AUTH_REQUIRED')
    return principal
  }
}
