import { MortiseError } from '../../errors/index.js'
import type { CipherLease } from '../../native/index.js'
import type { ManagedObject, ObjectOperation } from '../../operation/index.js'
import { protectsUntil } from '../dates.js'
import { judge } from '../judge.js'
import { processStates, protectStates } from '../lifecycle.js'
import type { KeyServices } from '../services.js'
import type { LeaseCounter } from '../usage.js'

export type CipherPurpose = 'encrypt' | 'decrypt'

export interface OpenCipherInput {
  /** Id or name of an AES key. */
  readonly object: string
  readonly purposes: readonly CipherPurpose[]
}

/** A native lease, with what is needed to extend it. */
export interface OpenedLease<L> {
  readonly lease: L
  readonly object: ManagedObject
  /** Uses that the reservation before has added. */
  readonly block: number
  /** What the reservation counts against. */
  readonly counter: LeaseCounter
}

/** Decides and records once, and hands out a native handle for many encryptions and decryptions. */
export const openCipher: ObjectOperation<KeyServices, OpenCipherInput, OpenedLease<CipherLease>> = {
  name: 'OpenCipher',
  permission: (input) => input.purposes.map((purpose) => (purpose === 'encrypt' ? 'Encrypt' : 'Decrypt')),
  durability: 'synced',
  states: (input) => (input.purposes.includes('encrypt') ? protectStates : processStates),
  purposes: ['general'],
  usage: (input) => input.purposes.map((purpose) => (purpose === 'encrypt' ? 'Encrypt' : 'Decrypt')),
  protects: 'itself',
  target: (input) => input,
  async prepare(services, actor, input, object) {
    const encrypt = input.purposes.includes('encrypt')
    const decrypt = input.purposes.includes('decrypt')
    if (!encrypt && !decrypt) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'a cipher lease needs the purpose encrypt, decrypt or both',
      )
    }
    if (object.algorithm !== 'AES') {
      throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', 'cipher leases are for AES keys')
    }
    const mark = judge(services, encrypt ? 'protect' : 'process', object)
    const counter = {
      kind: encrypt && object.length !== 256 ? 'randomIv' : 'lease',
      limited: encrypt,
    } as const
    const block = await services.usage.leaseBlock(object, counter)
    const reservation = await services.usage.reserve(object, counter, block)
    const lease = services
      .provider(object.provider)
      .open(object)
      .cipherLease({ encrypt, decrypt }, binding(services, actor.id, object, block, encrypt))
    return {
      answer: { lease, object, block, counter },
      rows: { records: [reservation] },
      abandon: () => lease.end(),
      detail: { purposes: input.purposes, reserved: block, ...mark },
    }
  },
}

/**
 * What a native lease on an object is bound to. One that protects ends when a date of the key says so, by a clock that
 * nobody sets.
 */
export function binding(
  services: KeyServices,
  principal: string,
  object: ManagedObject,
  uses: number,
  protects: boolean,
) {
  const until = protects ? protectsUntil(object) : Number.POSITIVE_INFINITY
  return {
    manager: services.manager,
    store: services.store.id,
    object: object.id,
    principal,
    keyVersion: object.serial,
    uses,
    milliseconds: services.leaseMilliseconds,
    ...(until !== Number.POSITIVE_INFINITY && { lifetime: Math.max(0, until - services.clock.now()) }),
  }
}
