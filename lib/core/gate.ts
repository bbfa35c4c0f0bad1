import {
  type Admitted,
  type AdmittedToken,
  type Authenticated,
  admissionOf,
  admitIdentity,
  afterLogin,
  type ClientProof,
  challengeFactor,
  changedPrincipal,
  type FactorMethod,
  type FactorProof,
  factorsOf,
  failedAttempt,
  identityText,
  isJwt,
  isLocked,
  isSettled,
  isTooOld,
  type LoggedIn,
  type LoginSession,
  localAccount,
  type PasswordLogin,
  type Proof,
  type ProvedClient,
  type ProvedFactor,
  type ProveFactorInput,
  principalOf,
  proveFactor,
  refreshLogin,
  type Standing,
  type Ticket,
  type TrustUse,
  thumbprintOf,
} from '../access/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import {
  type AuditDetail,
  isActive,
  type Outcome,
  type Principal,
  type RecordWrite,
} from '../operation/index.js'
import { type Actor, type Door, type Entry, host, vouched } from './actor.js'
import type { Pipeline, RecordEntry } from './pipeline.js'
import { type ProvedPassword, ProvedPasswords } from './proved_passwords.js'
import { Turns } from './turns.js'

/** Somebody who has come in, and by what. */
export interface Entered {
  readonly principal: Principal
  readonly entry: Entry
}

/** A token that is shown at a door. */
export interface TokenCredentials {
  readonly token: string
  /** Id or name of whom it must be an API token of. Default: it may be anybody's, and of a login. */
  readonly client?: string
}

/** What {@link Session.openTicket} has given. */
export interface TicketCredentials {
  readonly ticket: string
}

/** What goes with a password that is given at a door. */
export interface PasswordCredentials extends PasswordLogin, Pick<Proof, 'clientType' | 'ui'> {
  /** Where the password is known. Default `local_account`. */
  readonly connection?: string
}

/** What goes with the certificate of a TLS client. */
export interface CertificateCredentials extends Pick<Proof, 'clientType' | 'ui'> {
  /** Its own first (DER). The handshake has proved that the client has the key. */
  readonly chain: readonly Uint8Array[]
  /** Default: whichever takes it, in the order of their names. */
  readonly connection?: string
  /** Id or name of whom it must be the certificate of. Default: anybody's. */
  readonly client?: string
}

/** The answer to a challenge. What it comes through is asked of a passkey alone; otherwise it was said with the password. */
export interface FactorCredentials extends FactorProof, Pick<Proof, 'clientType' | 'ui'> {}

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
export class Gate {
  readonly #pipeline: Pipeline
  readonly #queues = new Map<string, { readonly turns: Turns; waiting: number }>()
  /** Whose login by certificate is on the audit trail, by what its TLS connection has shown. */
  readonly #clients = new WeakMap<CertificateCredentials['chain'], string>()

  readonly #proved = new ProvedPasswords()

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline
  }

  /** One of our own, or a JWT. @throws MORTISE_AUTH_REQUIRED, MORTISE_CONNECTION_UNAVAILABLE */
  async token({ token, client }: TokenCredentials, door: Door): Promise<Entered> {
    if (isJwt(token) && client === undefined) return this.jwt(token, door)
    try {
      const found = await this.#services.authenticator.token(token)
      // An access token that got another one would never run out.
      const isMeant = client === undefined || (!found.session && isCalled(client, found.principal))
      if (isMeant && !found.session?.ticket && (await this.#holds(found.session, door))) return entered(found)
      throw new MortiseError('MORTISE_AUTH_REQUIRED')
    } catch (error) {
      throw await this.#denied(door, { method: 'token' }, error)
    }
  }

  /** The same from memory alone. */
  knownToken(text: string, door: Door): Entered | undefined {
    if (isJwt(text)) {
      const admitted = this.#services.admittedTokens.known(text)
      return admitted && admittedBy(admitted)
    }
    const known = this.#services.authenticator.knownToken(text)
    if (!known || known.session?.ticket || !isHeld(known.session, door)) return undefined
    const bond = bondOf(known.session, door)
    return !bond || this.#services.authenticator.isKnownGood(bond) ? entered(known) : undefined
  }

  /** An OAuth client, by a secret that gets access tokens and nothing else. @throws MORTISE_AUTH_REQUIRED */
  async oauthClient(proof: ClientProof, door: Door): Promise<ProvedClient> {
    const { authenticator, principals } = this.#services
    try {
      await this.#pipeline.heard()
      return await authenticator.oauthClient(proof)
    } catch (error) {
      throw await this.#denied(door, { method: proof.method }, error, async () => {
        const principal = await principals.idOf(proof.client)
        return principal === undefined ? {} : { detail: { principal } }
      })
    }
  }

  /** An OAuth client by the token that manages its registration (RFC 7592). @throws MORTISE_AUTH_REQUIRED */
  async registration(client: string, token: string, door: Door): Promise<Entered> {
    const { clock, oauthClients, principals } = this.#services
    try {
      await this.#pipeline.heard()
      const id = await oauthClients.registered(client, token)
      const principal = id === undefined ? undefined : await principals.get(id)
      if (principal && isActive(principal, clock.now()))
        return { principal, entry: { by: 'token', token: { id: 'registration', expires: null } } }
      throw new MortiseError('MORTISE_AUTH_REQUIRED')
    } catch (error) {
      throw await this.#denied(door, { method: 'registration' }, error)
    }
  }

  /**
   * Whoever a name and a secret are of (RFC 7617): an OAuth client by its name, anybody else by a password.
   *
   * @throws MORTISE_AUTH_REQUIRED, MORTISE_AUTH_FACTOR_REQUIRED, MORTISE_RATE_LIMITED
   */
  async basic(name: string, secret: string, door: Door): Promise<Entered> {
    const { oauthClients, principals } = this.#services
    const id = await principals.idOf(name)
    if (id === undefined || !(await oauthClients.isOne(id)))
      return this.password({ name, password: secret }, door)
    const proof = { client: name, secret, method: 'client_secret_basic' } as const
    return clientEntered(await this.oauthClient(proof, door))
  }

  /** A ticket, over whatever connection, for a face that minds what it allows. @throws MORTISE_AUTH_REQUIRED */
  async ticket({ ticket: text }: TicketCredentials, door: Door): Promise<Entered> {
    try {
      const found = await this.#services.authenticator.token(text)
      if (found.session?.ticket && (await this.#stands(found.session.ticket))) return entered(found)
      throw new MortiseError('MORTISE_AUTH_REQUIRED')
    } catch (error) {
      throw await this.#denied(door, { method: 'ticket' }, error)
    }
  }

  /** Whoever a certificate proves. @throws MORTISE_AUTH_REQUIRED */
  certificate(credentials: CertificateCredentials, door: Door): Promise<Entered> {
    const { chain, connection, client, ...through } = credentials
    return this.#certified(chain, 'users', connection, door, async (proof) => {
      const { principal } = await admissionOf(this.#services, proof)
      if (client !== undefined && !(principal && isCalled(client, principal)))
        throw new MortiseError('MORTISE_AUTH_REQUIRED')
      return this.#admit({ ...proof, ...through }, door)
    })
  }

  /**
   * The same of a TLS client with each of its requests: it is decided each time, and recorded as a login the first time that a
   * connection shows it.
   *
   * @throws MORTISE_AUTH_REQUIRED
   */
  async client(chain: CertificateCredentials['chain'], door: Door): Promise<Entered> {
    const { admittedClients, clock } = this.#services
    await this.#pipeline.heard()
    const known = await this.#knownClient(chain)
    if (known) return known
    const { generation } = admittedClients
    return this.#certified(chain, 'clients', undefined, door, async (proof) => {
      const admission = await admissionOf(this.#services, proof)
      const { principal, connection } = admission
      const loginOf = ({ id }: Principal) => `${identityText(proof)} ${id}`
      const isIn = principal && isSettled(admission) && this.#clients.get(chain) === loginOf(principal)
      const entered = isIn
        ? { principal, entry: provedEntry(proof, factorsOf(proof, connection.kind, clock.now())) }
        : await this.#admit(proof, door)
      this.#clients.set(chain, loginOf(entered.principal))
      // Where letting it in has changed who it is, that is a newer generation, and it is not known by this one.
      admittedClients.keep(
        chain,
        { proof, kind: connection.kind, principal: entered.principal.id },
        generation,
      )
      return entered
    })
  }

  /**
   * A JWT of an outside issuer: with its first use somebody logs in, which holds until it has run out.
   *
   * @throws MORTISE_AUTH_REQUIRED, MORTISE_CONNECTION_UNAVAILABLE
   */
  async jwt(text: string, door: Door): Promise<Entered> {
    const admitted = await this.#services.admittedTokens.use(text, () => this.#firstUse(text, door))
    if (admitted) return admittedBy(admitted)
    throw await this.#denied(door, { method: 'jwt' }, new MortiseError('MORTISE_AUTH_REQUIRED'))
  }

  /** @throws MORTISE_AUTH_REQUIRED, MORTISE_AUTH_FACTOR_REQUIRED with a challenge for {@link factor}, MORTISE_RATE_LIMITED */
  async password(credentials: PasswordCredentials, door: Door): Promise<Entered> {
    const { name, password, connection = localAccount.name, ...through } = credentials
    const { authenticator, clock, identities, loginStates, passwords, principals } = this.#services
    const again = door.connection && this.#proved.find(door.connection, credentials)
    const known = again && (await this.#provedAgain(again, door))
    if (known) return known
    const local = connection === localAccount.name
    let account = local ? await principals.idOf(name) : undefined
    // Of whoever else knows the password, attempts are counted once it is known whom they are on.
    const mayTry = async (subject: string) => {
      account = (await identities.principalOf(connection, subject)) ?? identityText({ connection, subject })
      return !isLocked((await loginStates.read(account)).value, clock.now())
    }
    return this.#inTurn(account ?? `${connection}|${name}`, async () => {
      try {
        const version = local && account !== undefined ? await passwords.versionOf(account) : undefined
        const proof = await authenticator.proof(
          ['local_account', 'ldap'],
          { name, password, account },
          connection,
          mayTry,
        )
        const both = await this.#withCertificate(proof, door)
        const entered = await this.#admit({ ...both, ...through }, door, { asks: true, account })
        if (door.connection && version !== undefined)
          this.#proved.keep(door.connection, credentials, { proof: { ...both, ...through }, version })
        return entered
      } catch (error) {
        throw await this.#denied(door, { method: 'password' }, error, () => this.#failure(account))
      }
    })
  }

  /** What a challenge is answered with, or a passkey alone. @throws MORTISE_AUTH_REQUIRED, MORTISE_RATE_LIMITED */
  async factor({ clientType, ui, ...answer }: FactorCredentials, door: Door): Promise<Entered> {
    const through = { ...(clientType !== undefined && { clientType }), ...(ui !== undefined && { ui }) }
    try {
      const { principal, before } = await this.#services.authenticator.claimed(answer)
      const entry = provedEntry(before, before.factors)
      const proved = await this.prove({ principal, ...door, entry }, answer, { kind: 'login' })
      return await this.#admit({ ...through, ...before, factors: [...before.factors, proved] }, door)
    } catch (error) {
      throw await this.#denied(door, { method: 'factor' }, error)
    }
  }

  /** A second factor of somebody. Failures count as those of logins do. @throws MORTISE_AUTH_REQUIRED, MORTISE_RATE_LIMITED */
  prove(
    actor: Actor,
    proof: FactorProof,
    purpose: ProveFactorInput['purpose'],
  ): Promise<ProvedFactor<FactorMethod>> {
    return this.#inTurn(actor.principal, () => this.#pipeline.run(actor, proveFactor, { ...proof, purpose }))
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
    const { principal: id, face, request, address } = actor
    await this.#inTurn(id, async () => {
      const matches = await passwords.matches(id, password)
      if (matches && !isLocked((await loginStates.read(id)).value, clock.now())) return
      const refused = new MortiseError('MORTISE_AUTH_REQUIRED')
      const door = { face, request: request ?? '', address }
      throw await this.#denied(door, { method: 'password' }, refused, () => this.#failure(id))
    })
  }

  /** Another access token of a session. @throws MORTISE_AUTH_REQUIRED */
  async refresh(input: RefreshInput, door: Door): Promise<LoggedIn> {
    const { refreshTokens } = this.#services
    try {
      const stored = await refreshTokens.verify(input.refreshToken)
      const session = stored && (await this.#services.sessions.find(stored.value.session))?.value
      if (!stored || !(await this.#holds(session ?? null, door)))
        throw new MortiseError('MORTISE_AUTH_REQUIRED')
      const { principal } = stored.value
      const again = await this.#pipeline.run({ principal, ...door, entry: vouched }, refreshLogin, input)
      if (again) return again
      throw new MortiseError('MORTISE_AUTH_REQUIRED')
    } catch (error) {
      throw await this.#denied(door, { method: 'refresh_token' }, error)
    }
  }

  /** Whoever a certificate has let in, where nothing has changed since. */
  async #knownClient(chain: CertificateCredentials['chain']): Promise<Entered | undefined> {
    const { admittedClients, authenticator, clock, principals } = this.#services
    const known = admittedClients.known(chain)
    if (!known || !authenticator.isKnownGood(chain, 'clients')) return undefined
    const principal = await principals.get(known.principal)
    const { proof, kind } = known
    const now = clock.now()
    if (!principal || !isActive(principal, now) || (proof.expires !== undefined && proof.expires <= now))
      return undefined
    return { principal, entry: provedEntry(proof, factorsOf(proof, kind, now)) }
  }

  get #services() {
    return this.#pipeline.services
  }

  async #firstUse(text: string, door: Door): Promise<AdmittedToken> {
    try {
      const proof = await this.#services.authenticator.jwt(text)
      const { principal } = await this.#admit(proof, door)
      return { proof: { ...proof, profile: {} }, principal: principal.id }
    } catch (error) {
      throw await this.#denied(door, { method: 'jwt' }, error)
    }
  }

  /** Whether whoever shows a token of a session may, and what binds it is still good. */
  async #holds(session: LoginSession | null, door: Door): Promise<boolean> {
    if (!isHeld(session, door)) return false
    const bond = bondOf(session, door)
    return !bond || this.#services.authenticator.isGood(bond)
  }

  /** Whoever a connection has proved to be before, if it would be let in now: it is decided again, and not recorded. */
  async #provedAgain({ proof, version }: ProvedPassword, door: Door): Promise<Entered | undefined> {
    const { authenticator, clock, passwords } = this.#services
    if ((await passwords.versionOf(proof.subject)) !== version) return undefined
    const { chain } = door
    const bound = proof.certificate
    if (
      bound !== undefined &&
      !(chain && thumbprintOf(chain) === bound && (await authenticator.isGood(chain)))
    )
      return undefined
    const admission = await admissionOf(this.#services, proof).catch((error) => {
      if (!isMortiseError(error, 'MORTISE_AUTH_REQUIRED')) throw error
    })
    const { principal, standing, connection } = admission ?? {}
    if (!admission || !principal || !connection || !isSettled(admission) || standing?.factors.length !== 0)
      return undefined
    return { principal, entry: provedEntry(proof, factorsOf(proof, connection.kind, clock.now())) }
  }

  /** Whether what a ticket rests on is good still. */
  async #stands(ticket: Ticket): Promise<boolean> {
    const { authenticator, sessions } = this.#services
    if (ticket.session !== undefined && !(await sessions.use(ticket.session))) return false
    const chain = chainOf(ticket)
    return !chain || authenticator.isGood(chain, 'clients')
  }

  async #certified(
    chain: CertificateCredentials['chain'],
    use: TrustUse,
    connection: string | undefined,
    door: Door,
    admit: (proof: Proof) => Promise<Entered>,
  ): Promise<Entered> {
    try {
      const proofs = await this.#services.authenticator.certificate(chain, use, connection)
      for (const proof of proofs) {
        const entered = await admit(proof).catch((error) => {
          if (!isMortiseError(error, 'MORTISE_AUTH_REQUIRED')) throw error
        })
        if (entered) return entered
      }
      const details = { identities: proofs.map(identityText) }
      throw new MortiseError('MORTISE_AUTH_REQUIRED', undefined, { details })
    } catch (error) {
      // Why, the audit trail alone is told.
      const why = isMortiseError(error, 'MORTISE_AUTH_REQUIRED') ? error.details : {}
      throw await this.#denied(door, { method: 'certificate', ...why }, error)
    }
  }

  /** With the certificate that the TLS client shows, where the account asks for both and it is of the same somebody. */
  async #withCertificate(proof: Proof, { chain }: Door): Promise<Proof> {
    if (!chain) return proof
    const services = this.#services
    const { accounts, authenticator, clock, connections } = services
    const connection = await connections.find(proof.connection)
    const principal = await principalOf(services, connection, proof.subject)
    if (principal === undefined) return proof
    const { methods } = (await accounts.read(principal)).value
    if (!methods?.includes('password_with_certificate')) return proof
    const certified = await authenticator.certificate(chain, 'users').catch((error) => {
      if (isMortiseError(error, 'MORTISE_AUTH_REQUIRED')) return []
      throw error
    })
    const now = clock.now()
    for (const { connection: name, subject, certificate, expires } of certified) {
      if ((await principalOf(services, await connections.find(name), subject)) !== principal) continue
      const factors = [...factorsOf(proof, connection.kind, now), { method: 'certificate', at: now } as const]
      return { ...proof, factors, ...(certificate && { certificate }), ...(expires && { expires }) }
    }
    return proof
  }

  /**
   * @param asks whether whoever has a second factor has to prove it first
   * @param account what failed attempts are counted on, where that may not be the principal
   */
  async #admit(
    proof: Proof,
    door: Door,
    { asks = false, account }: { readonly asks?: boolean; readonly account?: string | undefined } = {},
  ): Promise<Entered> {
    const { clock, loginStates, principals } = this.#services
    const admission = await admissionOf(this.#services, proof)
    const { connection, standing } = admission
    // What this changes is an operation of the host's, recorded at the door where somebody comes in.
    const principal =
      admission.principal && isSettled(admission)
        ? admission.principal
        : await this.#pipeline.run({ principal: host.id, ...door, entry: vouched }, admitIdentity, proof)
    const factors = factorsOf(proof, connection.kind, clock.now())
    const entry = provedEntry(proof, factors)
    const methods = factors.map(({ method }) => method)
    const byPassword = proof.connection === localAccount.name && methods.includes('password')
    // Somebody who is registered only now has none.
    if (asks && standing && standing.factors.length > 0) {
      const purpose = { kind: 'login', proof: { ...proof, profile: {}, factors } } as const
      const asked = await this.#pipeline.run(
        { principal: principal.id, ...door, entry },
        challengeFactor,
        purpose,
      )
      throw new MortiseError('MORTISE_AUTH_FACTOR_REQUIRED', undefined, { details: { ...asked } })
    }
    const record = (waited: boolean) =>
      this.#record(door, 'success', async (again) => ({
        principal,
        detail: { identity: identityText(proof), factors: methods },
        rows: {
          records: [
            ...(await this.#rowsOfLogin(principal.id, byPassword, waited || again ? undefined : standing)),
            ...(account === undefined || account === principal.id ? [] : await loginStates.remove(account)),
          ],
        },
      }))
    // All of one principal's write one row: side by side, each would make all others begin again.
    await this.#inTurn(`login of ${principal.id}`, record, Number.POSITIVE_INFINITY)
    return { principal: (await principals.get(principal.id)) ?? principal, entry }
  }

  /** @param standing what was read of it already */
  async #rowsOfLogin(principal: string, byPassword: boolean, standing?: Standing): Promise<RecordWrite[]> {
    const { accounts, barrier, clock, loginStates, passwordPolicies, principals } = this.#services
    const state = standing?.state ?? (await loginStates.read(principal))
    const row = loginStates.write(state, afterLogin(state.value, clock.now()))
    if (!byPassword) return [row]
    const { passwordPolicy } = standing?.account ?? (await accounts.read(principal)).value
    const policy = await passwordPolicies.of(passwordPolicy)
    if (!isTooOld(state.value, policy, clock.now())) return [row]
    const before = await principals.read(principal)
    return [row, ...changedPrincipal(barrier, before, { passwordChangeRequired: true }).rows]
  }

  /** Records that somebody was refused. @returns the error to throw: of one text, whatever was wrong; its cause knows */
  async #denied(
    door: Door,
    detail: AuditDetail,
    error: unknown,
    entry: () => Promise<RecordEntry> = async () => ({}),
  ): Promise<unknown> {
    const denied = isMortiseError(error, 'MORTISE_AUTH_REQUIRED')
    if (!denied && !isMortiseError(error, 'MORTISE_CONNECTION_UNAVAILABLE')) return error
    const { code, cause } = error
    const reason = cause instanceof Error && { reason: cause.message }
    await this.#record(door, denied ? 'denied' : 'failed', async () => {
      // Where whoever knows does not say, nobody has failed.
      const more = denied ? await entry() : {}
      return { code, ...more, detail: { ...detail, ...reason, ...more.detail } }
    })
    return denied ? new MortiseError('MORTISE_AUTH_REQUIRED', undefined, { cause }) : error
  }

  /**
   * A wrong password, counted against its account: a principal's id, or somebody outside. As much is read for an account that there
   * is none of.
   */
  async #failure(account: string | undefined): Promise<RecordEntry> {
    const { records, detail } = await failedAttempt(this.#services, account ?? host.id)
    if (account === undefined) return {}
    const of = account.includes('|') ? { identity: account } : { principal: account }
    return { detail: { ...of, ...detail }, ...(records.length > 0 && { rows: { records } }) }
  }

  /** Until nobody else has changed meanwhile what it writes, which is asked for again then. */
  async #record(
    door: Door,
    outcome: Outcome,
    entry: (again: boolean) => Promise<RecordEntry>,
  ): Promise<void> {
    for (let again = false; ; again = true) {
      try {
        const nobody = { principal: '', ...door, entry: vouched }
        return await this.#pipeline.record(nobody, 'Authenticate', outcome, await entry(again))
      } catch (error) {
        if (!isMortiseError(error, 'MORTISE_STORAGE_CONFLICT')) throw error
      }
    }
  }

  async #inTurn<Result>(
    account: string,
    work: (waited: boolean) => Promise<Result>,
    most = mostWaiting,
  ): Promise<Result> {
    const queue = this.#queues.get(account) ?? { turns: new Turns(), waiting: 0 }
    if (queue.waiting >= most) {
      throw new MortiseError('MORTISE_RATE_LIMITED', 'too many logins at once: try again in a few seconds')
    }
    this.#queues.set(account, queue)
    const waits = queue.waiting++ > 0
    const end = await queue.turns.next()
    try {
      return await work(waits)
    } finally {
      end()
      if (--queue.waiting === 0) this.#queues.delete(account)
    }
  }
}

function entered({ principal, token, session }: Authenticated): Entered {
  return { principal, entry: session ? { by: 'session', session } : { by: 'token', token } }
}

export function clientEntered({ principal, secret }: ProvedClient): Entered {
  return { principal, entry: { by: 'token', token: secret } }
}

function provedEntry(proof: Proof, factors: readonly ProvedFactor[]): Entry {
  const { expires = null, certificate = null } = proof
  return { by: 'proof', identity: identityText(proof), factors, expires, certificate }
}

const chains = new WeakMap<Ticket, CertificateCredentials['chain']>()

/** The same array with each use, so that it is not judged again with each. */
function chainOf(ticket: Ticket): CertificateCredentials['chain'] | undefined {
  const known = chains.get(ticket) ?? ticket.chain?.map((der) => Buffer.from(der, 'base64'))
  if (known) chains.set(ticket, known)
  return known
}

/** Thumbprint of the certificate that a session is for alone. Sessions of before there were such have no such field. */
function boundTo(session: LoginSession | null): string | null {
  return session?.certificate ?? null
}

/** What holds a session that is for one certificate alone; undefined for one that is for nobody's. */
function bondOf(session: LoginSession | null, { chain }: Door): Door['chain'] {
  return boundTo(session) === null ? undefined : chain
}

/** Whether whoever shows a token of a session may: where it is bound to a certificate, the TLS client that has that one. */
function isHeld(session: LoginSession | null, { chain }: Door): boolean {
  const bound = boundTo(session)
  return bound === null || (chain !== undefined && thumbprintOf(chain) === bound)
}

function admittedBy({ now: principal, proof }: Admitted): Entered {
  return { principal, entry: provedEntry(proof, proof.factors) }
}

/** @param text an id or name */
function isCalled(text: string, { id, name }: Principal): boolean {
  return text === id || text === name
}

/** Whether somebody whom the process vouches for may be let in. */
export function requireActive(principal: Principal, now: number): void {
  if (isActive(principal, now)) return
  throw new MortiseError(
    'MORTISE_AUTH_REQUIRED',
    `${principal.name} ${principal.enabled ? 'has expired' : 'is disabled'}`,
  )
}
