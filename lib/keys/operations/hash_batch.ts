import { MortiseError } from '../../errors/index.js'
import { type Arena, type Hash, hashAll, native } from '../../native/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { KeyServices } from '../services.js'
import { admitHash } from './admit_hash.js'
import { dataLimit } from './encrypt.js'

/** More of them in one call would take more memory for their digests than for themselves. */
const mostMessages = 2 ** 20

export interface HashBatchInput {
  /** Messages, or where they lie in one buffer, which must not be changed until it settles. */
  readonly data: readonly Uint8Array[] | Arena
  /** Default `SHA-256`. */
  readonly hash?: Hash
}

/** The digests of many messages, one behind the other, in their order. As with Hash, everybody may ask for them. */
export const hashBatch: SystemOperation<KeyServices, HashBatchInput, Buffer> = {
  name: 'HashBatch',
  permission: 'Query',
  durability: 'written',
  async prepare(services, _actor, { data, hash = 'SHA-256' }) {
    const lengths = lengthsOf(data)
    let bytes = 0
    for (const length of lengths) bytes += length
    if (bytes > dataLimit || lengths.length > mostMessages) {
      throw new MortiseError(
        'MORTISE_INPUT_TOO_LARGE',
        `one call takes ${mostMessages} messages of ${dataLimit} bytes together at most`,
      )
    }
    const mark = admitHash(services, hash)
    return {
      answer: await hashAll(native, hash, data),
      detail: { hash, messages: lengths.length, ...mark },
    }
  },
}

function lengthsOf(data: readonly Uint8Array[] | Arena): ArrayLike<number> & Iterable<number> {
  if (Array.isArray(data) && data.every((one) => one instanceof Uint8Array))
    return data.map(({ length }: Uint8Array) => length)
  if (!Array.isArray(data) && (data as Arena | undefined)?.lengths instanceof Uint32Array)
    return (data as Arena).lengths
  throw new MortiseError('MORTISE_INPUT_INVALID', 'data must be an array of Uint8Array or an arena')
}
