import { type ObjectOperation, states } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import type { KeyServices } from '../services.js'

export interface GetInput {
  /** Id or name. */
  readonly object: string
}

/** Tells what is known of an object, but not its key (KMIP 2.1 section 6.1.19, Get Attributes). */
export const get: ObjectOperation<KeyServices, GetInput, ObjectInfo> = {
  name: 'Get',
  permission: 'Get',
  durability: 'written',
  states,
  purposes: ['general', 'keymanager'],
  whileDoomed: true,
  archived: true,
  target: (input) => input,
  async prepare(_services, _actor, _input, object) {
    return { answer: objectInfo(object) }
  },
}
