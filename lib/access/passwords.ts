import { randomUUID } from 'node:crypto'
import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { localAccount } from './connections.js'
import type { CredentialsOf, Login, Proof } from './login.js'
import { longestPassword, type PasswordPolicy, requireFitting } from './password_policies.js'
import { isStretched, stretch } from './stretching.js'

const namespace = 'password'

interface StoredPassword {
  /** In the PHC string format, so that a later change of cost still verifies it. */
  readonly hash: string
  /** Those before it, the newest first, as far as the policy asks. */
  readonly history?: readonly string[]
}

/** Local passwords: hashed on another thread, sealed in the store. */
export class Passwords implements Login<'local_account'> {
  readonly #barrier: Barrier
  readonly #passwords: RecordReader<StoredPassword>
  /** What the password of nobody is compared with, so that an unknown name takes as long as a wrong password. */
  #nobody: Promise<string> | undefined

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#passwords = new RecordReader(store, barrier, namespace)
  }

  /** @throws MORTISE_RATE_LIMITED */
  async verify({ account, password }: CredentialsOf['local_account']): Promise<Proof | undefined> {
    const matches = await this.matches(account ?? randomUUID(), password)
    if (account === undefined || !matches) return undefined
    return { connection: localAccount.name, subject: account, profile: {} }
  }

  /** Whether this is the password of a principal. Takes as long for a principal that has none. @throws MORTISE_RATE_LIMITED */
  async matches(principal: string, password: string): Promise<boolean> {
    this.#nobody ??= stretch(randomUUID()).catch((error) => {
      this.#nobody = undefined
      throw error
    })
    const nobody = await this.#nobody
    const stored = await this.#passwords.read(principal)
    const given = normalized(password)
    const matches = await isStretched(stored?.value.hash ?? nobody, given.slice(0, longestPassword))
    return matches && stored !== undefined && given.length <= longestPassword
  }

  /** Which of its passwords a principal has: another number with each; 0 for none. */
  async versionOf(principal: string): Promise<number> {
    return (await this.#passwords.read(principal))?.version ?? 0
  }

  /**
   * The row that gives a principal its password, in place of the one before.
   *
   * @throws MORTISE_INPUT_INVALID for one that the policy refuses, or that has been its own, MORTISE_RATE_LIMITED
   */
  async write(principal: string, password: string, policy: PasswordPolicy): Promise<RecordWrite> {
    const given = normalized(password)
    requireFitting(policy, given)
    const before = await this.#passwords.read(principal)
    const old = before ? [before.value.hash, ...(before.value.history ?? [])] : []
    for (const one of old.slice(0, policy.history)) {
      if (await isStretched(one, given)) {
        throw new MortiseError(
          'MORTISE_INPUT_INVALID',
          `the password must differ from the last ${policy.history}: choose another one`,
        )
      }
    }
    const version = (before?.version ?? 0) + 1
    const stored: StoredPassword = {
      hash: await stretch(given),
      history: old.slice(0, Math.max(0, policy.history - 1)),
    }
    return writeRecord(
      this.#barrier,
      { namespace, key: principal, version, expires: null, index: {} },
      stored,
    )
  }

  async remove(principal: string): Promise<RecordWrite[]> {
    const stored = await this.#passwords.read(principal)
    return stored ? [{ remove: { namespace, key: principal, version: stored.version } }] : []
  }
}

/** NIST SP 800-63B section 5.1.1.2: the same password however a keyboard composes it. */
function normalized(password: string): string {
  return password.normalize('NFKC')
}
