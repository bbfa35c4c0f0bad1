import {
  requireAdministrator,
  systemPrincipal,
  type TrustedAuthorities,
  type TrustUse,
} from '../access/index.js'
import type { Clock, Subject } from '../operation/index.js'
import type { Certificate } from '../x509/index.js'
import { type Authorities, type Authority, type AuthorityTrust, stateOf } from './authorities.js'
import { type CertificateStanding, type Certificates, serialText, standingOf } from './certificates.js'

/** Whom the authorities here let in, as they and their certificates stand now. */
export class Trust implements TrustedAuthorities {
  readonly #authorities: Authorities
  readonly #certificates: Certificates
  readonly #clock: Clock
  #generation = 0
  #known: { readonly generation: number; readonly all: readonly Authority[] } | undefined

  constructor(authorities: Authorities, certificates: Certificates, clock: Clock) {
    this.#authorities = authorities
    this.#certificates = certificates
    this.#clock = clock
  }

  get generation(): number {
    return this.#generation
  }

  async anchors(use: TrustUse): Promise<readonly Certificate[]> {
    const now = this.#clock.now()
    return (await this.#all()).flatMap((authority) => {
      const isTrusted = authority.record.trust[use] && stateOf(authority, now) !== 'expired'
      return isTrusted && authority.certificate ? [authority.certificate] : []
    })
  }

  async isRevoked(path: readonly Certificate[]): Promise<boolean> {
    const local = (await this.#all()).filter(({ record }) => record.kind === 'local')
    const anchor = local.find((one) => isOf(one, path.at(-1)))
    const whole = [...path, ...(anchor?.chain ?? [])]
    for (const [i, certificate] of whole.entries()) {
      const issuer = local.find((one) => isOf(one, whole[i + 1]))
      if (issuer && isOut(await this.#standing(issuer, certificate))) return true
    }
    return false
  }

  /** Something that this rests on was written. */
  forget(): void {
    this.#generation++
  }

  /** From memory until something of it was written. */
  async #all(): Promise<readonly Authority[]> {
    const generation = this.#generation
    if (this.#known?.generation !== generation)
      this.#known = { generation, all: await this.#authorities.all() }
    return this.#known.all
  }

  async #standing(
    { record }: Authority,
    { serialNumber }: Certificate,
  ): Promise<CertificateStanding | undefined> {
    const issued = await this.#certificates.ofSerial(record.id, serialText(serialNumber))
    return issued && standingOf(issued)
  }
}

/**
 * Whoever issues below an authority that is trusted can make a certificate of anybody whose account names a subject: as of connections,
 * administrators say which ones are.
 *
 * @throws MORTISE_ACCESS_DENIED
 */
export function requireMayTrust(actor: Subject, { clients, users }: Partial<AuthorityTrust> = {}): void {
  // That of the built-in authority, whose trust administrators change like any other.
  if (actor.id === systemPrincipal.id) return
  if (clients || users) requireAdministrator(actor, 'says which authorities let people in')
}

/** Whether a certificate is of the key of an authority. */
function isOf({ certificate }: Authority, other: Certificate | undefined): boolean {
  return (
    certificate !== undefined &&
    other !== undefined &&
    Buffer.from(certificate.publicKey.der).equals(other.publicKey.der)
  )
}

function isOut(standing: CertificateStanding | undefined): boolean {
  return standing === 'held' || standing === 'revoked'
}
