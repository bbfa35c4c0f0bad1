import { MortiseError } from '../../errors/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import {
  dataKeyBytes,
  unwrapDataKey,
  type WrappedDataKey,
  wrapDataKey,
  wrappingVersion,
} from '../data_key.js'
import { judge } from '../judge.js'
import { processStates, protectStates } from '../lifecycle.js'
import type { KeyServices } from '../services.js'
import { noAad } from './encrypt.js'

export interface RewrapDataKeyInput {
  /** Name of the key, for its newest version; or the id of the version to wrap by. */
  readonly object: string
  readonly wrapped: Uint8Array
  /** As it was given to generate, and as it will be needed from now on. */
  readonly aad?: Uint8Array
}

/** Wraps a data key that an older version of a key wraps by a newer one. The data key stays as it is, and inside. */
export const rewrapDataKey: ObjectOperation<KeyServices, RewrapDataKeyInput, WrappedDataKey> = {
  name: 'RewrapDataKey',
  permission: 'UnwrapKey',
  durability: 'written',
  states: processStates,
  purposes: ['general'],
  usage: 'UnwrapKey',
  target: (input) => ({ object: input.object, version: () => wrappingVersion(input.wrapped) }),
  alsoOn: ({ object }) => [
    {
      target: { object },
      permission: 'WrapKey',
      states: protectStates,
      purposes: ['general'],
      usage: 'WrapKey',
      protects: () => dataKeyBytes,
    },
  ],
  async prepare(services, _actor, { wrapped, aad = noAad }, object, [newer] = []) {
    if (!newer) throw new MortiseError('MORTISE_INTERNAL')
    const mark = { ...judge(services, 'process', object), ...judge(services, 'protect', newer) }
    const dataKey = await unwrapDataKey(services, object, wrapped, aad)
    try {
      const answer = await wrapDataKey(services, newer, dataKey, aad)
      return { answer, detail: { keyVersion: newer.serial, ...mark } }
    } finally {
      dataKey.dispose()
    }
  },
}
