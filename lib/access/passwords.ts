import { randomUUID } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { localAccount } from './connections.js'
import type { Login, PasswordLogin, Proof } from './login.js'
import type { Principals } from './principals.js'

const namespace = 'password'

/** argon2id (RFC 9106), the package's default variant, at OWASP's recommended cost: 19 MiB, 2 passes, 1 lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

const shortest = 12
const longest = 1024

interface StoredPassword {
  /** In the PHC string format, so that a later change of cost still verifies it. */
  readonly hash: string
}

/** Local passwords: hashed on another thread, sealed in the store. */
export class Passwords implements Login<'local_account'> {
  readonly #barrier: Barrier
  readonly #principals: Principals
  readonly #passwords: RecordReader<StoredPassword>
  /** What the password of nobody is compared with, so that an unknown name takes as long as a wrong password. */
  #nobody: Promise<string> | undefined

  constructor(store: Store, barrier: Barrier, principals: Principals) {
    this.#barrier = barrier
    this.#principals = principals
    this.#passwords = new RecordReader(store, barrier, namespace)
  }

  async verify({ name, password }: PasswordLogin): Promise<Proof | undefined> {
    const subject = await this.#principals.idOf(name)
    const matches = await this.matches(subject ?? randomUUID(), password)
    if (subject === undefined || !matches) return undefined
    return { connection: localAccount.name, subject, profile: {}, factors: ['password'] }
  }

  /** Whether this is the password of a principal. Takes as long for a principal that has none. */
  async matches(principal: string, password: string): Promise<boolean> {
    this.#nobody ??= hash(randomUUID(), cost)
    const nobody = await this.#nobody
    const stored = await this.#passwords.read(principal)
    const given = normalized(password)
    const matches = await verify(stored?.value.hash ?? nobody, given.slice(0, longest))
    return matches && stored !== undefined && given.length <= longest
  }

  /**
   * The row that gives a principal its password, in place of the one before.
   *
   * @param password 12 to 1024 characters
   * @throws MORTISE_INPUT_INVALID
   */
  async write(principal: string, password: string): Promise<RecordWrite> {
    const given = normalized(password)
    if (given.length < shortest || given.length > longest) {
      throw new MortiseError('MORTISE_INPUT_INVALID', `a password needs ${shortest} to ${longest} characters`)
    }
    const before = await this.#passwords.read(principal)
    const identity = {
      namespace,
      key: principal,
      version: (before?.version ?? 0) + 1,
      expires: null,
      index: {},
    }
    const stored: StoredPassword = { hash: await hash(given, cost) }
    return writeRecord(this.#barrier, identity, stored)
  }
}

/** NIST SP 800-63B section 5.1.1.2: the same password however a keyboard composes it. */
function normalized(password: string): string {
  return password.normalize('NFKC')
}
