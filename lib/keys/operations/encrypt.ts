import { MortiseError } from '../../errors/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { judge } from '../judge.js'
import { protectStates } from '../lifecycle.js'
import type { KeyServices } from '../services.js'

/** Bytes of one call; larger data goes through a lease in chunks. */
export const dataLimit = 64 * 2 ** 20

/** `record`: Mortise's own (docs/formats.md). `gcm`: IV (12), ciphertext, tag (16) of bare AES-GCM, for other systems. */
export type CipherFormat = 'record' | 'gcm'

export interface EncryptInput {
  /** Id or name. */
  readonly object: string
  readonly plaintext: Uint8Array
  /** Additional data, authenticated and not part of the ciphertext. Not with RSA. Default empty. */
  readonly aad?: Uint8Array
  /** Of AES keys. Default `record`. RSA keys do OAEP with SHA-256. */
  readonly format?: CipherFormat
}

export interface EncryptAnswer {
  readonly ciphertext: Buffer
  /** The version that did it. */
  readonly keyId: string
  readonly keyVersion: number
}

export const noAad = new Uint8Array(0)

/** Protects data (KMIP 2.1 section 6.1.16). */
export const encrypt: ObjectOperation<KeyServices, EncryptInput, EncryptAnswer> = {
  name: 'Encrypt',
  permission: 'Encrypt',
  durability: 'written',
  states: protectStates,
  purposes: ['general'],
  usage: 'Encrypt',
  target: (input) => input,
  async prepare(services, _actor, input, object) {
    checkSize(input.plaintext)
    const mark = judge(services, 'protect', object)
    const provider = services.provider(object.provider)
    const answer = (ciphertext: Buffer) => ({
      answer: { ciphertext, keyId: object.id, keyVersion: object.serial },
      detail: mark,
    })
    if (object.algorithm === 'RSA') {
      if (input.aad?.length || input.format) {
        throw new MortiseError(
          'MORTISE_INPUT_INVALID',
          'RSA encryption takes neither additional data nor a format',
        )
      }
      return answer(await provider.open(object).oaepEncrypt(input.plaintext))
    }
    const aad = input.aad ?? noAad
    // Records of 256-bit keys derive a key each (XAES): only the others draw from the key's supply of random IVs.
    if (input.format === 'gcm' || object.length !== 256) await services.usage.takeRandomIv(object)
    // Opened only now: a key may be dropped from memory while something else is waited for.
    const key = provider.open(object)
    return answer(
      input.format === 'gcm'
        ? await key.gcmSeal(input.plaintext, aad)
        : await key.sealRecord(object.serial, input.plaintext, aad),
    )
  },
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
