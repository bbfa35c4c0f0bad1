import { native } from '../../native/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { processStates } from '../lifecycle.js'
import type { KeyServices } from '../services.js'
import { checkSize } from './encrypt.js'
import { judgeMac, type MacInput } from './mac.js'

export interface MacVerifyInput extends MacInput {
  /** The whole MAC: no shortened one is valid. */
  readonly mac: Uint8Array
}

/** Whether a MAC is of the key and the data, compared in constant time (KMIP 2.1 section 6.1.33). */
export const macVerify: ObjectOperation<KeyServices, MacVerifyInput, boolean> = {
  name: 'MACVerify',
  permission: 'MACVerify',
  durability: 'written',
  states: processStates,
  purposes: ['general'],
  usage: 'MACVerify',
  target: (input) => input,
  async prepare(services, _actor, input, object) {
    checkSize(input.data)
    checkSize(input.mac)
    const { data, hash } = input
    const mark = judgeMac(services, 'process', object, hash)
    const expected = await services.provider(object.provider).open(object).mac(data, hash)
    const valid = native.equal(expected, input.mac)
    return { answer: valid, detail: { valid, ...mark } }
  },
}
