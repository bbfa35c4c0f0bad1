export { Addresses } from './addresses.js'
export {
  type AttributeName,
  type AttributeValue,
  type AttributeValues,
  attributeNames,
  attributes,
} from './attributes/index.js'
export { auditKey } from './audit_key.js'
export { newCertificateRow, nextCertificateRow } from './certificate_data.js'
export { CipherStream } from './cipher_stream.js'
export { dataKeyVersion, type WrappedDataKey } from './data_key.js'
export { protectsUntil } from './dates.js'
export { destroyedRow } from './destroyed_row.js'
export type { ObjectInfo } from './info.js'
export { type Job, type JobKind, Jobs, jobKinds, newJob, originOf, type StoredJob } from './jobs.js'
export { judge } from './judge.js'
export { contentEncryptions, type JweAlgorithm, jweAlgorithms } from './jwe.js'
export { livingStates, processUsages, protectUsages } from './lifecycle.js'
export { checkNewObject, type NewKeyAttributes } from './make.js'
export { Objects } from './objects.js'
export { removalsFromTokens, removeFromToken, takenBack } from './on_token.js'
export type { OpenedLease } from './opened_lease.js'
export * from './operations/index.js'
export { newPair } from './pair.js'
export { newPrivateData, newPrivateMacKey } from './private_object.js'
export { type PublishedKey, publishedKeys } from './published_keys.js'
export { type KeyRights, rightsKnown, rightsOn } from './rights.js'
export type { RotationInfo } from './rotation.js'
export { changedRow, managed, newId } from './row.js'
export type { KeyServices } from './services.js'
export { type TokenKey, TokenKeys } from './token_keys.js'
export { UsageBlocks } from './usage.js'
