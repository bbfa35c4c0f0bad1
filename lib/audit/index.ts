export {
  type AuditEntry,
  type AuditListInput,
  type AuditPage,
  type AuditServices,
  auditList,
} from './list.js'
export { openChain } from './trail.js'
export { type AuditProblem, type AuditVerification, type VerifyOptions, verifyAudit } from './verify.js'
