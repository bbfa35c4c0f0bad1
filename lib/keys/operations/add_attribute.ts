import type { AttributeName, AttributeValue } from '../attributes/index.js'
import { attributeOperation } from './edit_attribute.js'

export interface AddAttributeInput {
  /** Id or name. */
  readonly object: string
  readonly name: AttributeName
  readonly value: AttributeValue
}

/** Gives an object an attribute, or another instance of one that it may have several of (KMIP 2.1 section 6.1.2). */
export const addAttribute = attributeOperation<AddAttributeInput>('AddAttribute', ({ value }) => ({
  kind: 'add',
  value,
}))
