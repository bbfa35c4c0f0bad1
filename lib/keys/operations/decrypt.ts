import type { CipherMode, Hash } from '../../native/index.js'
import type { ManagedObject, ObjectOperation } from '../../operation/index.js'
import { openHybrid } from '../hybrid.js'
import { judge } from '../judge.js'
import { jweUsage, jweVersion, openJwe } from '../jwe.js'
import { processStates } from '../lifecycle.js'
import { decryptInMode, type ModeInput } from '../modes.js'
import type { KeyServices } from '../services.js'
import {
  type CipherFormat,
  checkSize,
  dataLimit,
  noAad,
  oaepOf,
  refuseAad,
  refuseForOaep,
  refuseModeOptions,
  refuseUnlessAes,
} from './encrypt.js'

/** Bytes that a ciphertext is longer than its plaintext, at most: the header of a JWE, and its base64. */
const overhead = 16_384 + dataLimit / 3

export interface DecryptInput extends Omit<ModeInput, 'mode'> {
  /** Id or name. A record, hybrid or JWE is opened by the version of the key that sealed it. */
  readonly object: string
  readonly ciphertext: Uint8Array
  /** As it was given to encrypt. */
  readonly aad?: Uint8Array
  /** As it was given to encrypt. */
  readonly format?: CipherFormat
  /** As it was given to encrypt; `iv` is needed with it. */
  readonly mode?: CipherMode
  /** Of the modes that authenticate. */
  readonly tag?: Uint8Array
  /** As it was given to encrypt. */
  readonly oaep?: Hash
  /** As it was given to encrypt. */
  readonly oaepMask?: Hash
  /** As it was given to encrypt. */
  readonly oaepLabel?: Uint8Array
}

/** Opens what encrypt made, by whichever version of the key, if not destroyed (KMIP 2.1 section 6.1.11). */
export const decrypt: ObjectOperation<KeyServices, DecryptInput, Buffer> = {
  name: 'Decrypt',
  permission: 'Decrypt',
  durability: 'written',
  states: processStates,
  purposes: ['general'],
  usage: ({ format }, object) => [format === 'jwe' ? jweUsage(object, 'Decrypt') : 'Decrypt'],
  processes: true,
  target: (input) => ({ object: input.object, version: (object) => recordVersion(input, object) }),
  async prepare(services, _actor, input, object) {
    const { ciphertext, format, mode } = input
    checkSize(ciphertext, dataLimit + overhead)
    if (mode !== undefined) return decryptInMode(services, object, { ...input, mode, call: input })
    refuseModeOptions(input)
    const aad = input.aad ?? noAad
    if (format === 'hybrid') return openHybrid(services, object, ciphertext, aad)
    if (format === 'jwe') {
      refuseAad(input)
      return openJwe(services, object, ciphertext)
    }
    const detail = judge(services, 'process', object)
    const key = services.provider(object.provider).open(object)
    if (object.algorithm === 'RSA') {
      refuseForOaep(input)
      return { answer: await key.oaepDecrypt(ciphertext, oaepOf(input)), detail }
    }
    refuseUnlessAes(object)
    return {
      answer: format === 'gcm' ? await key.gcmOpen(ciphertext, aad) : await key.openRecord(ciphertext, aad),
      detail,
    }
  },
}

/** The key version that stands in a record or hybrid behind its format byte, or in the header of a JWE. */
function recordVersion(input: DecryptInput, object: ManagedObject): number | undefined {
  const { ciphertext, format, mode } = input
  if (mode !== undefined || format === 'gcm') return undefined
  if (format === 'jwe') return jweVersion(ciphertext)
  if ((object.algorithm === 'RSA' && format !== 'hybrid') || ciphertext.length < 5) return undefined
  return new DataView(ciphertext.buffer, ciphertext.byteOffset).getUint32(1)
}
