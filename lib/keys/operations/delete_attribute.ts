import type { AttributeName, AttributeValue } from '../attributes/index.js'
import { attributeOperation } from './edit_attribute.js'

export interface DeleteAttributeInput {
  /** Id or name. */
  readonly object: string
  readonly name: AttributeName
  /** The instance. Default: all of them. */
  readonly value?: AttributeValue
}

/** Takes an attribute, or one instance of it, from an object (KMIP 2.1 section 6.1.13). */
export const deleteAttribute = attributeOperation<DeleteAttributeInput>('DeleteAttribute', ({ value }) => ({
  kind: 'delete',
  value,
}))
