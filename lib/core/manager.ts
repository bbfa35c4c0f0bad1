import { join } from 'node:path'
import {
  type ClientProof,
  type IssuedAccessToken,
  isAdministeredWithout,
  type JwtOptions,
  type LoggedIn,
  type NewPrincipal,
  openAccess,
  type PasskeyOptions,
  type Proof,
  relyingParty,
  requireRelyingParty,
  systemPrincipal,
  type TokenJudgement,
} from '../access/index.js'
import {
  type AuditVerification,
  beginNow,
  Delivery,
  openChain,
  type SinkHealth,
  sinksOf,
  type VerifyOptions,
  verifyAudit,
} from '../audit/index.js'
import { openBarrier, type RootKeySource } from '../barrier/index.js'
import { type AlternativeNames, openCa } from '../ca/index.js'
import { type Policy, policies } from '../crypto/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import { openGateway } from '../gateway/index.js'
import {
  type KeyProvider,
  Pkcs11Provider,
  SoftwareProvider,
  TokenConnection,
  type TokenHealth,
  type TokenOptions,
  wrappersOn,
} from '../hsm/index.js'
import { openKeymanager } from '../keymanager/index.js'
import { Addresses, isDestroyDelay, Jobs, Objects, TokenKeys, UsageBlocks } from '../keys/index.js'
import { native, type SelfTestResult } from '../native/index.js'
import { type Clock, type Principal, systemClock } from '../operation/index.js'
import { openSqliteStore, type StoreHealth } from '../storage/index.js'
import { type Actor, type Door, host, systemActor, vouched } from './actor.js'
import { operationNames } from './catalogue.js'
import { type CheckpointOptions, Checkpoints } from './checkpoints.js'
import { FaceSettings } from './face_settings.js'
import { Follower } from './follower.js'
import {
  type CertificateCredentials,
  clientEntered,
  type Entered,
  type FactorCredentials,
  Gate,
  type PasswordCredentials,
  type RefreshInput,
  requireActive,
  type TicketCredentials,
  type TokenCredentials,
} from './gate.js'
import { type CertificateEvents, KeptCertificate } from './kept_certificate.js'
import { Keyservice, type KeyserviceOptions, KeyserviceRecords } from './keyservice/index.js'
import { Leases } from './leases.js'
import { type OwnAuthority, ownAuthority } from './own_authority.js'
import { Pipeline } from './pipeline.js'
import { Publisher } from './publisher.js'
import { type RootKeyHealth, RootWatch } from './root_watch.js'
import { type JobHealth, Scheduler } from './scheduler.js'
import type { Services } from './services.js'
import { Session } from './session.js'
import { TokenGrants, type TokenRequest } from './token_grants.js'
import { TokenIssuer, type TokenJwk } from './token_issuer.js'
import { sinkOf, type TrailFollower } from './trail_follower.js'

export interface KeyManagerOptions {
  /** The data directory, made with mode 0700 when it is not there. Several processes of one machine may share it. */
  readonly directory: string
  /** Default: the file `root-key` in the directory, made with mode 0600 when the store is new. */
  readonly rootKey?: RootKeySource
  /**
   * Seconds that everything goes on with what is in memory where the root key is on a token that does not answer: 0 to 86,400. Then everything is
   * refused (MORTISE_BARRIER_SEALED) until it answers again. Default 300.
   */
  readonly rootKeyGraceSeconds?: number
  /** PKCS#11 tokens that keys may live on. One that is not there yet is looked for again when it is needed. */
  readonly tokens?: readonly TokenOptions[]
  /** Where keys are made of which nobody says it: the name of a token, or `software` (default). */
  readonly keyProvider?: string
  /** Where the key that signs checkpoints of the audit trail is made, likewise: it is made once, of Ed25519. */
  readonly auditProvider?: string
  /** Where the keys of references of applications are made (docs/keymanager.md), likewise: they are used for every record. */
  readonly baseKeyProvider?: string
  /** Seconds that a lease goes on without having heard from the store. Default 5. */
  readonly leaseSeconds?: number
  /**
   * When audit records of mere use reach stable storage: within 50 ms (`interval`, the default) or before the answer
   * (`always`). Changes are always synced before the answer.
   */
  readonly auditSync?: 'interval' | 'always'
  /** Whether key memory must be locked (`required`) or is locked as far as the limit goes (`preferred`, the default). */
  readonly memoryLock?: 'required' | 'preferred'
  /** Days after which a destroyed key is gone, unless the call says more: 0 for at once (the default), or 7 to 30. */
  readonly destroyDelayDays?: number
  /**
   * Whether this process does what falls due (destructions, rotations). Default true; where no process of a directory does,
   * it is done once one does, or when {@link KeyManager.runDueJobs} is called.
   */
  readonly scheduler?: boolean
  /**
   * What may be used: `approved` (default), what SP 800-131A approves; `compatible`, also what old clients need, every use
   * of it marked on the audit trail. `mortise policy` prints what is in each.
   */
  readonly policy?: Policy
  /**
   * Seconds between signed checkpoints of the audit trail while something is written to it, and whether to make one at close:
   * 0 for neither. Default 300.
   */
  readonly checkpointSeconds?: number
  /** Directory outside the database that checkpoints are written to as well, for `verifyAudit`. Default none. */
  readonly checkpointDirectory?: string
  /**
   * File that every audit record is appended to as a line of JSON, of mode 0600. Move it away to rotate it. Default none. As of
   * the next: whichever process of a directory is first delivers, what is not delivered waits in the store.
   */
  readonly auditFile?: string
  /**
   * Receiver of syslog (RFC 5424) that gets every audit record: `udp://HOST:PORT`, `tcp://HOST:PORT` or `tls://HOST:PORT`.
   * Only the latter two can be known to have it. Default none.
   */
  readonly auditSyslog?: string
  /** File with the certificates (PEM) that a receiver over TLS is checked against. Default: those that Node trusts. */
  readonly auditSyslogAuthority?: string
  /** Where passkeys are used. Default: there are none. */
  readonly passkeys?: PasskeyOptions
  /** Minutes without use after which a session of a login ends: 0 for never, at most 720. Default 15. */
  readonly sessionIdleMinutes?: number
  /**
   * Where certificates that are issued here say that CRLs, OCSP and the authority's own certificate are found, unless the settings of the
   * authority do: `http://pki.example.org`. Default nowhere.
   */
  readonly publicUrl?: string
  /** Logins by JWTs of outside issuers. */
  readonly jwt?: JwtOptions
  /** Default: the system's. */
  readonly clock?: Clock
}

/** How what looks after the audit trail does. */
export interface AuditHealth {
  /** Of each sink that this key manager is configured with. */
  readonly sinks: readonly SinkHealth[]
  /** Why the last checkpoint could not be made or exported by this process, until one is; null when it could. */
  readonly checkpointFailure: string | null
}

/** When the certificate of an authority ends. */
export interface AuthorityExpiry {
  readonly id: string
  /** Its subject where it has no name. */
  readonly name: string
  /** Milliseconds since 1970. */
  readonly notAfter: number
}

/**
 * What proves who somebody is: a token, a password, the certificate of a TLS client, or the answer to a challenge that a password
 * has led to or a passkey signs.
 */
export type Credentials =
  | TokenCredentials
  | TicketCredentials
  /** Of an outside issuer; as `token` as well, which may be one of our own besides. */
  | { readonly jwt: string }
  | PasswordCredentials
  | CertificateCredentials
  | FactorCredentials

/** What a passkey signs that is the only factor of a login: for `navigator.credentials.get`, with user verification. */
export interface PasskeyRequest {
  /** Base64url. */
  readonly challenge: string
  /** Milliseconds since 1970. */
  readonly expires: number
  readonly rpId: string
}

/**
 * Opens the key manager on a directory; makes the store and the root key when the directory is new.
 *
 * @throws MORTISE_CONFIG_INVALID, MORTISE_STORAGE_UNAVAILABLE, MORTISE_STORAGE_CORRUPT, MORTISE_BARRIER_WRONG_ROOT_KEY,
 *   MORTISE_BARRIER_ROOT_KEY_MISSING, MORTISE_BARRIER_INTEGRITY, MORTISE_NATIVE_UNAVAILABLE, MORTISE_SELFTEST_FAILED,
 *   MORTISE_HSM_MODULE, MORTISE_HSM_LOGIN_REFUSED
 */
export async function openKeyManager(options: KeyManagerOptions): Promise<KeyManager> {
  const {
    directory,
    clock = systemClock,
    leaseSeconds = 5,
    destroyDelayDays = 0,
    policy = 'approved',
    checkpointSeconds = 300,
    sessionIdleMinutes = 15,
    rootKeyGraceSeconds = 300,
  } = options
  if (!(leaseSeconds >= 1 && leaseSeconds <= 3600)) {
    throw new MortiseError('MORTISE_CONFIG_INVALID', 'a lease must live 1 to 3600 seconds')
  }
  if (!isDestroyDelay(destroyDelayDays)) {
    throw new MortiseError('MORTISE_CONFIG_INVALID', 'keys are destroyed at once (0) or after 7 to 30 days')
  }
  if (!(Number.isInteger(sessionIdleMinutes) && sessionIdleMinutes >= 0 && sessionIdleMinutes <= 720)) {
    throw new MortiseError(
      'MORTISE_CONFIG_INVALID',
      'a session idles out after 1 to 720 minutes, or never (0)',
    )
  }
  if (!policies.includes(policy)) {
    throw new MortiseError('MORTISE_CONFIG_INVALID', `the policy must be one of ${policies.join(', ')}`)
  }
  const party = options.passkeys ? relyingParty(options.passkeys) : null
  const sinks = sinksOf({
    file: options.auditFile,
    syslog: options.auditSyslog,
    syslogAuthority: options.auditSyslogAuthority,
  })
  native.setMemoryLock(options.memoryLock ?? 'preferred')
  if (!(Number.isInteger(rootKeyGraceSeconds) && rootKeyGraceSeconds >= 0 && rootKeyGraceSeconds <= 86_400)) {
    throw new MortiseError('MORTISE_CONFIG_INVALID', 'rootKeyGraceSeconds is 0 to 86,400')
  }
  const tokens = connectionsOf(options.tokens ?? [])
  const store = await openSqliteStore({ directory, sync: options.auditSync ?? 'interval', clock })
  try {
    await Promise.all(tokens.map((token) => token.start()))
    await store.apply({ audit: await openChain(store, clock), durability: 'written' })
    const onTokens = tokens.map((token) => new Pkcs11Provider(token))
    const rootKey = options.rootKey ?? { file: join(directory, 'root-key') }
    const barrier = await openBarrier(store, clock, rootKey, wrappersOn(onTokens))
    const software = new SoftwareProvider(barrier)
    const objects = new Objects(store, barrier, clock)
    const providers: readonly KeyProvider[] = [software, ...onTokens]
    const provider = providerAmong(providers)
    const {
      keyProvider = software.name,
      auditProvider = software.name,
      baseKeyProvider = software.name,
    } = options
    for (const name of [keyProvider, auditProvider, baseKeyProvider]) provider(name)
    const addresses = new Addresses(providers, (id) => objects.byId(id))
    objects.addressed = (text) => addresses.find(text)
    const ca = openCa({ store, barrier, objects, provider, policy, clock }, options.publicUrl)
    const access = openAccess(store, barrier, clock, {
      relyingParty: party,
      operationNames,
      trusted: ca.trust,
      jwt: options.jwt,
    })
    const services: Services = {
      ...access,
      ...openGateway(access),
      ...ca,
      ...openKeymanager({ store, barrier, objects, provider }),
      policy,
      objects,
      usage: new UsageBlocks(store, barrier, clock),
      jobs: new Jobs(store, barrier),
      tokenKeys: new TokenKeys(store, barrier, clock),
      faceSettings: new FaceSettings(store, barrier),
      keyservice: new KeyserviceRecords({ store, barrier, clock }),
      destroyDelayDays,
      providers,
      provider,
      addresses,
      keyProvider,
      auditProvider,
      baseKeyProvider,
      manager: native.newManager(),
      leaseMilliseconds: leaseSeconds * 1000,
    }
    const leases = new Leases(services)
    const follower = await Follower.start(services, leases)
    return new KeyManager(services, leases, follower, {
      scheduler: options.scheduler ?? true,
      checkpoints: { seconds: checkpointSeconds, directory: options.checkpointDirectory },
      deliveries: sinks.map((sink) => new Delivery(services, sink)),
      idle: sessionIdleMinutes === 0 ? null : sessionIdleMinutes * 60_000,
      rootWatch: 'hsm' in rootKey ? new RootWatch(services, follower, rootKeyGraceSeconds * 1000) : null,
    })
  } catch (error) {
    await store.close()
    await Promise.all(tokens.map((token) => token.close()))
    throw error
  }
}

/** @throws MORTISE_CONFIG_INVALID */
function connectionsOf(tokens: readonly TokenOptions[]): TokenConnection[] {
  const names = tokens.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined)
    throw new MortiseError('MORTISE_CONFIG_INVALID', `two tokens are named ${JSON.stringify(twice)}`)
  return tokens.map((options) => new TokenConnection(options))
}

function providerAmong(providers: readonly KeyProvider[]) {
  const byName = new Map(providers.map((one) => [one.name, one]))
  return (name: string) => {
    const found = byName.get(name)
    if (found) return found
    throw new MortiseError(
      'MORTISE_CRYPTO_UNSUPPORTED',
      `the key provider ${JSON.stringify(name)} is not configured: there are ${[...byName.keys()].join(', ')}`,
    )
  }
}

/** Where the process itself comes from. */
const inProcess = { face: 'process', request: null }

/** What a key manager does beside what it is asked for. */
interface Background {
  readonly scheduler: boolean
  readonly checkpoints: CheckpointOptions
  readonly deliveries: readonly Delivery[]
  /** Milliseconds after which sessions idle out, or null. */
  readonly idle: number | null
  /** Where the root key is on a token. */
  readonly rootWatch: RootWatch | null
}

/** A key manager at work in this process. Make one with {@link openKeyManager}, close it when done. */
export class KeyManager {
  readonly #services: Services
  readonly #leases: Leases
  readonly #follower: Follower
  readonly #pipeline: Pipeline
  readonly #gate: Gate
  /** What authorities say to everybody. */
  readonly publisher: Publisher
  readonly #tokenIssuer: TokenIssuer
  readonly #tokenGrants: TokenGrants
  readonly #idle: number | null
  readonly #scheduler: Scheduler
  readonly #checkpoints: Checkpoints
  readonly #deliveries: Delivery[]
  readonly #rootWatch: RootWatch | null
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(
    services: Services,
    leases: Leases,
    follower: Follower,
    { scheduler, checkpoints, deliveries, idle, rootWatch }: Background,
  ) {
    this.#services = services
    this.#leases = leases
    this.#follower = follower
    this.#pipeline = new Pipeline(services, follower)
    this.#gate = new Gate(this.#pipeline)
    this.publisher = new Publisher(this.#pipeline, follower)
    this.#tokenIssuer = new TokenIssuer(this.#pipeline, follower)
    this.#tokenGrants = new TokenGrants(this.#pipeline, this.#gate, this.#tokenIssuer)
    this.#idle = idle
    services.sessions.onUse = ({ principal: id, id: session }, row) =>
      this.#pipeline.record({ ...systemActor, principal: id }, 'SessionUsed', 'success', {
        principal: services.principals.known(id),
        detail: { session },
        rows: { records: [row] },
      })
    this.#scheduler = new Scheduler(services, this.#pipeline)
    this.#checkpoints = new Checkpoints(services, this.#pipeline, checkpoints)
    this.#deliveries = [...deliveries]
    this.#rootWatch = rootWatch
    if (!scheduler) return
    follower.onJobs = () => this.#scheduler.wake()
    this.#scheduler.wake()
  }

  /**
   * A session of a registered principal, by name or id. The process is trusted to say who it works for.
   *
   * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_AUTH_REQUIRED for one that is disabled
   */
  async as(principal: string): Promise<Session> {
    const found = await this.#services.principals.find(principal)
    requireActive(found, this.#services.clock.now())
    return this.#session({ principal: found, entry: vouched }, inProcess)
  }

  /** A session of the process itself: an administrator without any right on keys. */
  asHost(): Session {
    return this.#session({ principal: host, entry: vouched }, inProcess)
  }

  /** Registers a principal unless one of the name is registered already, and returns it. */
  async ensurePrincipal(input: NewPrincipal): Promise<Principal> {
    const id = await this.#services.principals.idOf(input.name)
    if (id !== undefined) return this.#services.principals.find(id)
    try {
      return await this.asHost().createPrincipal(input)
    } catch (error) {
      if (!isMortiseError(error, 'MORTISE_PRINCIPAL_EXISTS')) throw error
      return this.#services.principals.find(input.name)
    }
  }

  /**
   * The built-in certificate authority: a root and the one below it that issues, which are made where they are not there.
   *
   * @throws MORTISE_NAME_TAKEN where somebody else has an object of its names
   */
  ownAuthority(): Promise<OwnAuthority> {
    return ownAuthority(this.#services, this.#system())
  }

  /**
   * Keeps a certificate for a TLS server of this process, below the built-in authority, until it is stopped: it is told of before this is
   * answered, and renewed in time. Its private key is a managed object that nobody can use or export.
   *
   * @param names one at least
   * @throws MORTISE_CERTIFICATE_REFUSED for names that are none, MORTISE_CA_STATE where the authority issues nothing
   */
  async keepCertificate(names: AlternativeNames, events: CertificateEvents): Promise<KeptCertificate> {
    const kept = new KeptCertificate(this.#services, this.#system(), names, events)
    await kept.start()
    return kept
  }

  /**
   * A session of whoever proves to be somebody. A failure is recorded.
   *
   * @throws MORTISE_AUTH_FACTOR_REQUIRED for the password of somebody who has a second factor: answer the challenge in its details
   * @throws MORTISE_AUTH_REQUIRED with one text, whatever is wrong; MORTISE_CONNECTION_UNAVAILABLE
   */
  async authenticate(credentials: Credentials, door: Door): Promise<Session> {
    return this.#session(await this.#enter(credentials, door), door)
  }

  /**
   * A challenge for a login by a passkey alone, to {@link authenticate} with.
   *
   * @throws MORTISE_INPUT_INVALID where passkeys are not configured
   */
  requestPasskey(): PasskeyRequest {
    const { openChallenges, relyingParty } = this.#services
    const { rpId } = requireRelyingParty(relyingParty)
    const { text, expires } = openChallenges.make()
    return { challenge: text, expires, rpId }
  }

  /**
   * The same for a token that was proved before and is in memory with its bearer, at once; undefined asks for
   * {@link authenticate}. A server that need not wait here reads the body of the request as it arrives.
   */
  recognise(token: string, door: Door): Session | undefined {
    const entered = this.#gate.knownToken(token, door)
    return entered && this.#session(entered, door)
  }

  /**
   * A session of the TLS client whose certificate comes with each request over a connection. It is decided with each, and recorded as
   * a login with the first.
   *
   * @param chain the same array for as long as the TLS connection lasts
   * @throws MORTISE_AUTH_REQUIRED
   */
  async recogniseClient(chain: readonly Uint8Array[], door: Door): Promise<Session> {
    return this.#session(await this.#gate.client(chain, door), door)
  }

  /** Whether the certificate of a TLS client was good for something here, and is not any more: it was revoked, or is not trusted. */
  hasLapsed(chain: readonly Uint8Array[]): Promise<boolean> {
    return this.#services.authenticator.hasLapsed(chain)
  }

  /**
   * A session of whoever a connection has proved, which is registered now where the connection says so.
   *
   * @throws MORTISE_AUTH_REQUIRED
   */
  async enter(proof: Proof, door: Door): Promise<Session> {
    return this.#session(await this.#gate.proof(proof, door), door)
  }

  /**
   * An access token for an OAuth client, itself or somebody that it acts for (RFC 6749): a JWT (RFC 9068), or opaque. Every face takes those
   * that clients get for themselves as bearer tokens.
   *
   * @throws MORTISE_AUTH_REQUIRED with one text, whatever is wrong with the client; with `error` `invalid_grant` in its details for whatever
   *   is wrong with what the token is asked for with
   * @throws MORTISE_ACCESS_DENIED, MORTISE_INPUT_INVALID for a grant, scope or resource that the client does not have
   */
  grantToken(client: ClientProof, request: TokenRequest, door: Door): Promise<IssuedAccessToken> {
    return this.#tokenGrants.grant(client, request, door)
  }

  /**
   * A session of whoever asks about tokens (RFC 7662 section 2.1): an OAuth client with its secret, or somebody with a password.
   *
   * @throws MORTISE_AUTH_REQUIRED with one text, whatever is wrong
   */
  async authenticateCaller(name: string, secret: string, door: Door): Promise<Session> {
    return this.#session(await this.#gate.basic(name, secret, door), door)
  }

  /** A session of an OAuth client. @throws MORTISE_AUTH_REQUIRED with one text, whatever is wrong */
  async authenticateClient(client: ClientProof, door: Door): Promise<Session> {
    return this.#session(clientEntered(await this.#gate.oauthClient(client, door)), door)
  }

  /**
   * A session of an OAuth client for its own registration, by the token that manages that (RFC 7592).
   *
   * @throws MORTISE_AUTH_REQUIRED with one text, whatever is wrong
   */
  async authenticateRegistration(client: string, token: string, door: Door): Promise<Session> {
    return this.#session(await this.#gate.registration(client, token, door), door)
  }

  /**
   * Whether a text is an access token of an OAuth client that is good now, and what it says: for a service of this process that
   * records itself what it does with it.
   */
  judgeToken(text: string): Promise<TokenJudgement> {
    return this.#services.tokenJudge.judge(text)
  }

  /** A certificate by itself (DER) of the key that signs access tokens, and what backends are told of callers. */
  async tokenCertificate(): Promise<Uint8Array> {
    return (await this.#tokenIssuer.certificate()).der
  }

  /** The public keys that access tokens are verified by (RFC 7517), the one that signs first; it is made with the first question. */
  tokenKeys(): Promise<readonly TokenJwk[]> {
    return this.#tokenIssuer.keys()
  }

  /**
   * Another access token of a session, for its refresh token.
   *
   * @throws MORTISE_AUTH_REQUIRED with one text, whatever is wrong; a token that another one is in the place of ends its session
   */
  refresh(input: RefreshInput, door: Door): Promise<LoggedIn> {
    return this.#gate.refresh(input, door)
  }

  /** Whether there is an enabled administrator that does not expire. */
  isAdministered(): Promise<boolean> {
    return isAdministeredWithout(this.#services, '')
  }

  /** The keyservice, for the face of that name: it keeps a secret for each user of real services. */
  openKeyservice(options: KeyserviceOptions): Promise<Keyservice> {
    return Keyservice.open(this.#pipeline, options)
  }

  /** A session of a principal that the caller has authenticated by its own means (development mode). */
  async admit(principal: string, door: Door): Promise<Session> {
    return this.#session({ principal: await this.#services.principals.find(principal), entry: vouched }, door)
  }

  /** When the certificates of authorities end, local and external: of all that have one. */
  async authorityExpiries(): Promise<readonly AuthorityExpiry[]> {
    const all = await this.#services.authorities.all()
    return all.flatMap(({ record: { id, name, subject }, certificate }) =>
      certificate ? [{ id, name: name ?? subject, notAfter: certificate.notAfter.getTime() }] : [],
    )
  }

  /** Checks every audit chain from its beginning. */
  verifyAudit(options: VerifyOptions = {}): Promise<AuditVerification> {
    return verifyAudit(this.#services, options)
  }

  async auditHealth(): Promise<AuditHealth> {
    const sinks = await Promise.all(this.#deliveries.map((delivery) => delivery.health()))
    return { sinks, checkpointFailure: this.#checkpoints.failure ?? null }
  }

  /** Tells somebody outside of what is done from now on, or since it was told last, until the key manager is closed. */
  async tell(follower: TrailFollower): Promise<void> {
    const sink = sinkOf(follower)
    await beginNow(this.#services, sink)
    this.#deliveries.push(new Delivery(this.#services, sink))
  }

  /** Runs the known-answer tests of every algorithm now. */
  selfTest(): SelfTestResult[] {
    return native.selfTest()
  }

  health(): Promise<StoreHealth> {
    return this.#services.store.health()
  }

  /** Does what has fallen due now, whether or not this process does so by itself. Failures are put off, and recorded. */
  async runDueJobs(): Promise<void> {
    await this.#scheduler.runDue()
  }

  /** How the tokens are doing, as far as this process knows: nothing is asked of them. */
  tokenHealth(): readonly TokenHealth[] {
    return this.#services.providers.flatMap((one) => (one instanceof Pkcs11Provider ? [one.health()] : []))
  }

  /** How the root key is doing that is on a token; null where it is not. @param look whether to ask the token now */
  async rootKeyHealth(look = false): Promise<RootKeyHealth | null> {
    if (look) await this.#rootWatch?.look()
    return this.#rootWatch?.health ?? null
  }

  jobHealth(): Promise<JobHealth> {
    return this.#scheduler.health()
  }

  /** Ends all leases with their records, finishes what was accepted, wipes keys from memory. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #enter(credentials: Credentials, door: Door): Promise<Entered> {
    if ('token' in credentials) return this.#gate.token(credentials, door)
    if ('ticket' in credentials) return this.#gate.ticket(credentials, door)
    if ('jwt' in credentials) return this.#gate.jwt(credentials.jwt, door)
    if ('chain' in credentials) return this.#gate.certificate(credentials, door)
    if ('challenge' in credentials) return this.#gate.factor(credentials, door)
    return this.#gate.password(credentials, door)
  }

  #session(
    entered: Entered,
    door: Pick<Actor, 'face' | 'request' | 'address'> & Pick<Door, 'chain'>,
  ): Session {
    const work = { pipeline: this.#pipeline, leases: this.#leases, checkpoints: this.#checkpoints }
    const parts = { ...work, gate: this.#gate, tokenIssuer: this.#tokenIssuer, idle: this.#idle }
    return new Session(parts, entered, door)
  }

  #system(): Session {
    return this.#session({ principal: systemPrincipal, entry: vouched }, systemActor)
  }

  async #close(): Promise<void> {
    const { store, usage, providers, barrier } = this.#services
    await this.#rootWatch?.stop()
    this.#follower.stop()
    await this.#scheduler.stop()
    try {
      // What cannot be sealed now is counted as used.
      if (!barrier.isSealed) {
        await this.#leases.closeAll()
        await usage.close()
      }
      await this.#checkpoints.close()
      await Promise.all(this.#deliveries.map((delivery) => delivery.close()))
    } finally {
      await store.close()
      await Promise.all(providers.map((provider) => provider.close()))
      barrier.close()
    }
  }
}
