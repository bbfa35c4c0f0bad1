import { MortiseError } from '../../errors/index.js'
import { native } from '../../native/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { KeyServices } from '../services.js'

const randomLimit = 65_536

export interface RandomInput {
  /** How many bytes: 1 to 65,536. */
  readonly bytes: number
}

/** Random bytes of the native generator (KMIP 2.1 section 6.1.49, RNG Retrieve). */
export const random: SystemOperation<KeyServices, RandomInput, Buffer> = {
  name: 'RNGRetrieve',
  permission: 'RNGRetrieve',
  durability: 'written',
  async prepare(_services, _actor, input) {
    if (!Number.isInteger(input.bytes) || input.bytes < 1 || input.bytes > randomLimit) {
      throw new MortiseError('MORTISE_INPUT_INVALID', `ask for 1 to ${randomLimit} bytes`)
    }
    const answer = Buffer.alloc(input.bytes)
    native.randomFill(answer)
    return { answer, detail: { bytes: input.bytes } }
  },
}
