import type { AttributeName, AttributeValue } from '../attributes/index.js'
import { attributeOperation } from './edit_attribute.js'

export interface SetAttributeInput {
  /** Id or name. */
  readonly object: string
  /** Of an attribute that has one instance. */
  readonly name: AttributeName
  readonly value: AttributeValue
}

/** Gives an object an attribute, whether it has it already or not (KMIP 2.1 section 6.1.51). */
export const setAttribute = attributeOperation<SetAttributeInput>('SetAttribute', ({ value }) => ({
  kind: 'set',
  value,
}))
