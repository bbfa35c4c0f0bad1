export {
  type Checkpoint,
  checkpointBody,
  checkpointHash,
  checkpointText,
  parseCheckpoint,
  type SignedCheckpoint,
  signedBytes,
} from './checkpoint.js'
export { exportCheckpoints } from './checkpoint_files.js'
export { readCheckpoints, type StoredCheckpoint, writeCheckpoint } from './checkpoint_store.js'
export {
  type AuditEntry,
  type AuditListInput,
  type AuditPage,
  auditList,
} from './list.js'
export {
  type AuditExportInput,
  type AuditSegment,
  auditExport,
  auditHeads,
  SegmentVerifier,
} from './segment.js'
export { formatHead, openChain } from './trail.js'
export { type AuditVerification, auditVerify, type VerifyOptions, verifyAudit } from './verify.js'
export type { TrustedCheckpoints } from './verify_checkpoints.js'
