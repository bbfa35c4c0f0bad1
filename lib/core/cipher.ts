import { type CipherLease, openAll, sealAll } from '../native/index.js'
import type { Leases, OpenLease } from './leases.js'

/** Records laid out in one buffer: the i-th is `lengths[i]` bytes at `arena[offsets[i]]`. */
export interface Arena {
  readonly arena: Uint8Array
  readonly offsets: Uint32Array
  readonly lengths: Uint32Array
}

/**
 * A leased AES key: decided and recorded when it was opened, at native speed after that. Every method but `close` and
 * `reserve` is synchronous and blocks while it works, and throws MORTISE_LEASE_ENDED once the key was revoked, destroyed or
 * rekeyed, the right to it withdrawn, or the store out of reach for longer than the lease lives; MORTISE_LEASE_EXHAUSTED
 * asks for `await reserve()`. Records are those of docs/formats.md, which `decrypt` opens as well, but for those of a data key:
 * what it seals, it or another cipher of the same data key opens.
 */
export class Cipher {
  readonly #lease: CipherLease
  readonly #opened: OpenLease
  readonly #leases: Leases
  /** Id of the key's version; of a data key, of the version that wraps it. */
  readonly keyId: string
  /** The version that stands in records. */
  readonly keyVersion: number
  /** Bytes that a record is longer than its plaintext. */
  readonly overhead: number

  constructor(lease: CipherLease, opened: OpenLease, leases: Leases, keyVersion = opened.object.serial) {
    this.#lease = lease
    this.#opened = opened
    this.#leases = leases
    this.keyId = opened.object.id
    this.keyVersion = keyVersion
    this.overhead = lease.overhead
  }

  /** Whether it has ended for whatever reason. */
  get ended(): boolean {
    return this.#lease.ended
  }

  /** How many records it has sealed and opened. */
  get used(): number {
    return this.#lease.used
  }

  seal(plaintext: Uint8Array, aad?: Uint8Array): Buffer {
    return this.#lease.seal(plaintext, aad)
  }

  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  open(record: Uint8Array, aad?: Uint8Array): Buffer {
    return this.#lease.open(record, aad)
  }

  /** Seals many records in one crossing. The results are views of one buffer. */
  sealBatch(plaintexts: readonly Uint8Array[], aad?: Uint8Array): Buffer[] {
    return sealAll(this.#lease, plaintexts, aad)
  }

  /** Opens many records in one crossing; null stands for one that does not open, without touching the others. */
  openBatch(records: readonly Uint8Array[], aad?: Uint8Array): (Buffer | null)[] {
    return openAll(this.#lease, records, aad)
  }

  /**
   * The form without any allocation: records are written one behind the other into `out`, each `overhead` longer than its
   * plaintext.
   *
   * @returns bytes written
   */
  sealArena({ arena, offsets, lengths }: Arena, out: Uint8Array, aad?: Uint8Array): number {
    return this.#lease.sealBatch(arena, offsets, lengths, out, aad)
  }

  /**
   * The reverse of {@link Cipher.sealArena}. `status[i]` is 1 where record i opened and 0 where it did not; its place is
   * then zeroed.
   *
   * @returns bytes written
   */
  openArena(
    { arena, offsets, lengths }: Arena,
    out: Uint8Array,
    status: Uint8Array,
    aad?: Uint8Array,
  ): number {
    return this.#lease.openBatch(arena, offsets, lengths, out, status, aad)
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
