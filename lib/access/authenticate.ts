import { MortiseError } from '../errors/index.js'
import type { Principal } from '../operation/index.js'
import type { Challenges } from './factors/challenges.js'
import type { Factors } from './factors/factors.js'
import type { FactorProof } from './factors/proof.js'
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
  readonly #factors: Factors
  readonly #challenges: Challenges

  constructor(
    principals: Principals,
    tokens: Tokens,
    passwords: Login<PasswordLogin>,
    factors: Factors,
    challenges: Challenges,
  ) {
    this.#principals = principals
    this.#tokens = tokens
    this.#passwords = passwords
    this.#factors = factors
    this.#challenges = challenges
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

  /**
   * Whom the answer to a challenge is about: who was asked, or whose passkey it is. It proves nothing yet.
   *
   * @throws MORTISE_AUTH_REQUIRED, MORTISE_BARRIER_INTEGRITY
   */
  async claimed({ challenge, passkey }: FactorProof): Promise<Principal> {
    const asked = await this.#challenges.read(challenge)
    if (asked) return this.#admit(asked.value.principal)
    const owned = passkey && (await this.#factors.withCredential(passkey.id))
    return this.#admit(owned?.value.principal)
  }

  async #admit(id: string | undefined): Promise<Principal> {
    const principal = id === undefined ? undefined : await this.#principals.get(id)
    if (!principal?.enabled) throw new MortiseError('MORTISE_AUTH_REQUIRED')
    return principal
  }
}
