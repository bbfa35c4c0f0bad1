import { judgedScheme, signatureScheme } from '../../crypto/index.js'
import type { SignatureScheme, SignerLease } from '../../native/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { judge } from '../judge.js'
import { protectStates } from '../lifecycle.js'
import { type OpenedLease, openLease } from '../opened_lease.js'
import type { KeyServices } from '../services.js'
import { type SignInput, signOptions } from './sign.js'

export interface OpenSignerInput extends Omit<SignInput, 'data'> {}

export interface OpenedSigner extends OpenedLease<SignerLease> {
  readonly scheme: SignatureScheme
}

/** Decides and records once, and hands out a native handle for many signatures. */
export const openSigner: ObjectOperation<KeyServices, OpenSignerInput, OpenedSigner> = {
  name: 'OpenSigner',
  permission: 'Sign',
  durability: 'synced',
  states: protectStates,
  purposes: ['general'],
  usage: 'Sign',
  protects: 'itself',
  target: (input) => input,
  async prepare(services, actor, input, object) {
    const scheme = signatureScheme(object.algorithm, object.values.curve, input.scheme)
    const mark = judge(services, 'protect', object, judgedScheme(scheme))
    const counter = { kind: 'lease', limited: true } as const
    const { opened, ...reserved } = await openLease(services, actor.id, object, counter, (key, bound) =>
      key.signerLease(scheme, signOptions(input), bound),
    )
    return {
      ...reserved,
      answer: { ...opened, scheme },
      detail: { scheme, reserved: opened.reserved.block, ...mark },
    }
  },
}
