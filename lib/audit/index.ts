export {
  type AuditEntry,
  type AuditListInput,
  type AuditPage,
  auditList,
} from './list.js'
export { openChain } from './trail.js'
export { type AuditVerification, auditVerify, type VerifyOptions, verifyAudit } from './verify.js'
