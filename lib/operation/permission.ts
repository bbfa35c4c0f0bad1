/**
 * What can be granted, named as KMIP names its operations (KMIP 2.1 section 11.36) where it has a name for it.
 * `Create` and `Import` are asked without an object; the rest of the first list are asked on one. `ExportDataKey` lets data keys
 * out in the clear, beside `WrapKey` or `UnwrapKey`, and never the key itself. `Certify`, `CertificateRevoke` and `AuthorityManage` are
 * asked on certificate authorities: to issue, to revoke and make CRLs, to activate, change and delete it.
 */
export const objectPermissions = [
  'Activate',
  'Archive',
  'AuthorityManage',
  'CertificateRevoke',
  'Certify',
  'CreateSplitKey',
  'Decrypt',
  'DeriveKey',
  'Destroy',
  'Encrypt',
  'Export',
  'ExportDataKey',
  'Get',
  'GetAttributes',
  'GetUsageAllocation',
  'Grant',
  'JoinSplitKey',
  'Locate',
  'MAC',
  'MACVerify',
  'ModifyAttributes',
  'Recover',
  'Rekey',
  'Revoke',
  'SetRotation',
  'Sign',
  'SignatureVerify',
  'UnwrapKey',
  'WrapKey',
] as const

export type ObjectPermission = (typeof objectPermissions)[number]

/** The right to grant is never granted: it comes from ownership or a role. */
export type GrantablePermission = Exclude<ObjectPermission, 'Grant'>

export const grantablePermissions: readonly GrantablePermission[] = objectPermissions.filter(
  (permission) => permission !== 'Grant',
)

/**
 * What a role may allow on objects of others: all that neither uses a key nor lets it out. What the key of an authority signs opens
 * nothing, and is on record: a role may allow that as well.
 */
export const governingPermissions: readonly ObjectPermission[] = [
  'Activate',
  'Archive',
  'AuthorityManage',
  'CertificateRevoke',
  'Certify',
  'Destroy',
  'Get',
  'GetAttributes',
  'Grant',
  'Locate',
  'ModifyAttributes',
  'Recover',
  'Rekey',
  'Revoke',
  'SetRotation',
]

/**
 * Asked of a principal's roles and permissions, on no object. Every enabled principal has `SelfManage` (its own tokens,
 * password and word on requests of others) and `Query` (to ask for lists of what it may see anyway).
 */
export const systemPermissions = [
  'AccessExplain',
  'AuditPrune',
  'AuditRead',
  'AuthorityCreate',
  'Backup',
  'BarrierManage',
  'Create',
  'GrantManage',
  'GroupManage',
  'Import',
  'PrincipalManage',
  'PrincipalRead',
  'Query',
  'QuorumManage',
  'RNGRetrieve',
  'RoleManage',
  'SelfManage',
  'TokenManage',
] as const

export type SystemPermission = (typeof systemPermissions)[number]
export type Permission = ObjectPermission | SystemPermission
