import { type CipherLease, native } from '../../native/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { dataKeyBytes, leaseDataKey, newDataKey, type WrappedDataKey, wrapDataKey } from '../data_key.js'
import { judge } from '../judge.js'
import { protectStates } from '../lifecycle.js'
import type { OpenedLease } from '../opened_lease.js'
import type { KeyServices } from '../services.js'
import { noAad, refuseUnlessAes } from './encrypt.js'

export interface GenerateDataKeyInput {
  /** Id or name of the AES key that wraps it. */
  readonly object: string
  /** Authenticated with the wrapped form, and not part of it. Default empty. */
  readonly aad?: Uint8Array
  /** What is answered beside the wrapped form: a lease on the data key, its bytes, or nothing. */
  readonly as: 'cipher' | 'plaintext' | 'wrapped'
}

export interface GeneratedDataKey extends WrappedDataKey {
  readonly cipher?: OpenedLease<CipherLease>
  /** The caller wipes it. */
  readonly plaintext?: Buffer
}

/** Makes an AES-256 key for data, which is kept nowhere but in its wrapped form. */
export const generateDataKey: ObjectOperation<KeyServices, GenerateDataKeyInput, GeneratedDataKey> = {
  name: 'GenerateDataKey',
  permission: ({ as }) => (as === 'plaintext' ? ['WrapKey', 'ExportDataKey'] : ['WrapKey']),
  durability: 'synced',
  states: protectStates,
  purposes: ['general'],
  usage: 'WrapKey',
  protects: () => dataKeyBytes,
  target: (input) => input,
  async prepare(services, actor, { as, aad = noAad }, object) {
    refuseUnlessAes(object)
    const detail = { as, ...judge(services, 'protect', object) }
    const dataKey = newDataKey()
    try {
      const answer = await wrapDataKey(services, object, dataKey, aad)
      if (as === 'wrapped') return { answer, detail }
      if (as === 'plaintext') {
        const plaintext = native.exportKey(dataKey)
        return { answer: { ...answer, plaintext }, detail, abandon: () => void plaintext.fill(0) }
      }
      const cipher = leaseDataKey(services, actor, object, dataKey, ['encrypt', 'decrypt'])
      return { answer: { ...answer, cipher }, detail, abandon: () => cipher.lease.end() }
    } finally {
      dataKey.dispose()
    }
  },
}
