/** KMIP 1.0 to 2.1 as tables: the one source of its binary, JSON and XML encodings, of what each version knows, and of docs and tests. */
export { attributes } from './attributes.js'
export { enumerations } from './enumerations.js'
export { masks } from './masks.js'
export {
  type EnumerationName,
  enumeration,
  enumerationNames,
  type Meaning,
  meaningOf,
  type Names,
  Tag,
  tagNames,
} from './names.js'
export { reasons } from './reasons.js'
export { isKnown, versions } from './rows.js'
export { structures } from './structures.js'
export { tags } from './tags.js'
