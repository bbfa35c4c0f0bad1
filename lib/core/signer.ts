import { inPieces, neverShort, type SignatureScheme, type SignerLease } from '../native/index.js'
import { Gathered } from './gathered.js'
import type { Leases, OpenLease } from './leases.js'

/**
 * A leased signing key: decided and recorded when it was opened. Throws as {@link Cipher} does once it has ended.
 */
export class Signer {
  readonly #lease: SignerLease
  readonly #opened: OpenLease
  readonly #leases: Leases
  readonly #gathered: Gathered<Uint8Array, Buffer>
  /** Id of the key's version. */
  readonly keyId: string
  readonly scheme: SignatureScheme

  constructor(lease: SignerLease, scheme: SignatureScheme, opened: OpenLease, leases: Leases) {
    this.#lease = lease
    this.#opened = opened
    this.#leases = leases
    this.#gathered = new Gathered((inputs) => this.signBatch(inputs))
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
    return this.#gathered.ask(input)
  }

  /**
   * Signs on the core's threads, several at a time, as many inputs as one likes. They are copied in pieces as it goes on: do not
   * change them before it settles.
   */
  signBatch(inputs: readonly Uint8Array[]): Promise<Buffer[]> {
    return inPieces(inputs, neverShort, (from, to) => this.#lease.signBatchAsync(inputs.slice(from, to)))
  }

  /** Signs at once and blocks: 20 us a signature on P-256, milliseconds with RSA. */
  signBatchSync(inputs: readonly Uint8Array[]): Buffer[] {
    return this.#lease.signBatch(inputs)
  }

  /** Ends the lease, drops the native key and records how much it was used. */
  close(): Promise<void> {
    return this.#leases.close(this.#opened)
  }
}
