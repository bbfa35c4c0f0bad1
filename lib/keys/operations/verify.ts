import { signatureScheme } from '../../crypto/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { judge } from '../judge.js'
import { processStates } from '../lifecycle.js'
import type { KeyServices } from '../services.js'
import { checkSize } from './encrypt.js'
import { judgedSigning, type SignInput, signOptions } from './sign.js'

export interface VerifyInput extends SignInput {
  readonly signature: Uint8Array
  /** A salt of PSS of whatever length will do. Default false. */
  readonly anySalt?: boolean
}

/** Whether a signature is of the key and the data (KMIP 2.1 section 6.1.56). */
export const verify: ObjectOperation<KeyServices, VerifyInput, boolean> = {
  name: 'SignatureVerify',
  permission: 'SignatureVerify',
  durability: 'written',
  states: processStates,
  purposes: ['general'],
  usage: 'Verify',
  target: (input) => input,
  async prepare(services, _actor, input, object) {
    checkSize(input.data)
    const scheme = signatureScheme(object.algorithm, object.values.curve, input.scheme)
    const mark = judge(services, 'process', object, ...judgedSigning(scheme, input))
    const key = services.provider(object.provider).open(object)
    const options = { ...signOptions(input), anySalt: input.anySalt ?? false }
    const valid = await key.verify(scheme, input.data, input.signature, options)
    return { answer: valid, detail: { scheme, valid, ...mark } }
  },
}
