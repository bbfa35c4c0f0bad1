export {
  type Algorithm,
  algorithmNamed,
  algorithmNames,
  algorithms,
  curveBits,
  defaultUsages,
  judgedKey,
  type KeySpec,
  keySpec,
  secretBytes,
} from './algorithms.js'
export { type FaceLoss, faceLosses } from './face_losses.js'
export {
  fromPem,
  kdfHashes,
  kdfMethods,
  keyFormats,
  type PemFormat,
  splitMethods,
  toPem,
  wrapMethods,
} from './formats.js'
export { hashes, hashNames } from './hashes.js'
export { callerIv, type Mode, modeNames, modeOf, modes } from './modes.js'
export {
  admit,
  type Judged,
  type Policy,
  type PolicyMark,
  policies,
  type Standing,
  type Use,
} from './policy.js'
export { type PolicyRow, policyTable } from './policy_table.js'
export { judgedScheme, signatureScheme, signatureSchemes } from './signatures.js'
export { judgedDerivation, leastIterations, uses } from './uses.js'
