import type { SignatureScheme, SignerLease } from '../native/index.js'
import type { Leases, OpenLease } from './leases.js'

interface Asked {
  readonly input: Uint8Array
  resolve(signature: Buffer): void
  reject(error: unknown): void
}

/**
 * A leased signing key: decided and recorded when it was opened. Throws as {@link Cipher} does once it has ended.
 */
export class Signer {
  readonly #lease: SignerLease
  readonly #opened: OpenLease
  readonly #leases: Leases
  #gathered: Asked[] = []
  /** Id of the key's version. */
  readonly keyId: string
  readonly scheme: SignatureScheme

  constructor(lease: SignerLease, scheme: SignatureScheme, opened: OpenLease, leases: Leases) {
    this.#lease = lease
    this.#opened = opened
    this.#leases = leases
    this.keyId = opened.object.id
    this.scheme = scheme
  }

  get ended(): boolean {
    return this.#lease.ended
  }

  /** How many signatures it has made. */
  get used(): number {
    return this.#lease.used
  }

  /**
   * Signs on the core's threads, together with whatever else is asked for in this turn of the event loop: as cheap for callers
   * who do not know of one another as a batch. The input must not be changed until it settles.
   */
  sign(input: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#gathered.push({ input, resolve, reject }) === 1) setImmediate(() => void this.#signGathered())
    })
  }

  /** Signs on the core's threads, several at a time. The inputs are copied at once. */
  signBatch(inputs: readonly Uint8Array[]): Promise<Buffer[]> {
    return this.#lease.signBatchAsync(inputs)
  }

  /** Signs at once and blocks: 20 us a signature on P-256, milliseconds with RSA. */
  signBatchSync(inputs: readonly Uint8Array[]): Buffer[] {
    return this.#lease.signBatch(inputs)
  }

  async #signGathered(): Promise<void> {
    const asked = this.#gathered
    this.#gathered = []
    try {
      const signatures = await this.signBatch(asked.map(({ input }) => input))
      for (const [i, { resolve }] of asked.entries()) resolve(signatures[i] as Buffer)
    } catch {
      // One of them may be to blame, and only that one should hear of it.
      for (const { input, resolve, reject } of asked)
        await this.signBatch([input]).then(([signature]) => resolve(signature as Buffer), reject)
    }
  }

  /** Ends the lease, drops the native key and records how much it was used. */
  close(): Promise<void> {
    return this.#leases.close(this.#opened)
  }
}
