import { MortiseError } from '../errors/index.js'
import type { Connection, Connections } from './connections.js'
import type { Login, MayTry, PasswordLogin, Proof, TestResult } from './login.js'

/** Attempts at once in this process: each is a connection to a directory that may be slow. */
const most = 64

/** Passwords that a directory knows (RFC 4511). What speaks its protocol is loaded with the first of them. */
export class LdapLogin implements Login<'ldap'> {
  readonly #connections: Connections
  #running = 0

  constructor(connections: Connections) {
    this.#connections = connections
  }

  /** @throws MORTISE_CONNECTION_UNAVAILABLE, MORTISE_RATE_LIMITED */
  async verify(
    credentials: PasswordLogin,
    connection: Connection<'ldap'>,
    mayTry: MayTry,
  ): Promise<Proof | undefined> {
    if (this.#running >= most) {
      throw new MortiseError('MORTISE_RATE_LIMITED', 'too many logins at once: try again in a few seconds')
    }
    this.#running++
    try {
      const { proveByDirectory, DirectoryFault } = await import('./ldap/index.js')
      const secret = await this.#connections.secretOf(connection.name)
      return await proveByDirectory({ connection, secret }, credentials, mayTry).catch((cause) => {
        if (!(cause instanceof DirectoryFault)) throw cause
        throw new MortiseError(
          'MORTISE_CONNECTION_UNAVAILABLE',
          `the connection ${connection.name} cannot be asked: try again later, or come in through another one`,
          { cause },
        )
      })
    } finally {
      this.#running--
    }
  }

  async requireUsable({ settings }: Connection<'ldap'>, secret: string | null): Promise<void> {
    const { requireUsable } = await import('./ldap/index.js')
    requireUsable(settings, secret)
  }

  async test(connection: Connection<'ldap'>, user: string | undefined): Promise<TestResult> {
    const { testDirectory } = await import('./ldap/index.js')
    const secret = await this.#connections.secretOf(connection.name)
    return testDirectory({ connection, secret }, user)
  }
}
