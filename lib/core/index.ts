export type {
  Connection,
  ConnectionChanges,
  ConnectionKind,
  ConnectionPage,
  CreateGroupInput,
  CreateOwnTokenInput,
  GrantEntry,
  Granted,
  Grantee,
  GroupChanges,
  GroupPage,
  Identity,
  IdentityKey,
  IdentityPage,
  IssuedToken,
  LinkIdentityInput,
  ListIdentitiesInput,
  ListScopedGrantsInput,
  NewConnection,
  NewGroup,
  NewPrincipal,
  NewRole,
  PageInput,
  PasswordSet,
  PrincipalChanges,
  PrincipalPage,
  Proof,
  RoleChanges,
  RolePage,
  ScopedGrantPage,
  Token,
  TokenPage,
} from '../access/index.js'
export { logIn } from '../access/index.js'
export type {
  AuditEntry,
  AuditExportInput,
  AuditListInput,
  AuditPage,
  AuditPruneInput,
  AuditSegment,
  AuditVerification,
  ChainPiece,
  SignedCheckpoint,
  SinkHealth,
  TrustedCheckpoints,
  VerifyOptions,
} from '../audit/index.js'
export { parseCheckpoint, SegmentVerifier } from '../audit/index.js'
export type {
  BarrierStatus,
  KeyringRetired,
  KeyringState,
  KeyringStep,
  NewRootKey,
  ResealedPage,
  ResealInput,
  RootKeySource,
} from '../barrier/index.js'
export {
  algorithmNames,
  algorithms,
  type FaceLoss,
  faceLosses,
  hashes,
  hashNames,
  kdfHashes,
  kdfMethods,
  keyFormats,
  modeNames,
  type Policy,
  type PolicyRow,
  policies,
  policyTable,
  type Standing,
  signatureSchemes,
  splitMethods,
  toPem,
  wrapMethods,
} from '../crypto/index.js'
export * from '../keys/index.js'
export type {
  Arena,
  BatchAad,
  CipherMode,
  ContentEncryption,
  Hash,
  KdfMethod,
  KeyFormat,
  SelfTestResult,
  SignatureScheme,
  SplitMethod,
  WrapMethod,
} from '../native/index.js'
export {
  type Clock,
  type GrantablePermission,
  type Group,
  governingPermissions,
  grantablePermissions,
  linkTypes,
  type ObjectType,
  objectTypes,
  type Principal,
  type Role,
  type Scope,
  type ScopedGrant,
  type SplitKeyFacts,
  type State,
  states,
  type Usage,
  usageMask,
} from '../operation/index.js'
export type { StoreHealth } from '../storage/index.js'
export type { Door } from './actor.js'
export {
  type Backup,
  type BackupInput,
  type BackupManifest,
  type BackupVerification,
  type RestoreOptions,
  readManifest,
  restoreBackup,
  verifyBackup,
  writeBackup,
} from './backup/index.js'
export type { Cipher } from './cipher.js'
export type { AccessExplanation, AccessStep, ExplainInput } from './explain.js'
export { type FileOpener, type FileSealer, fileOpener, fileSealer } from './file_cipher.js'
export {
  type AuditHealth,
  type Credentials,
  type KeyManager,
  type KeyManagerOptions,
  openKeyManager,
} from './manager.js'
export { hardenProcess, opensslVersion, selfTest } from './process.js'
export type { AuditPruned } from './pruning.js'
export type { RootRotation, RootRotationStep } from './rotation.js'
export type { JobHealth } from './scheduler.js'
export { type ChunkOpener, type ChunkSealer, openFile, sealFile } from './sealed_file.js'
export type { NewDataKey, Session, WrappedDataKeyOptions } from './session.js'
export type { Signer } from './signer.js'
