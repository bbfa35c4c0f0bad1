export { type BackupManifest, readManifest } from './format.js'
export {
  type BackupVerification,
  type RestoreOptions,
  restoreBackup,
  verifyBackup,
  writeBackup,
} from './restore.js'
export { type Backup, type BackupInput, backup } from './take.js'
