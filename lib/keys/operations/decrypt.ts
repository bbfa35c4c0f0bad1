import { MortiseError } from '../../errors/index.js'
import type { ManagedObject, ObjectOperation } from '../../operation/index.js'
import { judge } from '../judge.js'
import { processStates } from '../lifecycle.js'
import type { KeyServices } from '../services.js'
import { type CipherFormat, checkSize, dataLimit, noAad } from './encrypt.js'

/** Bytes that a record is longer than its plaintext, at most. */
const overhead = 45

export interface DecryptInput {
  /** Id or name. A record is opened by the version of the key that sealed it. */
  readonly object: string
  readonly ciphertext: Uint8Array
  /** As it was given to encrypt. */
  readonly aad?: Uint8Array
  /** As it was given to encrypt. */
  readonly format?: CipherFormat
}

/** Opens what encrypt made, by whichever version of the key, if not destroyed (KMIP 2.1 section 6.1.12). */
export const decrypt: ObjectOperation<KeyServices, DecryptInput, Buffer> = {
  name: 'Decrypt',
  permission: 'Decrypt',
  durability: 'written',
  states: processStates,
  purposes: ['general'],
  usage: 'Decrypt',
  target: (input) => ({ object: input.object, version: (object) => recordVersion(input, object) }),
  async prepare(services, _actor, input, object) {
    checkSize(input.ciphertext, dataLimit + overhead)
    const mark = judge(services, 'process', object)
    const key = services.provider(object.provider).open(object)
    if (object.algorithm === 'RSA') {
      if (input.aad?.length || input.format) {
        throw new MortiseError(
          'MORTISE_INPUT_INVALID',
          'RSA decryption takes neither additional data nor a format',
        )
      }
      return { answer: await key.oaepDecrypt(input.ciphertext), detail: mark }
    }
    const aad = input.aad ?? noAad
    return {
      answer:
        input.format === 'gcm'
          ? await key.gcmOpen(input.ciphertext, aad)
          : await key.openRecord(input.ciphertext, aad),
      detail: mark,
    }
  },
}

/** The key version that stands in a record behind its format byte. */
function recordVersion(input: DecryptInput, object: ManagedObject): number | undefined {
  const { ciphertext, format } = input
  if (object.algorithm === 'RSA' || format === 'gcm' || ciphertext.length < 5) return undefined
  return new DataView(ciphertext.buffer, ciphertext.byteOffset).getUint32(1)
}
