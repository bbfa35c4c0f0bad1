import type { ObjectOperation } from '../../operation/index.js'
import { judge } from '../judge.js'
import { protectStates } from '../lifecycle.js'
import type { KeyServices } from '../services.js'
import { checkSize } from './encrypt.js'

export interface MacInput {
  /** Id or name of an HMAC key, or of an AES key with the usage (CMAC). */
  readonly object: string
  readonly data: Uint8Array
}

/** The HMAC of data with the hash of the key's algorithm, or the CMAC with an AES key (KMIP 2.1 section 6.1.29). */
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
    const mark = judge(services, 'protect', object)
    return { answer: await services.provider(object.provider).open(object).mac(input.data), detail: mark }
  },
}
