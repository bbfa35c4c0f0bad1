import { type Hash, native } from '../../native/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { KeyServices } from '../services.js'
import { admitHash } from './admit_hash.js'
import { checkSize } from './encrypt.js'

export interface HashInput {
  readonly data: Uint8Array
  /** Default `SHA-256`. */
  readonly hash?: Hash
}

/** The hash of data (KMIP 2.1 section 6.1.24). Nothing secret takes part, so that everybody may ask for it. */
export const hash: SystemOperation<KeyServices, HashInput, Buffer> = {
  name: 'Hash',
  permission: 'Query',
  durability: 'written',
  async prepare(services, _actor, input) {
    checkSize(input.data)
    const name = input.hash ?? 'SHA-256'
    const mark = admitHash(services, name)
    return { answer: native.hash(name, input.data), detail: { hash: name, ...mark } }
  },
}
