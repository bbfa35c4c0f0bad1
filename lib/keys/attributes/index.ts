export {
  type AttributeValues,
  attributesOf,
  type Edit,
  edited,
  initialValues,
  parsedAttribute,
  ruleOf,
} from './rules.js'
export { type AttributeName, attributeNames, attributes, leaseSeconds } from './table.js'
export type { AttributeValue } from './values.js'
