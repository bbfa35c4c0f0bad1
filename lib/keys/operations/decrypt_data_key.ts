import { MortiseError } from '../../errors/index.js'
import { type CipherLease, native } from '../../native/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { leaseDataKey, unwrapDataKey, wrappingVersion } from '../data_key.js'
import { judge } from '../judge.js'
import { processStates, protectStates } from '../lifecycle.js'
import type { OpenedLease } from '../opened_lease.js'
import type { KeyServices } from '../services.js'
import { noAad } from './encrypt.js'
import type { CipherPurpose } from './open_cipher.js'

export interface DecryptDataKeyInput {
  /** Id or name of the key that wraps it. It is opened by the version that wrapped it. */
  readonly object: string
  readonly wrapped: Uint8Array
  /** As it was given to generate. */
  readonly aad?: Uint8Array
  /** What is answered: a lease on the data key, or its bytes. */
  readonly as: 'cipher' | 'plaintext'
  /**
   * Of the lease. To seal anything new it needs the right to wrap, and a version that still may. Default `decrypt` alone.
   */
  readonly purposes?: readonly CipherPurpose[]
}

export interface DecryptedDataKey {
  readonly cipher?: OpenedLease<CipherLease>
  /** The caller wipes it. */
  readonly plaintext?: Buffer
}

const usual: readonly CipherPurpose[] = ['decrypt']

/** Opens the wrapped form of a data key, whatever was rekeyed since. */
export const decryptDataKey: ObjectOperation<KeyServices, DecryptDataKeyInput, DecryptedDataKey> = {
  name: 'DecryptDataKey',
  permission: (input) =>
    input.as === 'plaintext'
      ? ['UnwrapKey', 'ExportDataKey']
      : seals(input)
        ? ['UnwrapKey', 'WrapKey']
        : ['UnwrapKey'],
  durability: 'synced',
  states: (input) => (seals(input) ? protectStates : processStates),
  purposes: ['general'],
  usage: (input) => (seals(input) ? ['UnwrapKey', 'WrapKey'] : ['UnwrapKey']),
  // What a data key seals is not counted; that it was wrapped was, when it was.
  protects: 'itself',
  target: (input) => ({ object: input.object, version: () => wrappingVersion(input.wrapped) }),
  async prepare(services, actor, { wrapped, aad = noAad, as, purposes = usual }, object) {
    if (purposes.length === 0)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'a data key is wanted to encrypt, to decrypt or both')
    const detail = { as, ...(as === 'cipher' && { purposes }), ...judge(services, 'process', object) }
    const dataKey = await unwrapDataKey(services, object, wrapped, aad)
    try {
      if (as === 'plaintext') {
        const plaintext = native.exportKey(dataKey)
        return { answer: { plaintext }, detail, abandon: () => void plaintext.fill(0) }
      }
      const cipher = leaseDataKey(services, actor, object, dataKey, purposes)
      return { answer: { cipher }, detail, abandon: () => cipher.lease.end() }
    } finally {
      dataKey.dispose()
    }
  },
}

function seals({ as, purposes }: DecryptDataKeyInput): boolean {
  return as === 'cipher' && (purposes ?? usual).includes('encrypt')
}
