import type { AttributeName, AttributeValue } from '../attributes/index.js'
import { attributeOperation } from './edit_attribute.js'

export interface ModifyAttributeInput {
  /** Id or name. */
  readonly object: string
  readonly name: AttributeName
  readonly value: AttributeValue
  /** The instance that is replaced, where the object has several. */
  readonly current?: AttributeValue
}

/** Replaces an attribute that the object has (KMIP 2.1 section 6.1.34). */
export const modifyAttribute = attributeOperation<ModifyAttributeInput>(
  'ModifyAttribute',
  ({ value, current }) => ({ kind: 'modify', value, current }),
)
