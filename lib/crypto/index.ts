export {
  type Algorithm,
  algorithmNamed,
  algorithmNames,
  algorithms,
  curveBits,
  defaultUsages,
  type KeySpec,
  keySpec,
} from './algorithms.js'
export { fromPem, type KeyFormat, keyFormats, toPem } from './formats.js'
export { signatureScheme, signatureSchemes } from './signatures.js'
