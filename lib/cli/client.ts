import type { BackupInput, FileOpener, FileSealer, Session } from '../core/index.js'

/** What the commands need of a session, so that one in this process and one over HTTP do for each of them. */
export type Keys = Pick<
  Session,
  | 'createKey'
  | 'createKeyPair'
  | 'register'
  | 'registerObject'
  | 'get'
  | 'attributes'
  | 'addAttribute'
  | 'modifyAttribute'
  | 'setAttribute'
  | 'deleteAttribute'
  | 'getUsageAllocation'
  | 'archive'
  | 'recover'
  | 'locate'
  | 'export'
  | 'activate'
  | 'revoke'
  | 'destroy'
  | 'cancelDestroy'
  | 'jobs'
  | 'rekey'
  | 'setRotation'
  | 'getRotation'
  | 'removeRotation'
  | 'encrypt'
  | 'encryptInMode'
  | 'decrypt'
  | 'sign'
  | 'verify'
  | 'mac'
  | 'macVerify'
  | 'hash'
  | 'random'
  | 'grant'
  | 'withdraw'
  | 'grants'
  | 'grantOnScope'
  | 'withdrawOnScope'
  | 'scopedGrants'
  | 'explainAccess'
  | 'createGroup'
  | 'groups'
  | 'groupsOf'
  | 'setGroup'
  | 'deleteGroup'
  | 'members'
  | 'addMember'
  | 'removeMember'
  | 'createRole'
  | 'roles'
  | 'setRole'
  | 'deleteRole'
  | 'createPrincipal'
  | 'setPrincipal'
  | 'principals'
  | 'setPassword'
  | 'createToken'
  | 'tokens'
  | 'revokeToken'
  | 'audit'
  | 'verifyAudit'
  | 'checkpoint'
  | 'auditHeads'
  | 'auditExport'
  | 'rotateRoot'
  | 'rotateKeyring'
  | 'reseal'
  | 'retireKeyring'
  | 'barrierStatus'
>

/** Whoever the command line works as, wherever the keys are. */
export interface Client {
  readonly keys: Keys
  /** @param key id or name of an AES key */
  fileSealer(key: string): Promise<FileSealer>
  /** @param keyId what the header of a sealed file names */
  fileOpener(keyId: string): Promise<FileOpener>
  /** The pieces of a backup that was taken just now. */
  backup(input: BackupInput): Promise<AsyncIterable<Uint8Array>>
  close(): Promise<void>
}
