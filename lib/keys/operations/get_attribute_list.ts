import { type ObjectOperation, states } from '../../operation/index.js'
import { type AttributeName, attributesOf } from '../attributes/index.js'
import type { KeyServices } from '../services.js'

export interface GetAttributeListInput {
  /** Id or name. */
  readonly object: string
}

export interface AttributeListAnswer {
  readonly id: string
  readonly names: readonly AttributeName[]
}

/** The names of the attributes that an object has (KMIP 2.1 section 6.1.21). */
export const getAttributeList: ObjectOperation<KeyServices, GetAttributeListInput, AttributeListAnswer> = {
  name: 'GetAttributeList',
  permission: 'GetAttributes',
  durability: 'written',
  states,
  purposes: ['general', 'keymanager'],
  archived: true,
  whileDoomed: true,
  target: (input) => input,
  async prepare(_services, _actor, _input, object) {
    return { answer: { id: object.id, names: Object.keys(attributesOf(object)) as AttributeName[] } }
  },
}
