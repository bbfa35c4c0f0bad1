import {
  type Authenticated,
  admissionOf,
  admitIdentity,
  afterFailure,
  afterLogin,
  changedPrincipal,
  factorsOf,
  identityText,
  isLocked,
  isSettled,
  isTooOld,
  type LoggedIn,
  type LoginSession,
  localAccount,
  type PasswordLogin,
  type Proof,
  refreshLogin,
} from '../access/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import { isActive, type Principal, type RecordWrite } from '../operation/index.js'
import { type Actor, type Door, host } from './actor.js'
import type { Pipeline, RecordEntry } from './pipeline.js'
import { Turns } from './turns.js'

/** Somebody who has come in, and by what. */
export interface Entered {
  readonly principal: Principal
  /** The session whose token was presented, or null. */
  readonly session: LoginSession | null
  /** `connection|subject` that was proved just now, with what, and until when that holds; null where a token or the process says who it is. */
  readonly proved: {
    readonly identity: string
    readonly factors: readonly string[]
    readonly expires: number | null
  } | null
}

/** What goes with a password that is given at a door. */
export interface PasswordCredentials extends PasswordLogin, Pick<Proof, 'clientType' | 'ui'> {
  /** Where the password is known. Default `local_account`. */
  readonly connection?: string
}

export type RefreshInput = Pick<
  Parameters<typeof refreshLogin.prepare>[2],
  'refreshToken' | 'tokenLifetime' | 'renew' | 'claims'
>

/** Attempts on one account that may wait for each other. */
const mostWaiting = 50

/**
 * How somebody comes in: proves who it is, is let in or refused, and either is recorded with what it changes of the account.
 * Attempts on one account are made one after the other, so that however many come at once, no more than the policy allows
 * are looked at.
 */
export class Entry {
  readonly #pipeline: Pipeline
  readonly #queues = new Map<string, { readonly turns: Turns; waiting: number }>()

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline
  }

  /** @throws MORTISE_AUTH_REQUIRED */
  async token(text: string, door: Door): Promise<Entered> {
    try {
      return entered(await this.#services.authenticator.token(text))
    } catch (error) {
      throw await this.#denied(door, { method: 'token' }, error)
    }
  }

  /** The same from memory alone. */
  knownToken(text: string): Entered | undefined {
    const known = this.#services.authenticator.knownToken(text)
    return known && entered(known)
  }

  /** @throws MORTISE_AUTH_REQUIRED, MORTISE_RATE_LIMITED */
  async password(credentials: PasswordCredentials, door: Door): Promise<Entered> {
    const { name, password, connection = localAccount.name, ...through } = credentials
    const { authenticator, principals } = this.#services
    const local = connection === localAccount.name
    const id = local ? await principals.idOf(name) : undefined
    return this.#inTurn(id ?? `${connection}|${name}`, async () => {
      try {
        const proof = await authenticator.proof(['local_account', 'ldap'], { name, password }, connection)
        return await this.#admit({ ...proof, ...through }, door)
      } catch (error) {
        throw await this.#denied(door, { method: 'password' }, error, () => this.#failure(id))
      }
    })
  }

  /** Who was proved in another way. @throws MORTISE_AUTH_REQUIRED */
  async proof(proof: Proof, door: Door): Promise<Entered> {
    try {
      return await this.#admit(proof, door)
    } catch (error) {
      throw await this.#denied(door, { method: proof.connection }, error)
    }
  }

  /** Proves again that it is somebody who is in already. Failures count as those of logins do. @throws MORTISE_AUTH_REQUIRED, MORTISE_RATE_LIMITED */
  async confirm(actor: Actor, password: string): Promise<void> {
    const { clock, loginStates, passwords } = this.#services
    const { principal: id, face, request } = actor
    await this.#inTurn(id, async () => {
      const matches = await passwords.matches(id, password)
      if (matches && !isLocked((await loginStates.read(id)).value, clock.now())) return
      const refused = new MortiseError('MORTISE_AUTH_REQUIRED')
      const door = { face, request: request ?? '' }
      throw await this.#denied(door, { method: 'password' }, refused, () => this.#failure(id))
    })
  }

  /** Another access token of a session. @throws MORTISE_AUTH_REQUIRED */
  async refresh(input: RefreshInput, door: Door): Promise<LoggedIn> {
    const { refreshTokens } = this.#services
    try {
      const stored = await refreshTokens.verify(input.refreshToken)
      if (!stored) throw new MortiseError('MORTISE_AUTH_REQUIRED')
      const { principal } = stored.value
      const again = await this.#pipeline.run({ principal, ...door }, refreshLogin, input)
      if (again) return again
      throw new MortiseError('MORTISE_AUTH_REQUIRED')
    } catch (error) {
      throw await this.#denied(door, { method: 'refresh_token' }, error)
    }
  }

  get #services() {
    return this.#pipeline.services
  }

  async #admit(proof: Proof, door: Door): Promise<Entered> {
    const admission = await admissionOf(this.#services, proof)
    const { connection } = admission
    // What this changes is an operation of the host's, recorded at the door where somebody comes in.
    const principal =
      admission.principal && isSettled(admission)
        ? admission.principal
        : await this.#pipeline.run({ principal: host.id, ...door }, admitIdentity, proof)
    const identity = identityText(proof)
    const factors = factorsOf(proof, connection.kind)
    await this.#record(door, 'success', async () => ({
      principal,
      detail: { identity, factors },
      records: await this.#rowsOfLogin(principal.id, proof.connection === localAccount.name),
    }))
    const now = await this.#services.principals.get(principal.id)
    return {
      principal: now ?? principal,
      session: null,
      proved: { identity, factors, expires: proof.expires ?? null },
    }
  }

  async #rowsOfLogin(principal: string, local: boolean): Promise<RecordWrite[]> {
    const { accounts, barrier, clock, loginStates, passwordPolicies, principals } = this.#services
    const state = await loginStates.read(principal)
    const row = loginStates.write(state, afterLogin(state.value, clock.now()))
    if (!local) return [row]
    const policy = await passwordPolicies.of((await accounts.read(principal)).value.passwordPolicy)
    if (!isTooOld(state.value, policy, clock.now())) return [row]
    const before = await principals.read(principal)
    return [row, ...changedPrincipal(barrier, before, { passwordChangeRequired: true }).rows]
  }

  /** Records that somebody was refused. @returns the error to throw: of one text, whatever was wrong */
  async #denied(
    door: Door,
    detail: { readonly method: string },
    error: unknown,
    entry: () => Promise<RecordEntry> = async () => ({}),
  ): Promise<unknown> {
    if (!isMortiseError(error, 'MORTISE_AUTH_REQUIRED')) return error
    const { code } = error
    await this.#record(door, 'denied', async () => {
      const more = await entry()
      return { code, ...more, detail: { ...detail, ...more.detail } }
    })
    return new MortiseError('MORTISE_AUTH_REQUIRED')
  }

  /** A wrong password, counted against its account. As much is read for an account that there is none of. */
  async #failure(account: string | undefined): Promise<RecordEntry> {
    const { accounts, clock, loginStates, passwordPolicies } = this.#services
    const state = await loginStates.read(account ?? host.id)
    const policy = await passwordPolicies.of((await accounts.read(state.key)).value.passwordPolicy)
    const now = clock.now()
    if (account === undefined) return {}
    // A lock that runs is not made longer: whoever tries on learns nothing by it.
    if (isLocked(state.value, now)) return { detail: { principal: account, locked: true } }
    const after = afterFailure(state.value, policy, now)
    return {
      detail: { principal: account, failures: after.failedLoginsCount, locked: isLocked(after, now) },
      records: [loginStates.write(state, after)],
    }
  }

  /** Until nobody else has changed meanwhile what it writes. */
  async #record(door: Door, outcome: 'success' | 'denied', entry: () => Promise<RecordEntry>): Promise<void> {
    for (;;) {
      try {
        return await this.#pipeline.record({ principal: '', ...door }, 'Authenticate', outcome, await entry())
      } catch (error) {
        if (!isMortiseError(error, 'MORTISE_STORAGE_CONFLICT')) throw error
      }
    }
  }

  async #inTurn<Result>(account: string, work: () => Promise<Result>): Promise<Result> {
    const queue = this.#queues.get(account) ?? { turns: new Turns(), waiting: 0 }
    if (queue.waiting >= mostWaiting) {
      throw new MortiseError('MORTISE_RATE_LIMITED', 'too many logins at once: try again in a few seconds')
    }
    this.#queues.set(account, queue)
    queue.waiting++
    const end = await queue.turns.next()
    try {
      return await work()
    } finally {
      end()
      if (--queue.waiting === 0) this.#queues.delete(account)
    }
  }
}

function entered({ principal, session }: Authenticated): Entered {
  return { principal, session, proved: null }
}

/** Whether somebody whom the process vouches for may be let in. */
export function requireActive(principal: Principal, now: number): void {
  if (isActive(principal, now)) return
  throw new MortiseError(
    'MORTISE_AUTH_REQUIRED',
    `${principal.name} ${principal.enabled ? 'has expired' : 'is disabled'}`,
  )
}
