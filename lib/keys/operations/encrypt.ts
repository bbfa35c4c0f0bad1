import { MortiseError } from '../../errors/index.js'
import type { Oaep } from '../../hsm/index.js'
import type { CipherMode, Hash } from '../../native/index.js'
import type { ManagedObject, ObjectOperation, Prepared } from '../../operation/index.js'
import { sealHybrid } from '../hybrid.js'
import { judge } from '../judge.js'
import { type JweOptions, jweUsage, sealJwe } from '../jwe.js'
import { protectStates } from '../lifecycle.js'
import { encryptInMode, type ModeInput, type ModeParts } from '../modes.js'
import type { KeyServices } from '../services.js'
import { admitHash } from './admit_hash.js'

/** Bytes of one call; larger data goes through a lease in chunks. */
export const dataLimit = 64 * 2 ** 20

/**
 * `record`: Mortise's own (docs/formats.md). `gcm`: IV (12), ciphertext, tag (16) of bare AES-GCM, for other systems.
 * `hybrid`: data of any size to an RSA key (docs/formats.md). `jwe`: compact JSON Web Encryption (RFC 7516), ASCII.
 */
export const cipherFormats = ['record', 'gcm', 'hybrid', 'jwe'] as const
export type CipherFormat = (typeof cipherFormats)[number]

export interface EncryptInput extends Omit<ModeInput, 'mode'>, JweOptions {
  /** Id or name. */
  readonly object: string
  readonly plaintext: Uint8Array
  /** Additional data, authenticated and not part of the ciphertext. Not with OAEP, JWE and modes without a tag. Default empty. */
  readonly aad?: Uint8Array
  /** Default `record` of AES keys. RSA keys without a format do OAEP with SHA-256. */
  readonly format?: CipherFormat
  /**
   * A bare mode instead of a format: IV, ciphertext and tag are answered apart. The IV is random unless `iv` gives it, for which
   * the key needs the attribute `callerIv`, or the policy `compatible`.
   */
  readonly mode?: CipherMode
  /** Bytes of the tag, of modes that authenticate: 12 to 16. Default 16. */
  readonly tagLength?: number
  /** The hash of OAEP, of RSA keys without a format. Default SHA-256. */
  readonly oaep?: Hash
  /** The hash of its mask (MGF1). Default that of `oaep`. */
  readonly oaepMask?: Hash
  /** Its label: at most 1,024 bytes. Default empty. */
  readonly oaepLabel?: Uint8Array
}

export interface EncryptAnswer extends Partial<ModeParts> {
  readonly ciphertext: Buffer
  /** The version that did it. */
  readonly keyId: string
  readonly keyVersion: number
}

export const noAad = new Uint8Array(0)

/** Protects data (KMIP 2.1 section 6.1.17). */
export const encrypt: ObjectOperation<KeyServices, EncryptInput, EncryptAnswer> = {
  name: 'Encrypt',
  permission: 'Encrypt',
  durability: 'written',
  states: protectStates,
  purposes: ['general'],
  usage: ({ format }, object) => [format === 'jwe' ? jweUsage(object, 'Encrypt') : 'Encrypt'],
  protects: ({ plaintext }) => plaintext.length,
  target: (input) => input,
  async prepare(services, _actor, input, object) {
    checkSize(input.plaintext)
    const { format, mode, plaintext } = input
    if (mode !== undefined) {
      if (format !== undefined) throw new MortiseError('MORTISE_INPUT_INVALID', 'choose a format or a mode')
      return byVersion(object, await encryptInMode(services, object, { ...input, mode, call: input }))
    }
    refuseModeOptions(input)
    const aad = input.aad ?? noAad
    if (format === 'hybrid')
      return byVersion(object, asCiphertext(await sealHybrid(services, object, plaintext, aad)))
    if (format === 'jwe') {
      refuseAad(input)
      return byVersion(object, asCiphertext(await sealJwe(services, object, plaintext, input)))
    }
    const detail = judge(services, 'protect', object)
    const ciphertext = await sealPlainly(services, object, input, aad)
    return { answer: { ciphertext, keyId: object.id, keyVersion: object.serial }, detail }
  },
}

/** RSA-OAEP, a record, or bare AES-GCM. */
function sealPlainly(
  services: KeyServices,
  object: ManagedObject,
  input: EncryptInput,
  aad: Uint8Array,
): Promise<Buffer> {
  const provider = services.provider(object.provider)
  if (object.algorithm === 'RSA') {
    refuseForOaep(input)
    const oaep = oaepOf(input)
    admitHash(services, oaep.hash)
    admitHash(services, oaep.mask)
    return provider.open(object).oaepEncrypt(input.plaintext, oaep)
  }
  refuseUnlessAes(object)
  // Records of 256-bit keys in this process derive a key each (XAES): only the others draw from the key's supply of random IVs.
  if (input.format === 'gcm' || object.length !== 256 || provider.external)
    return sealCounted(services, object, input, aad)
  return provider.open(object).sealRecord(object.serial, input.plaintext, aad)
}

async function sealCounted(
  services: KeyServices,
  object: ManagedObject,
  { format, plaintext }: EncryptInput,
  aad: Uint8Array,
): Promise<Buffer> {
  await services.usage.takeRandomIv(object)
  // Opened only now: a key may be dropped from memory while something else is waited for.
  const key = services.provider(object.provider).open(object)
  return format === 'gcm' ? key.gcmSeal(plaintext, aad) : key.sealRecord(object.serial, plaintext, aad)
}

/** What RSA-OAEP is done with. */
export function oaepOf({
  oaep: hash = 'SHA-256',
  oaepMask: mask = hash,
  oaepLabel: label = noAad,
}: Pick<EncryptInput, 'oaep' | 'oaepMask' | 'oaepLabel'>): Oaep {
  return { hash, mask, label }
}

function byVersion<Parts extends object>(object: ManagedObject, { answer, ...rest }: Prepared<Parts>) {
  return { ...rest, answer: { ...answer, keyId: object.id, keyVersion: object.serial } }
}

function asCiphertext({ answer, ...rest }: Prepared<Buffer>): Prepared<{ readonly ciphertext: Buffer }> {
  return { ...rest, answer: { ciphertext: answer } }
}

/** Options of a mode without one would be ignored: whoever gives them expects otherwise. */
export function refuseModeOptions(input: {
  readonly iv?: unknown
  readonly tag?: unknown
  readonly tagLength?: unknown
  readonly padding?: unknown
}): void {
  if (
    input.iv === undefined &&
    input.tag === undefined &&
    input.tagLength === undefined &&
    input.padding === undefined
  )
    return
  throw new MortiseError('MORTISE_INPUT_INVALID', 'iv, tag, tagLength and padding go with a mode')
}

export function refuseAad({ aad }: { readonly aad?: Uint8Array }): void {
  if (aad?.length) throw new MortiseError('MORTISE_INPUT_INVALID', 'a compact JWE has no additional data')
}

export function refuseForOaep(input: { readonly aad?: Uint8Array; readonly format?: CipherFormat }): void {
  if (!input.aad?.length && input.format === undefined) return
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    'RSA-OAEP takes neither additional data nor the formats of AES: use hybrid or jwe',
  )
}

export function refuseUnlessAes(object: ManagedObject): void {
  if (object.algorithm === 'AES') return
  throw new MortiseError(
    'MORTISE_CRYPTO_UNSUPPORTED',
    `records and gcm need an AES key: choose a mode of ${object.algorithm}`,
  )
}

/** @throws MORTISE_INPUT_INVALID, MORTISE_INPUT_TOO_LARGE */
export function checkSize(data: Uint8Array, limit = dataLimit): void {
  if (!(data instanceof Uint8Array))
    throw new MortiseError('MORTISE_INPUT_INVALID', 'data must be a Uint8Array')
  if (data.length > limit) {
    throw new MortiseError(
      'MORTISE_INPUT_TOO_LARGE',
      `one call takes ${limit} bytes at most: seal larger data in chunks through a lease`,
    )
  }
}
