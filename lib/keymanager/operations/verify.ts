import { judge, judgedSigning, processStates } from '../../keys/index.js'
import type { SignatureScheme } from '../../native/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import type { KeymanagerServices } from '../services.js'
import { usualScheme } from './sign.js'

export interface KeymanagerVerifyInput {
  /** Id of a public key. */
  readonly object: string
  readonly data: Uint8Array
  readonly signature: Uint8Array
  /** By JOSE's name: one that does not fit the key is refused. */
  readonly scheme: SignatureScheme
}

/** Whether a signature is of a key of an application, or of one whose certificate was taken in. */
export const keymanagerVerify: ObjectOperation<KeymanagerServices, KeymanagerVerifyInput, boolean> = {
  name: 'KeymanagerVerify',
  permission: 'SignatureVerify',
  durability: 'written',
  states: processStates,
  purposes: ['keymanager'],
  usage: 'Verify',
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { data, signature, scheme: asked }, object) {
    const scheme = usualScheme(object.algorithm, object.values.curve, asked)
    const mark = judge(services, 'process', object, ...judgedSigning(scheme, {}))
    const key = services.provider(object.provider).open(object)
    const valid = await key.verify(scheme, data, signature, { digested: false, encoding: 'p1363' })
    return { answer: valid, detail: { scheme, valid, ...mark } }
  },
}
