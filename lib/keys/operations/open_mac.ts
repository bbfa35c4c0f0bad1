import { MortiseError } from '../../errors/index.js'
import type { MacLease } from '../../native/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { judge } from '../judge.js'
import { processStates, protectStates } from '../lifecycle.js'
import { type OpenedLease, openLease } from '../opened_lease.js'
import type { KeyServices } from '../services.js'

export type MacPurpose = 'generate' | 'verify'

export interface OpenMacInput {
  /** Id or name of an HMAC key, or of an AES key with the usage (CMAC). */
  readonly object: string
  readonly purposes: readonly MacPurpose[]
}

/** Decides and records once, and hands out a native handle that makes and verifies many MACs. */
export const openMac: ObjectOperation<KeyServices, OpenMacInput, OpenedLease<MacLease>> = {
  name: 'OpenMAC',
  permission: (input) => input.purposes.map((purpose) => (purpose === 'generate' ? 'MAC' : 'MACVerify')),
  durability: 'synced',
  states: (input) => (input.purposes.includes('generate') ? protectStates : processStates),
  purposes: ['general'],
  usage: (input) => input.purposes.map((purpose) => (purpose === 'generate' ? 'MACGenerate' : 'MACVerify')),
  protects: 'itself',
  target: (input) => input,
  async prepare(services, actor, input, object) {
    const generate = input.purposes.includes('generate')
    const verify = input.purposes.includes('verify')
    if (!generate && !verify) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'a MAC lease needs the purpose generate, verify or both',
      )
    }
    const mark = judge(services, generate ? 'protect' : 'process', object)
    const counter = { kind: 'lease', limited: generate } as const
    const { opened, ...reserved } = await openLease(services, actor.id, object, counter, (key, bound) =>
      key.macLease({ generate, verify }, bound),
    )
    return {
      ...reserved,
      answer: opened,
      detail: { purposes: input.purposes, reserved: opened.reserved.block, ...mark },
    }
  },
}
