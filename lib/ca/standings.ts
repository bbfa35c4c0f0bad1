import { Cache } from '../access/index.js'
import {
  type CertificateRecord,
  type CertificateStanding,
  type Certificates,
  serialText,
  standingOf,
} from './certificates.js'

const mostKnown = 1000

/** How the certificates of authorities stand, which is asked before every certificate that they issue: from memory until one changes. */
export class Standings {
  readonly #certificates: Certificates
  readonly #known = new Cache<CertificateRecord>(mostKnown, async () => undefined)
  /** By the ids of the certificates. */
  readonly #keys = new Map<string, string>()
  /** Rises with each change of a certificate: what was read before is answered, and not kept. */
  #generation = 0

  constructor(certificates: Certificates) {
    this.#certificates = certificates
  }

  /** What an authority has on record of a certificate; undefined where it has not issued it here. */
  async below(
    authority: string,
    { serialNumber }: { readonly serialNumber: string },
  ): Promise<CertificateStanding | undefined> {
    const serial = serialText(serialNumber)
    const key = `${authority}/${serial}`
    const record = await this.#known.get(key, () => this.#read(authority, serial, key))
    return record && standingOf(record)
  }

  /** A record was written: its namespace, `/`, its key; null: everything may have been. */
  forget(record: string | null): void {
    const [, certificate] = /^certificate\/(.+)$/.exec(record ?? '') ?? []
    if (record !== null && certificate === undefined) return
    this.#generation++
    if (certificate === undefined) {
      this.#known.forgetAll()
      this.#keys.clear()
      return
    }
    const key = this.#keys.get(certificate)
    if (key !== undefined) this.#known.forget(key)
    this.#keys.delete(certificate)
  }

  async #read(authority: string, serial: string, key: string): Promise<CertificateRecord | undefined> {
    const generation = this.#generation
    const record = await this.#certificates.ofSerial(authority, serial)
    if (record && generation === this.#generation) this.#keys.set(record.id, key)
    else this.#known.forget(key)
    return record
  }
}
