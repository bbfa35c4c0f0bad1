import { MortiseError } from '../errors/index.js'
import { inPieces, neverShort, type SignatureScheme, type VerifierLease } from '../native/index.js'
import { Gathered } from './gathered.js'
import type { Leases, OpenLease } from './leases.js'

/**
 * A leased key that verifies signatures: decided and recorded when it was opened. Throws as {@link Cipher} does once it has
 * ended; a signature that does not verify is `false`, never an error.
 */
export class Verifier {
  readonly #lease: VerifierLease
  readonly #opened: OpenLease
  readonly #leases: Leases
  readonly #gathered: Gathered<readonly [input: Uint8Array, signature: Uint8Array], boolean>
  /** Id of the key's version. */
  readonly keyId: string
  readonly scheme: SignatureScheme

  constructor(lease: VerifierLease, scheme: SignatureScheme, opened: OpenLease, leases: Leases) {
    this.#lease = lease
    this.#opened = opened
    this.#leases = leases
    this.#gathered = new Gathered((asked) =>
      this.verifyBatch(
        asked.map(([input]) => input),
        asked.map(([, signature]) => signature),
      ),
    )
    this.keyId = opened.object.id
    this.scheme = scheme
  }

  get ended(): boolean {
    return this.#lease.ended
  }

  /** How many signatures it has verified, valid or not. */
  get used(): number {
    return this.#lease.used
  }

  /**
   * Verifies on the core's threads, together with whatever else is asked for in this turn of the event loop. Input and signature
   * must not be changed until it settles.
   */
  verify(input: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return this.#gathered.ask([input, signature])
  }

  /**
   * Whether each signature is that of the input in its place: on the core's threads, several at a time, as many as one likes.
   * Everything is copied in pieces as it goes on: do not change it before it settles.
   *
   * @throws MORTISE_INPUT_INVALID for an input that is no digest of the scheme, where the lease was opened for digests
   */
  async verifyBatch(inputs: readonly Uint8Array[], signatures: readonly Uint8Array[]): Promise<boolean[]> {
    if (signatures.length !== inputs.length)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'there must be a signature for each input')
    return inPieces(inputs, neverShort, (from, to) =>
      this.#lease.verifyBatchAsync(inputs.slice(from, to), signatures.slice(from, to)),
    )
  }

  /** The same at once, and blocks: 30 us a signature with RSA-2048, twice as much on P-256. */
  verifyBatchSync(inputs: readonly Uint8Array[], signatures: readonly Uint8Array[]): boolean[] {
    return this.#lease.verifyBatch(inputs, signatures)
  }

  /** Reserves another block of uses; happens by itself in good time unless a block is used up within a second. */
  reserve(): Promise<void> {
    return this.#leases.reserve(this.#opened)
  }

  /** Ends the lease, drops the native key and records how much it was used. */
  close(): Promise<void> {
    return this.#leases.close(this.#opened)
  }
}
