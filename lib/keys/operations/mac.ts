import { algorithmNamed, hashes, type PolicyMark, type Use, uses } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { Hash } from '../../native/index.js'
import type { ManagedObject, ObjectOperation } from '../../operation/index.js'
import { judge } from '../judge.js'
import { protectStates } from '../lifecycle.js'
import type { KeyServices } from '../services.js'
import { checkSize } from './encrypt.js'

export interface MacInput {
  /** Id or name of an HMAC key, or of an AES key with the usage (CMAC). */
  readonly object: string
  readonly data: Uint8Array
  /** HMAC with this hash, of an AES key: for clients who have no other. Only under the policy `compatible`. */
  readonly hash?: Hash
}

/** @throws MORTISE_CRYPTO_UNSUPPORTED for a hash that the key is not bound to */
export function judgeMac(
  services: KeyServices,
  use: Use,
  object: ManagedObject,
  hash: Hash | undefined,
): PolicyMark {
  if (hash === undefined) return judge(services, use, object)
  if (object.algorithm === 'AES') return judge(services, use, object, uses.hmacOfAes, hashes[hash])
  if (algorithmNamed(object.algorithm).hash === hash) return judge(services, use, object)
  throw new MortiseError(
    'MORTISE_CRYPTO_UNSUPPORTED',
    `a key of ${object.algorithm} makes no HMAC with ${hash}`,
  )
}

/** The HMAC of data with the hash of the key's algorithm, or the CMAC with an AES key (KMIP 2.1 section 6.1.32). */
export const mac: ObjectOperation<KeyServices, MacInput, Buffer> = {
  name: 'MAC',
  permission: 'MAC',
  durability: 'written',
  states: protectStates,
  purposes: ['general'],
  usage: 'MACGenerate',
  protects: ({ data }) => data.length,
  target: (input) => input,
  async prepare(services, _actor, input, object) {
    checkSize(input.data)
    const { data, hash } = input
    const mark = judgeMac(services, 'protect', object, hash)
    return { answer: await services.provider(object.provider).open(object).mac(data, hash), detail: mark }
  },
}
