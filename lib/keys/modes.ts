import { createHash } from 'node:crypto'
import { algorithmNamed, callerIv, type Mode, modeOf } from '../crypto/index.js'
import { MortiseError } from '../errors/index.js'
import { type CipherMode, native } from '../native/index.js'
import type { ManagedObject, Prepared, RecordWrite } from '../operation/index.js'
import type { CipherStream } from './cipher_stream.js'
import { judge } from './judge.js'
import type { KeyServices } from './services.js'

const namespace = 'ivs'
const fullTag = 16
const shortestTag = 12
const day = 86_400_000

/** What KMIP's Cryptographic Parameters say of a bare mode (KMIP 2.1 section 4.16). */
export interface ModeInput {
  readonly mode: CipherMode
  /** Of CBC and ECB. Default `PKCS7`; `none` takes whole blocks only. */
  readonly padding?: 'PKCS7' | 'none'
  readonly iv?: Uint8Array
  readonly aad?: Uint8Array
  /** Data in several parts, of which the first says all but the data: not with XTS, nor to decrypt what authenticates. */
  readonly stream?: CipherStream
  /** Whether this part is the last. Default false. */
  readonly last?: boolean
}

/** What tells one call from another, and is the same when it is decided once more. */
interface Call {
  readonly call: object
}

/** What a bare mode answers: parts, in no format. */
export interface ModeParts {
  readonly ciphertext: Buffer
  /** Empty for ECB. */
  readonly iv: Buffer
  /** Of the modes that authenticate. */
  readonly tag?: Buffer
}

/** Encrypts in a bare mode, under a random IV unless the caller has one. */
export async function encryptInMode(
  services: KeyServices,
  object: ManagedObject,
  input: ModeInput & Call & { readonly plaintext: Uint8Array; readonly tagLength?: number },
): Promise<Prepared<ModeParts>> {
  const mode = modeOf(object.algorithm, input.mode)
  const chosen = input.iv !== undefined && mode.name !== 'XTS' && !object.values.callerIv
  const mark = judge(services, 'protect', object, mode, ...(chosen ? [callerIv] : []))
  const tagBytes = tagLength(mode, input.tagLength)
  if (input.stream && !input.stream.begins(input.call)) {
    const { stream, plaintext, last = false } = input
    const iv = stream.iv(object.id, mode.name, true)
    const output = stream.next(input.call, plaintext, last)
    return { answer: partsOf(output, iv, last ? tagBytes : 0), detail: { mode: mode.name, ...mark } }
  }
  const claim = input.iv && mode.unique ? await claimIv(services, object, mode, input.iv) : undefined
  const iv = input.iv ? Buffer.from(input.iv) : await randomIv(services, object, mode)
  // Opened only now: a key may be dropped from memory while something else is waited for.
  const key = services.provider(object.provider).open(object)
  const all = { ...parameters(mode, input), tag: tagBytes, iv }
  const { stream, plaintext, last = false } = input
  let sealed: Buffer
  if (stream) {
    stream.begin({
      ...identity(object, mode, true),
      iv,
      first: input.call,
      stream: await key.openStream(all, true),
    })
    sealed = stream.next(input.call, plaintext, last)
  } else sealed = await key.encryptInMode(all, plaintext)
  return {
    answer: partsOf(sealed, iv, stream && !last ? 0 : tagBytes),
    ...(claim && { rows: { records: [claim] } }),
    detail: { mode: mode.name, ...(input.iv && { callerIv: true }), ...mark },
  }
}

/** @throws MORTISE_CRYPTO_DECRYPTION_FAILED with one text, for bad padding and a wrong tag alike */
export async function decryptInMode(
  services: KeyServices,
  object: ManagedObject,
  input: ModeInput & Call & { readonly ciphertext: Uint8Array; readonly tag?: Uint8Array },
): Promise<Prepared<Buffer>> {
  const mode = modeOf(object.algorithm, input.mode)
  const mark = judge(services, 'process', object, mode)
  const { stream, last = false } = input
  if (stream) {
    if (stream.begins(input.call)) {
      const iv = Buffer.from(input.iv ?? [])
      const all = { ...parameters(mode, input), tag: 0, iv }
      const begun = await services.provider(object.provider).open(object).openStream(all, false)
      stream.begin({ ...identity(object, mode, false), iv, first: input.call, stream: begun })
    }
    stream.iv(object.id, mode.name, false)
    const answer = stream.next(input.call, input.ciphertext, last)
    return { answer, detail: { mode: mode.name, ...mark } }
  }
  const iv = input.iv ?? new Uint8Array(0)
  const tag = input.tag ?? new Uint8Array(0)
  const tagBytes = tagLength(mode, mode.authenticates ? tag.length : undefined)
  const sealed = tagBytes > 0 ? Buffer.concat([input.ciphertext, tag]) : input.ciphertext
  const answer = await services
    .provider(object.provider)
    .open(object)
    .decryptInMode({ ...parameters(mode, input), tag: tagBytes, iv }, sealed)
  return { answer, detail: { mode: mode.name, ...mark } }
}

function identity(object: ManagedObject, mode: Mode, encrypts: boolean) {
  return { object: object.id, mode: mode.name, encrypts }
}

function partsOf(sealed: Buffer, iv: Buffer, tagBytes: number): ModeParts {
  const size = sealed.length - tagBytes
  return { ciphertext: sealed.subarray(0, size), iv, ...(tagBytes > 0 && { tag: sealed.subarray(size) }) }
}

function parameters(mode: Mode, { padding, aad }: ModeInput) {
  if (padding !== undefined && padding !== 'none' && padding !== 'PKCS7') {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'the padding is PKCS7 or none')
  }
  return {
    mode: mode.name,
    padded: padding === undefined ? mode.pads : padding === 'PKCS7',
    aad: aad ?? new Uint8Array(0),
  }
}

function tagLength(mode: Mode, asked: number | undefined): number {
  if (!mode.authenticates) {
    if (asked === undefined) return 0
    throw new MortiseError('MORTISE_INPUT_INVALID', `${mode.name} has no tag`)
  }
  const length = asked ?? fullTag
  if (Number.isInteger(length) && length >= shortestTag && length <= fullTag) return length
  throw new MortiseError('MORTISE_INPUT_INVALID', `the tag of ${mode.name} has ${shortestTag} to 16 bytes`)
}

/** Modes that must not repeat an IV draw from the key's counted supply. */
async function randomIv(services: KeyServices, object: ManagedObject, mode: Mode): Promise<Buffer> {
  if (mode.name === 'XTS') {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'the IV of XTS is the number of the data unit: give it')
  }
  if (mode.unique) await services.usage.takeRandomIv(object)
  const iv = Buffer.alloc(object.algorithm === '3DES' ? Math.min(mode.iv, 8) : mode.iv)
  // CTR counts in the last four bytes, from 0.
  native.randomFill(mode.name === 'CTR' ? iv.subarray(0, 12) : iv)
  return iv
}

/**
 * Remembers that a key has encrypted under an IV, for as long as the key may protect anything at all: two encryptions
 * under one IV, in whatever processes and whenever, conflict on the row.
 *
 * @throws MORTISE_CRYPTO_IV_REPEATED
 */
async function claimIv(
  services: KeyServices,
  object: ManagedObject,
  mode: Mode,
  iv: Uint8Array,
): Promise<RecordWrite> {
  // ChaCha20 has one keystream for a nonce, with Poly1305 and without, and a nonce of 8 bytes is one of 12 with zeros in front.
  const isChaCha20 = mode.name.startsWith('ChaCha20')
  const family = isChaCha20 ? 'ChaCha20-Poly1305' : mode.name
  const front = Buffer.alloc(isChaCha20 ? Math.max(0, 12 - iv.length) : 0)
  const hash = createHash('sha256').update(`${object.id} ${family} `)
  const key = hash.update(front).update(iv).digest('hex')
  if (await services.store.record(namespace, key)) {
    throw new MortiseError('MORTISE_CRYPTO_IV_REPEATED', undefined, { details: { object: object.id } })
  }
  const period = algorithmNamed(object.algorithm).cryptoperiodDays * day
  const identity = { namespace, key, version: 1, expires: services.clock.now() + period, index: {} }
  return { row: services.barrier.sealRecord(identity, Buffer.of(1)) }
}
