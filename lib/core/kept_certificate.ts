import { type AlternativeNames, serialText, standingOf } from '../ca/index.js'
import { systemClock } from '../operation/index.js'
import { parseCertificate } from '../x509/index.js'
import { alone, isDue, isOwnDue, type OwnAuthority, ownAuthority, renewedAuthority } from './own_authority.js'
import {
  findServerCertificate,
  makeServerCertificate,
  openServerCertificate,
  type ServerCertificate,
  type StoredCertificate,
} from './server_certificate.js'
import type { Services } from './services.js'
import type { Session } from './session.js'

/** Milliseconds between looks: another process may have renewed it, somebody may have revoked it, the clock may have been set. */
const interval = 60_000
/** After one that has failed. */
const pause = 3_600_000

export interface CertificateEvents {
  /** This is the one to show from now on. */
  changed(certificate: ServerCertificate): void
  /** It could not be looked at or renewed, which is tried again. */
  failed(error: unknown): void
}

/**
 * The certificate of a TLS server below the built-in authority, for as long as the process serves. It is renewed with a new key when two
 * thirds of its life are over, when it was revoked or is held, and when its authority is not the built-in one any more. Processes of a directory
 * with the same names share one: whichever is first renews it, the others follow.
 */
export class KeptCertificate {
  readonly #services: Services
  readonly #system: Session
  readonly #names: AlternativeNames
  readonly #events: CertificateEvents
  readonly #after: (milliseconds: number, action: () => void) => () => void
  #cancel: () => void = () => undefined
  #looking: Promise<void> = Promise.resolve()
  #stopped = false
  /** The chain and the root that were told of last. */
  #told = ''

  constructor(services: Services, system: Session, names: AlternativeNames, events: CertificateEvents) {
    this.#services = services
    this.#system = system
    this.#names = names
    this.#events = events
    const { clock } = services
    this.#after = clock.after?.bind(clock) ?? systemClock.after
  }

  /** Makes the certificate where there is none that holds, and tells of it before it is done. */
  async start(): Promise<void> {
    await this.#look().catch((error: unknown) => {
      if (this.#told === '') throw error
      this.#events.failed(error)
    })
    this.#sleep()
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#looking
  }

  #sleep(milliseconds = interval): void {
    if (this.#stopped) return
    this.#cancel = this.#after(milliseconds, () => {
      this.#looking = this.#look().then(
        () => this.#sleep(),
        (error: unknown) => {
          this.#events.failed(error)
          this.#sleep(pause)
        },
      )
    })
  }

  async #look(): Promise<void> {
    const own = await ownAuthority(this.#services, this.#system)
    const there = await findServerCertificate(this.#services, this.#names)
    if (there && !isOwnDue(this.#services, own) && !(await this.#isDue(there, own)))
      return this.#tell(there, own)
    try {
      await alone(this.#services, () => this.#renew())
    } catch (error) {
      // What still holds is shown meanwhile.
      if (there && !this.#isOver(there)) await this.#tell(there, own)
      throw error
    }
  }

  async #renew(): Promise<void> {
    // Another process may have been first.
    this.#services.authorities.forgetAll()
    const before = await ownAuthority(this.#services, this.#system)
    let failure: unknown
    const own = await renewedAuthority(this.#services, this.#system, before).catch((error: unknown) => {
      // It may have years left, in which the server's certificate is renewed all the same.
      failure = error
      return before
    })
    const there = await findServerCertificate(this.#services, this.#names, true)
    if (!there || (await this.#isDue(there, own)))
      await makeServerCertificate(this.#services, this.#system, own, this.#names)
    const made = await findServerCertificate(this.#services, this.#names)
    if (made) await this.#tell(made, own)
    if (failure !== undefined) throw failure
  }

  async #isDue({ certificate }: StoredCertificate, { issuing }: OwnAuthority): Promise<boolean> {
    const { notBefore, notAfter, serialNumber, extensions } = certificate
    if (isDue(this.#services, notBefore.getTime(), notAfter.getTime())) return true
    const { subjectKeyIdentifier = '' } = parseCertificate(issuing.certificate ?? '').extensions
    const { keyIdentifier = '' } = extensions.authorityKeyIdentifier ?? {}
    if (!Buffer.from(keyIdentifier).equals(Buffer.from(subjectKeyIdentifier))) return true
    const record = await this.#services.certificates.ofSerial(issuing.id, serialText(serialNumber))
    return !record || standingOf(record) !== 'good'
  }

  #isOver({ certificate }: StoredCertificate): boolean {
    return certificate.notAfter.getTime() <= this.#services.clock.now()
  }

  async #tell(stored: StoredCertificate, own: OwnAuthority): Promise<void> {
    const certificate = await openServerCertificate(this.#services, stored, own)
    const text = certificate && certificate.chain + certificate.root
    if (!text || text === this.#told) return
    this.#told = text
    this.#events.changed(certificate)
  }
}
