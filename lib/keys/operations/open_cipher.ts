import { MortiseError } from '../../errors/index.js'
import type { CipherLease } from '../../native/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { judge } from '../judge.js'
import { processStates, protectStates } from '../lifecycle.js'
import { binding, type OpenedLease } from '../opened_lease.js'
import type { KeyServices } from '../services.js'

export type CipherPurpose = 'encrypt' | 'decrypt'

export interface OpenCipherInput {
  /** Id or name of an AES key. */
  readonly object: string
  readonly purposes: readonly CipherPurpose[]
  /**
   * `record` (default): Mortise's own. `gcm`: bare AES-GCM for other systems, IV (12), ciphertext, tag (16), with random IVs of
   * which a key makes 2^32 at most.
   */
  readonly format?: 'record' | 'gcm'
}

/** Decides and records once, and hands out a native handle for many encryptions and decryptions. */
export const openCipher: ObjectOperation<KeyServices, OpenCipherInput, OpenedLease<CipherLease>> = {
  name: 'OpenCipher',
  permission: (input) => input.purposes.map((purpose) => (purpose === 'encrypt' ? 'Encrypt' : 'Decrypt')),
  durability: 'synced',
  states: (input) => (input.purposes.includes('encrypt') ? protectStates : processStates),
  purposes: ['general'],
  usage: (input) => input.purposes.map((purpose) => (purpose === 'encrypt' ? 'Encrypt' : 'Decrypt')),
  protects: 'itself',
  target: (input) => input,
  async prepare(services, actor, input, object) {
    const encrypt = input.purposes.includes('encrypt')
    const decrypt = input.purposes.includes('decrypt')
    if (!encrypt && !decrypt) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'a cipher lease needs the purpose encrypt, decrypt or both',
      )
    }
    if (object.algorithm !== 'AES') {
      throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', 'cipher leases are for AES keys')
    }
    const mark = judge(services, encrypt ? 'protect' : 'process', object)
    const bare = input.format === 'gcm'
    const counter = {
      kind: encrypt && (bare || object.length !== 256) ? 'randomIv' : 'lease',
      limited: encrypt,
    } as const
    const block = await services.usage.leaseBlock(object, counter)
    const reservation = await services.usage.reserve(object, counter, block)
    const lease = services
      .provider(object.provider)
      .open(object)
      .cipherLease({ encrypt, decrypt, bare }, binding(services, actor.id, object, block, encrypt))
    return {
      answer: { lease, object, reserved: { block, counter } },
      rows: { records: [reservation] },
      abandon: () => lease.end(),
      detail: { purposes: input.purposes, ...(bare && { format: 'gcm' }), reserved: block, ...mark },
    }
  },
}
