import {
  createKeymanagerLicense,
  extendKeymanagerLicense,
  getKeymanagerLicense,
} from '../../keymanager/index.js'
import type { DueKeys, Runner } from './due_keys.js'

/** Licences of those who provide services, for somebody. */
export class KeymanagerLicenses {
  readonly #session: Runner
  readonly #due: DueKeys

  /** @internal */
  constructor(session: Runner, due: DueKeys) {
    this.#session = session
    this.#due = due
  }

  /** @param expires milliseconds since 1970 @returns the licence key */
  async create(provider: string, expires: number): Promise<string> {
    const { privateKey } = await this.#due.root(createKeymanagerLicense)
    return this.#session.run(createKeymanagerLicense, { root: privateKey ?? '', provider, expires })
  }

  /** Says what a licence is for, besides what it was for. @throws MORTISE_INPUT_INVALID */
  async extend(provider: string, licenseKey: string, permissions: readonly string[]): Promise<void> {
    const { privateKey } = await this.#due.root(extendKeymanagerLicense)
    const input = { root: privateKey ?? '', provider, licenseKey, permissions }
    return this.#session.run(extendKeymanagerLicense, input)
  }

  /** @throws MORTISE_INPUT_INVALID for one that has ended, or is for nothing */
  async permissions(provider: string, licenseKey: string): Promise<readonly string[]> {
    const { publicKey } = await this.#due.root(getKeymanagerLicense)
    const input = { root: publicKey, provider, licenseKey }
    return (await this.#session.run(getKeymanagerLicense, input)).permissions
  }
}
