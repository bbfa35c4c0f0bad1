import { MortiseError } from '../errors/index.js'
import {
  type CipherLease,
  type CipherPurposes,
  type Hash,
  type LeaseBinding,
  type MacLease,
  type MacPurposes,
  native,
  type Pkcs11Key,
  type Pkcs11Token,
  type SignatureScheme,
  type SignerLease,
  type SignOptions,
  type UseLease,
} from '../native/index.js'
import { recordAad, recordHeader, recordOverhead, sealedPart } from './pkcs11_record.js'

/** A key that is used on its token. */
export interface UsedOnToken {
  use<Answer>(work: (token: Pkcs11Token, key: Pkcs11Key) => Promise<Answer>): Promise<Answer>
}

const hashBytes: Partial<Record<Hash, number>> = {
  'SHA-1': 20,
  'SHA-224': 28,
  'SHA-256': 32,
  'SHA-384': 48,
  'SHA-512': 64,
  'SHA-512/256': 32,
  'SHA3-224': 28,
  'SHA3-256': 32,
  'SHA3-384': 48,
  'SHA3-512': 64,
}
const cmacBytes = 16
/** Bytes of a signature with the longest keys that there are: RSA-16384. */
const longestSignature = 2048

/** What a job of the pool takes at most: more go to another session. */
const jobInputs = 64
const jobBytes = 2 ** 20

const nothing = new Uint8Array(0)

/** What all of them share. The lease itself is a native one, so that every thread of the process ends it, by the same clock. */
class TokenLease {
  readonly asynchronous = true
  protected readonly key: UsedOnToken
  readonly #right: UseLease

  constructor(key: UsedOnToken, binding: LeaseBinding) {
    this.key = key
    this.#right = native.openUseLease(binding)
  }

  get used(): number {
    return this.#right.used
  }

  get left(): number {
    return this.#right.left
  }

  get ended(): boolean {
    return this.#right.ended
  }

  reserve(uses: number): void {
    this.#right.reserve(uses)
  }

  end(): void {
    this.#right.end()
  }

  /** @throws MORTISE_LEASE_ENDED, MORTISE_LEASE_EXHAUSTED */
  protected take(uses: number): void {
    this.#right.take(uses)
  }

  /** Does it for all inputs, spread over the sessions of the token. One that fails fails them all. */
  protected async spread<Input extends { readonly length: number }, Answer>(
    inputs: readonly Input[],
    work: (token: Pkcs11Token, key: Pkcs11Key, from: number, to: number) => Promise<readonly Answer[]>,
  ): Promise<Answer[]> {
    return this.key.use(async (token, key) => {
      const share = Math.min(jobInputs, Math.ceil(inputs.length / Math.max(1, token.status().sessionLimit)))
      const jobs: Promise<readonly Answer[]>[] = []
      for (let from = 0; from < inputs.length; ) {
        let to = from
        for (let bytes = 0; to < inputs.length && to - from < share && bytes < jobBytes; to++)
          bytes += inputs[to]?.length ?? 0
        jobs.push(work(token, key, from, to))
        from = to
      }
      const settled = await Promise.allSettled(jobs)
      return settled.flatMap((one) => {
        if (one.status === 'rejected') throw one.reason
        return [...one.value]
      })
    })
  }
}

/** Records of keys on tokens, or bare AES-GCM. */
export class TokenCipherLease extends TokenLease implements CipherLease {
  readonly overhead: number
  readonly #purposes: CipherPurposes
  readonly #header: Buffer

  constructor(key: UsedOnToken, purposes: CipherPurposes, binding: LeaseBinding) {
    super(key, binding)
    this.#purposes = purposes
    this.#header = purposes.bare ? Buffer.alloc(0) : recordHeader(binding.keyVersion)
    this.overhead = recordOverhead - (purposes.bare ? recordHeader(1).length : 0)
  }

  seal(): Buffer {
    throw asynchronous('sealAsync')
  }

  open(): Buffer {
    throw asynchronous('openAsync')
  }

  sealInto(): void {
    throw asynchronous('sealAsync')
  }

  openInto(): void {
    throw asynchronous('openAsync')
  }

  sealBatch(): number {
    throw asynchronous('sealBatchAsync')
  }

  openBatch(): number {
    throw asynchronous('openBatchAsync')
  }

  async sealBatchAsync(...args: Parameters<CipherLease['sealBatch']>): Promise<number> {
    const [arena, offsets, lengths, out, aad, aadOffsets, aadLengths] = args
    if (!this.#purposes.encrypt) throw notForThis('encrypt')
    const plaintexts = cutOut(arena, offsets, lengths)
    const header = this.#header
    const additional = each(plaintexts.length, aad, aadOffsets, aadLengths)
    const size = plaintexts.reduce((sum, { length }) => sum + length + this.overhead, 0)
    requireRoom(out, size)
    this.take(plaintexts.length)
    const sealed = await this.spread(plaintexts, (token, key, from, to) =>
      token.sealBatch(
        key,
        plaintexts.slice(from, to),
        additional.slice(from, to).map((one) => Buffer.concat([header, one])),
      ),
    )
    let at = 0
    for (const one of sealed) {
      out.set(header, at)
      out.set(one, at + header.length)
      at += header.length + one.length
    }
    return at
  }

  async openBatchAsync(...args: Parameters<CipherLease['openBatch']>): Promise<number> {
    const [arena, offsets, lengths, out, status, aad, aadOffsets, aadLengths] = args
    if (!this.#purposes.decrypt) throw notForThis('decrypt')
    const records = cutOut(arena, offsets, lengths)
    const additional = each(records.length, aad, aadOffsets, aadLengths)
    const rooms = records.map(({ length }) => Math.max(0, length - this.overhead))
    requireRoom(
      out,
      rooms.reduce((sum, room) => sum + room, 0),
    )
    if (status.length !== records.length)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'there must be a status for each record')
    this.take(records.length)
    const bare = this.#purposes.bare === true
    // What is no record of this key fails as one that was changed does, and the token need not see it.
    const sealed = records.map((record) => (bare ? record : sealedPart(record)))
    const plausible = sealed.flatMap((one, i) =>
      one && one.length >= this.overhead - this.#header.length ? [i] : [],
    )
    const opened = await this.spread(
      plausible.map((i) => records[i] as Uint8Array),
      (token, key, from, to) => {
        const some = plausible.slice(from, to)
        return token.openBatch(
          key,
          some.map((i) => sealed[i] as Uint8Array),
          some.map((i) => {
            const own = additional[i] as Uint8Array
            return bare ? own : recordAad(records[i] as Uint8Array, own)
          }),
        )
      },
    )
    status.fill(0)
    const plaintexts = new Map(plausible.map((i, place) => [i, opened[place]]))
    let at = 0
    for (const [i, room] of rooms.entries()) {
      const plaintext = plaintexts.get(i)
      if (plaintext) {
        out.set(plaintext, at)
        status[i] = 1
      } else out.fill(0, at, at + room)
      at += room
    }
    return at
  }
}

export class TokenSignerLease extends TokenLease implements SignerLease {
  readonly signatureLength = longestSignature
  readonly #scheme: SignatureScheme
  readonly #options: SignOptions

  constructor(key: UsedOnToken, scheme: SignatureScheme, options: SignOptions, binding: LeaseBinding) {
    super(key, binding)
    this.#scheme = scheme
    this.#options = options
  }

  signBatch(): Buffer[] {
    throw asynchronous('signBatch')
  }

  async signBatchAsync(inputs: readonly Uint8Array[]): Promise<Buffer[]> {
    this.take(inputs.length)
    return this.spread(inputs, (token, key, from, to) =>
      token.signBatch(key, this.#scheme, inputs.slice(from, to), this.#options),
    )
  }
}

export class TokenMacLease extends TokenLease implements MacLease {
  readonly macLength: number
  readonly #hash: Hash | undefined
  readonly #purposes: MacPurposes

  constructor(key: UsedOnToken, hash: Hash | undefined, purposes: MacPurposes, binding: LeaseBinding) {
    super(key, binding)
    this.#hash = hash
    this.#purposes = purposes
    this.macLength = (hash && hashBytes[hash]) ?? cmacBytes
  }

  mac(): Buffer {
    throw asynchronous('macAsync')
  }

  verify(): boolean {
    throw asynchronous('verifyAsync')
  }

  macBatch(): number {
    throw asynchronous('macBatchAsync')
  }

  verifyBatch(): number {
    throw asynchronous('verifyBatchAsync')
  }

  async macBatchAsync(...args: Parameters<MacLease['macBatch']>): Promise<number> {
    const [arena, offsets, lengths, out] = args
    if (!this.#purposes.generate) throw notForThis('generate')
    const messages = cutOut(arena, offsets, lengths)
    requireRoom(out, messages.length * this.macLength)
    const macs = await this.#macs(messages)
    for (const [i, mac] of macs.entries()) out.set(mac, i * this.macLength)
    return macs.length * this.macLength
  }

  async verifyBatchAsync(...args: Parameters<MacLease['verifyBatch']>): Promise<number> {
    const [arena, offsets, lengths, macs, status] = args
    if (!this.#purposes.verify) throw notForThis('verify')
    const messages = cutOut(arena, offsets, lengths)
    if (macs.length !== messages.length * this.macLength || status.length !== messages.length)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'there must be a MAC and a status for each message')
    const given = messages.map((_, i) =>
      Buffer.from(macs.subarray(i * this.macLength, (i + 1) * this.macLength)),
    )
    for (const [i, mac] of (await this.#macs(messages)).entries())
      status[i] = native.equal(mac, given[i] as Buffer) ? 1 : 0
    return messages.length
  }

  #macs(messages: readonly Uint8Array[]): Promise<Buffer[]> {
    this.take(messages.length)
    return this.spread(messages, (token, key, from, to) =>
      token.macBatch(key, this.#hash, messages.slice(from, to)),
    )
  }
}

function cutOut(arena: Uint8Array, offsets: Uint32Array, lengths: Uint32Array): Uint8Array[] {
  if (offsets.length !== lengths.length)
    throw new MortiseError('MORTISE_INPUT_INVALID', 'there must be a length for each offset')
  return Array.from(offsets, (offset, i) => {
    const end = offset + (lengths[i] as number)
    if (end > arena.length) throw new MortiseError('MORTISE_INPUT_INVALID', 'an input lies beyond its arena')
    return arena.subarray(offset, end)
  })
}

/** The additional data of each of a batch. */
function each(
  count: number,
  aad: Uint8Array = nothing,
  offsets?: Uint32Array,
  lengths?: Uint32Array,
): readonly Uint8Array[] {
  if (!offsets || !lengths) return new Array<Uint8Array>(count).fill(aad)
  if (offsets.length !== count)
    throw new MortiseError('MORTISE_INPUT_INVALID', 'there must be additional data for each record')
  return cutOut(aad, offsets, lengths)
}

function requireRoom(out: Uint8Array, size: number): void {
  if (out.length < size) throw new MortiseError('MORTISE_INPUT_INVALID', `the output needs ${size} bytes`)
}

function asynchronous(method: string): MortiseError {
  return new MortiseError(
    'MORTISE_LEASE_ASYNCHRONOUS',
    `the key is on a token, which nothing here waits for: call ${method}`,
  )
}

function notForThis(purpose: string): MortiseError {
  return new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', `the lease was not opened to ${purpose}`)
}
