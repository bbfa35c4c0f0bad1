import { MortiseError } from '../errors/index.js'
import {
  type Arena,
  alone,
  type BatchAad,
  type CipherLease,
  flat,
  inPieces,
  isShort,
  neverShort,
  openAll,
  openAllAsync,
  type ShortWork,
  sealAll,
  sealAllAsync,
} from '../native/index.js'
import type { Leases, OpenLease } from './leases.js'

/** Of AES-GCM. */
const shortSealing: ShortWork = { bytes: 2 ** 20, record: 512 }

/**
 * A leased AES key: decided and recorded when it was opened, at native speed after that. Methods whose names end in Async
 * do at once what is short, and leave what is not to the core's threads, so that the event loop goes on; `reserve` and `close`
 * ask the store; every other method blocks while it works, and of a key on a token throws MORTISE_LEASE_ASYNCHRONOUS. All of them throw MORTISE_LEASE_ENDED once the key was revoked,
 * destroyed or rekeyed, the right to it withdrawn, or the store out of reach for longer than the lease lives;
 * MORTISE_LEASE_EXHAUSTED asks for `await reserve()`. Records are those of docs/formats.md, which `decrypt` opens as well, but for those of a data key:
 * what it seals, it or another cipher of the same data key opens.
 */
export class Cipher {
  readonly #lease: CipherLease
  readonly #opened: OpenLease
  readonly #leases: Leases
  /** What is done at once: nothing with a key that is on a token. */
  readonly #short: ShortWork
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
    this.#short = lease.asynchronous ? neverShort : shortSealing
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

  /**
   * Without an allocation: into `out`, which has room for `overhead` bytes more than the plaintext.
   *
   * @returns bytes written
   */
  sealInto(plaintext: Uint8Array, out: Uint8Array, aad?: Uint8Array): number {
    this.#lease.sealInto(plaintext, out, aad)
    return plaintext.length + this.overhead
  }

  /**
   * The reverse of {@link Cipher.sealInto}. `out` is zeroed where the record does not open.
   *
   * @returns bytes written
   * @throws MORTISE_CRYPTO_DECRYPTION_FAILED
   */
  openInto(record: Uint8Array, out: Uint8Array, aad?: Uint8Array): number {
    this.#lease.openInto(record, out, aad)
    return record.length - this.overhead
  }

  /** Seals many records in one crossing. The results are views of one buffer. */
  sealBatch(plaintexts: readonly Uint8Array[], aad?: BatchAad): Buffer[] {
    return sealAll(this.#lease, plaintexts, aad)
  }

  /** Opens many records in one crossing; null stands for one that does not open, without touching the others. */
  openBatch(records: readonly Uint8Array[], aad?: BatchAad): (Buffer | null)[] {
    return openAll(this.#lease, records, aad)
  }

  /**
   * The form without any allocation: records are written one behind the other into `out`, each `overhead` longer than its
   * plaintext.
   *
   * @returns bytes written
   */
  sealArena({ arena, offsets, lengths }: Arena, out: Uint8Array, aad?: BatchAad): number {
    return this.#lease.sealBatch(arena, offsets, lengths, out, ...flat(aad))
  }

  /**
   * The reverse of {@link Cipher.sealArena}. `status[i]` is 1 where record i opened and 0 where it did not; its place is
   * then zeroed.
   *
   * @returns bytes written
   */
  openArena({ arena, offsets, lengths }: Arena, out: Uint8Array, status: Uint8Array, aad?: BatchAad): number {
    return this.#lease.openBatch(arena, offsets, lengths, out, status, ...flat(aad))
  }

  /**
   * {@link Cipher.sealArena} for as much as one likes: what takes long is done by several threads, and the event loop goes on.
   * The buffers must be neither changed, read nor transferred until it settles.
   *
   * @returns bytes written
   */
  async sealArenaAsync(records: Arena, out: Uint8Array, aad?: BatchAad): Promise<number> {
    if (isShort(records, this.#short)) return this.sealArena(records, out, aad)
    const { arena, offsets, lengths } = records
    return this.#lease.sealBatchAsync(arena, offsets, lengths, out, ...flat(aad))
  }

  /** {@link Cipher.openArena} likewise. */
  async openArenaAsync(records: Arena, out: Uint8Array, status: Uint8Array, aad?: BatchAad): Promise<number> {
    if (isShort(records, this.#short)) return this.openArena(records, out, status, aad)
    const { arena, offsets, lengths } = records
    return this.#lease.openBatchAsync(arena, offsets, lengths, out, status, ...flat(aad))
  }

  /** {@link Cipher.sealBatch} of as many records as one likes, which are copied in pieces as it goes on: do not change them before. */
  async sealBatchAsync(plaintexts: readonly Uint8Array[], aad?: BatchAad): Promise<Buffer[]> {
    return inPieces(plaintexts, this.#short, (from, to, short) => {
      const [some, theirs] = [plaintexts.slice(from, to), partOf(aad, from, to)]
      return short ? sealAll(this.#lease, some, theirs) : sealAllAsync(this.#lease, some, theirs)
    })
  }

  /** {@link Cipher.openBatch} likewise. */
  async openBatchAsync(records: readonly Uint8Array[], aad?: BatchAad): Promise<(Buffer | null)[]> {
    return inPieces(records, this.#short, (from, to, short) => {
      const [some, theirs] = [records.slice(from, to), partOf(aad, from, to)]
      return short ? openAll(this.#lease, some, theirs) : openAllAsync(this.#lease, some, theirs)
    })
  }

  /** {@link Cipher.seal} of large data. The plaintext must be neither changed nor transferred until it settles. */
  async sealAsync(plaintext: Uint8Array, aad?: Uint8Array): Promise<Buffer> {
    const out = Buffer.allocUnsafeSlow(plaintext.length + this.overhead)
    await this.sealArenaAsync(alone(plaintext), out, aad)
    return out
  }

  /** {@link Cipher.open} likewise. @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  async openAsync(record: Uint8Array, aad?: Uint8Array): Promise<Buffer> {
    const out = Buffer.allocUnsafeSlow(Math.max(0, record.length - this.overhead))
    const status = new Uint8Array(1)
    await this.openArenaAsync(alone(record), out, status, aad)
    if (status[0] !== 1) throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
    return out
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

function partOf(aad: BatchAad | undefined, from: number, to: number): BatchAad | undefined {
  if (aad === undefined || aad instanceof Uint8Array) return aad
  const { arena, offsets, lengths } = aad
  return { arena, offsets: offsets.subarray(from, to), lengths: lengths.subarray(from, to) }
}
