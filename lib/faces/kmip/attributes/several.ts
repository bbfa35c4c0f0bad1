import { type AttributeName, attributes } from '../../../core/index.js'

/** Whether an object may have several instances of an attribute. */
export function isSeveral(name: AttributeName): boolean {
  return 'multiple' in attributes[name]
}
