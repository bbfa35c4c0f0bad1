export { type AttributeValues, attributesOf, type Edit, edited, initialValues, ruleOf } from './rules.js'
export { type AttributeName, attributeNames, attributes } from './table.js'
export type { AttributeValue } from './values.js'
