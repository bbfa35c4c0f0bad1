import { type AlternativeNames, serialText, standingOf } from '../ca/index.js'
import { systemClock } from '../operation/index.js'
import { parseCertificate } from '../x509/index.js'
import { alone, type OwnAuthority, ownAuthority } from './own_authority.js'
import {
  findServerCertificate,
  makeServerCertificate,
  openServerCertificate,
  type ServerCertificate,
  type StoredCertificate,
} from './server_certificate.js'
import type { Services } from './services.js'
import type { Session } from './session.js'

/** After so much of its life a certificate is renewed. */
const part = 2 / 3
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
  /** The chain that was told of last. */
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
    await this.#look()
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
    if (there && !(await this.#isDue(there, own))) return this.#tell(there, own)
    try {
      await this.#tell(await alone(this.#services, () => this.#renewed(own)), own)
    } catch (error) {
      // What still holds is shown meanwhile.
      if (there && !this.#isOver(there)) await this.#tell(there, own)
      else if (this.#told === '') throw error
      this.#events.failed(error)
    }
  }

  async #renewed(own: OwnAuthority): Promise<StoredCertificate | undefined> {
    // Another process may have been first.
    const there = await findServerCertificate(this.#services, this.#names, true)
    if (there && !(await this.#isDue(there, own))) return there
    await makeServerCertificate(this.#services, this.#system, own, this.#names)
    return findServerCertificate(this.#services, this.#names)
  }

  async #isDue({ certificate }: StoredCertificate, { issuing }: OwnAuthority): Promise<boolean> {
    const { notBefore, notAfter, serialNumber, extensions } = certificate
    const life = notAfter.getTime() - notBefore.getTime()
    if (this.#services.clock.now() >= notBefore.getTime() + life * part) return true
    const { subjectKeyIdentifier = '' } = parseCertificate(issuing.certificate ?? '').extensions
    const { keyIdentifier = '' } = extensions.authorityKeyIdentifier ?? {}
    if (!Buffer.from(keyIdentifier).equals(Buffer.from(subjectKeyIdentifier))) return true
    const record = await this.#services.certificates.ofSerial(issuing.id, serialText(serialNumber))
    return !record || standingOf(record) !== 'good'
  }

  #isOver({ certificate }: StoredCertificate): boolean {
    return certificate.notAfter.getTime() <= this.#services.clock.now()
  }

  async #tell(stored: StoredCertificate | undefined, own: OwnAuthority): Promise<void> {
    const certificate = stored && (await openServerCertificate(this.#services, stored, own))
    if (!certificate || certificate.chain === this.#told) return
    this.#told = certificate.chain
    this.#events.changed(certificate)
  }
}
