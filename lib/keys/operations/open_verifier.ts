import { judgedScheme, signatureScheme } from '../../crypto/index.js'
import type { SignatureScheme, VerifierLease } from '../../native/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { judge } from '../judge.js'
import { processStates } from '../lifecycle.js'
import { type OpenedLease, openLease } from '../opened_lease.js'
import type { KeyServices } from '../services.js'
import { type SignInput, signOptions } from './sign.js'

export interface OpenVerifierInput extends Omit<SignInput, 'data'> {}

export interface OpenedVerifier extends OpenedLease<VerifierLease> {
  readonly scheme: SignatureScheme
}

/** Decides and records once, and hands out a native handle that verifies many signatures. */
export const openVerifier: ObjectOperation<KeyServices, OpenVerifierInput, OpenedVerifier> = {
  name: 'OpenVerifier',
  permission: 'SignatureVerify',
  durability: 'synced',
  states: processStates,
  purposes: ['general'],
  usage: 'Verify',
  target: (input) => input,
  async prepare(services, actor, input, object) {
    const scheme = signatureScheme(object.algorithm, object.values.curve, input.scheme)
    const mark = judge(services, 'process', object, judgedScheme(scheme))
    const counter = { kind: 'lease', limited: false } as const
    const { opened, ...reserved } = await openLease(services, actor.id, object, counter, (key, bound) =>
      key.verifierLease(scheme, signOptions(input), bound),
    )
    return {
      ...reserved,
      answer: { ...opened, scheme },
      detail: { scheme, reserved: opened.reserved.block, ...mark },
    }
  },
}
