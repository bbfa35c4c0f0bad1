export {
  type AuditRecord,
  decodeAuditRecord,
  encodeAuditRecord,
  encodeSystemRecord,
  type Outcome,
} from './audit.js'
export { chainHash, chainOrigin } from './chain.js'
export type {
  Applied,
  Change,
  GranteeKind,
  GrantRow,
  GrantWrite,
  ObjectWrite,
  Prune,
  RecordRow,
  RecordWrite,
} from './change.js'
export { type Clock, systemClock } from './clock.js'
export {
  type CertificateFacts,
  type EncodedFacts,
  type LinkType,
  linkTypes,
  nameTerm,
  type ObjectAttributes,
  type ObjectRow,
  type ObjectType,
  objectTypes,
  type Purpose,
  purposes,
  type RotationPolicy,
  type SplitKeyFacts,
  type State,
  type StatedFacts,
  states,
  type Usage,
  type UsageLimits,
  usageMask,
  type VendorAttribute,
} from './object.js'
export {
  AlreadyDone,
  type AlsoOn,
  type Asks,
  type AuditDetail,
  type ManagedObject,
  type ObjectOperation,
  type Operation,
  type Prepared,
  type Rows,
  type SystemOperation,
  type Target,
} from './operation.js'
export { longestPage, pageLimit } from './page.js'
export {
  type GrantablePermission,
  governingPermissions,
  grantablePermissions,
  type ObjectPermission,
  objectPermissions,
  type Permission,
  type SystemPermission,
  systemPermissions,
} from './permission.js'
export {
  type Group,
  isActive,
  type Principal,
  type PrincipalKind,
  type Role,
  type Scope,
  type ScopedGrant,
  type Subject,
} from './principal.js'
