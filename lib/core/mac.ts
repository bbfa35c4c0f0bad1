import { MortiseError } from '../errors/index.js'
import {
  type Arena,
  alone,
  inPieces,
  isShort,
  type MacLease,
  macAll,
  macAllAsync,
  neverShort,
  type ShortWork,
  shortHashing,
  verifyAll,
  verifyAllAsync,
} from '../native/index.js'
import type { Leases, OpenLease } from './leases.js'

/**
 * A leased key for HMAC or AES-CMAC: decided and recorded when it was opened, at native speed after that. As with
 * {@link Cipher}, methods whose names end in Async do at once what is short, and leave what is not to the core's threads, and
 * every other method blocks while it works, and of a key on a token throws MORTISE_LEASE_ASYNCHRONOUS; all of them throw MORTISE_LEASE_ENDED once the lease has ended. A MAC that does not
 * verify is `false`, never an error, and only the whole MAC verifies.
 */
export class Mac {
  readonly #lease: MacLease
  readonly #opened: OpenLease
  readonly #leases: Leases
  /** What is done at once: nothing with a key that is on a token. */
  readonly #short: ShortWork
  /** Id of the key's version. */
  readonly keyId: string
  /** Bytes of a MAC. */
  readonly macLength: number

  constructor(lease: MacLease, opened: OpenLease, leases: Leases) {
    this.#lease = lease
    this.#opened = opened
    this.#leases = leases
    this.#short = lease.asynchronous ? neverShort : shortHashing
    this.keyId = opened.object.id
    this.macLength = lease.macLength
  }

  /** Whether it has ended for whatever reason. */
  get ended(): boolean {
    return this.#lease.ended
  }

  /** How many MACs it has made and verified. */
  get used(): number {
    return this.#lease.used
  }

  /** @throws MORTISE_INPUT_INVALID for the few messages of 16 bytes by which an AES-256 key derives those of records */
  mac(data: Uint8Array): Buffer {
    return this.#lease.mac(data)
  }

  /** Whether it is the MAC of the data, compared in constant time. */
  verify(data: Uint8Array, mac: Uint8Array): boolean {
    return this.#lease.verify(data, mac)
  }

  /** The MACs of many messages in one crossing. They are views of one buffer. */
  macBatch(messages: readonly Uint8Array[]): Buffer[] {
    return macAll(this.#lease, messages)
  }

  /** Whether each MAC is that of the message in its place, in one crossing. */
  verifyBatch(messages: readonly Uint8Array[], macs: readonly Uint8Array[]): boolean[] {
    return verifyAll(this.#lease, messages, macs)
  }

  /**
   * The form without any allocation: MACs are written one behind the other into `out`, each of `macLength` bytes.
   *
   * @returns bytes written
   */
  macArena({ arena, offsets, lengths }: Arena, out: Uint8Array): number {
    return this.#lease.macBatch(arena, offsets, lengths, out)
  }

  /** Verifies MACs that lie so in `macs`: `status[i]` is 1 where the one of message i is valid and 0 where it is not. */
  verifyArena({ arena, offsets, lengths }: Arena, macs: Uint8Array, status: Uint8Array): void {
    this.#lease.verifyBatch(arena, offsets, lengths, macs, status)
  }

  /**
   * {@link Mac.macArena} for as much as one likes: what takes long is done by several threads, and the event loop goes on. The
   * buffers must be neither changed, read nor transferred until it settles.
   *
   * @returns bytes written
   */
  async macArenaAsync(messages: Arena, out: Uint8Array): Promise<number> {
    if (isShort(messages, this.#short)) return this.macArena(messages, out)
    const { arena, offsets, lengths } = messages
    return this.#lease.macBatchAsync(arena, offsets, lengths, out)
  }

  /** {@link Mac.verifyArena} likewise. */
  async verifyArenaAsync(messages: Arena, macs: Uint8Array, status: Uint8Array): Promise<void> {
    if (isShort(messages, this.#short)) return this.verifyArena(messages, macs, status)
    const { arena, offsets, lengths } = messages
    await this.#lease.verifyBatchAsync(arena, offsets, lengths, macs, status)
  }

  /** {@link Mac.macBatch} of as many messages as one likes, which are copied in pieces as it goes on: do not change them before. */
  async macBatchAsync(messages: readonly Uint8Array[]): Promise<Buffer[]> {
    return inPieces(messages, this.#short, (from, to, short) => {
      const some = messages.slice(from, to)
      return short ? macAll(this.#lease, some) : macAllAsync(this.#lease, some)
    })
  }

  /** {@link Mac.verifyBatch} likewise. */
  async verifyBatchAsync(messages: readonly Uint8Array[], macs: readonly Uint8Array[]): Promise<boolean[]> {
    if (macs.length !== messages.length)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'there must be a MAC for each message')
    return inPieces(messages, this.#short, (from, to, short) => {
      const [some, theirs] = [messages.slice(from, to), macs.slice(from, to)]
      return short ? verifyAll(this.#lease, some, theirs) : verifyAllAsync(this.#lease, some, theirs)
    })
  }

  /** {@link Mac.mac} of large data, which must be neither changed nor transferred until it settles. */
  async macAsync(data: Uint8Array): Promise<Buffer> {
    const out = Buffer.allocUnsafeSlow(this.macLength)
    await this.macArenaAsync(alone(data), out)
    return out
  }

  /** {@link Mac.verify} likewise. */
  async verifyAsync(data: Uint8Array, mac: Uint8Array): Promise<boolean> {
    const messages = alone(data)
    if (mac.length !== this.macLength || isShort(messages, this.#short)) return this.verify(data, mac)
    const status = new Uint8Array(1)
    await this.verifyArenaAsync(messages, mac, status)
    return status[0] === 1
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
