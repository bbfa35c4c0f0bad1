export { checkpointed, delivered, isOf } from './bookkeeping.js'
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
export { type AuditFindInput, type AuditFound, type AuditGetInput, auditFind, auditGet } from './find.js'
export {
  type AuditEntry,
  type AuditListInput,
  type AuditPage,
  auditList,
} from './list.js'
export { type AuditPruneInput, type PrunePlan, planPrune } from './pruning.js'
export {
  type AuditExportInput,
  type AuditSegment,
  auditExport,
  auditHeads,
  type ChainPiece,
  SegmentVerifier,
} from './segment.js'
export {
  beginNow,
  Delivery,
  reasonOf,
  type Sink,
  type SinkHealth,
  type SinkOptions,
  sinksOf,
} from './sinks/index.js'
export { formatHead, openChain } from './trail.js'
export { type AuditVerification, auditVerify, type VerifyOptions, verifyAudit } from './verify.js'
export type { TrustedCheckpoints } from './verify_checkpoints.js'
