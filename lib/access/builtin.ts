import type { Group, Role } from '../operation/index.js'

/**
 * The roles that every store has. They are in code, not in the store, so that nobody edits them. None of them opens a key:
 * whoever wants to use or export one needs a grant, which an administrator may give (to itself too), but not without its
 * trace on the audit trail.
 */
export const builtinRoles: readonly Role[] = [
  {
    name: 'administrator',
    description:
      'Registers principals, says who may do what, sees, revokes and destroys every key, and uses none',
    system: [
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
      'QuorumManage',
      'RNGRetrieve',
      'RoleManage',
      'TokenManage',
    ],
    objects: [
      'Activate',
      'Archive',
      'AuthorityManage',
      'CertificateRevoke',
      'Destroy',
      'Get',
      'GetAttributes',
      'Grant',
      'Locate',
      'ModifyAttributes',
      'Recover',
      'Revoke',
      'SetRotation',
    ],
    scope: null,
  },
  {
    name: 'auditor',
    description:
      'Reads the audit trail, who is registered, who may do what, and what is known of keys; changes nothing',
    system: ['AccessExplain', 'AuditRead', 'PrincipalRead'],
    objects: ['Get', 'GetAttributes', 'Locate'],
    scope: null,
  },
  {
    name: 'key-officer',
    description:
      'Makes keys, and activates, archives, rekeys, revokes and destroys those of everybody, without using them',
    system: ['Create', 'Import'],
    objects: [
      'Activate',
      'Archive',
      'Destroy',
      'Get',
      'GetAttributes',
      'Locate',
      'Recover',
      'Rekey',
      'Revoke',
      'SetRotation',
    ],
    scope: null,
  },
  {
    name: 'principal-officer',
    description:
      'Registers principals with no more rights than it has itself, their passwords, tokens and groups',
    system: [
      'Create',
      'GroupManage',
      'Import',
      'PrincipalManage',
      'PrincipalRead',
      'RNGRetrieve',
      'TokenManage',
    ],
    objects: [],
    scope: null,
  },
  {
    name: 'backup-operator',
    description: 'Takes backups of the store, which open no key without the root key',
    system: ['Backup'],
    objects: [],
    scope: null,
  },
  {
    name: 'key-user',
    description: 'Makes and imports keys of its own',
    system: ['Create', 'Import', 'RNGRetrieve'],
    objects: [],
    scope: null,
  },
  {
    name: 'ca-officer',
    description: 'Makes certificate authorities, issues from those of everybody, and revokes; opens no key',
    system: ['AuthorityCreate', 'Create'],
    objects: ['AuthorityManage', 'CertificateRevoke', 'Certify', 'Get'],
    scope: null,
  },
]

/** By role. Clients of CipherTrust Manager name them so, and nobody else asks for other names. */
const groupNames: Readonly<Record<string, string>> = {
  administrator: 'admin',
  auditor: 'Audit Admins',
  'key-officer': 'Key Admins',
  'principal-officer': 'User Admins',
  'backup-operator': 'Backup Admins',
  'key-user': 'Key Users',
  'ca-officer': 'CA Admins',
}

/** The groups that every store has, one for each built-in role. Only who belongs to them is data. */
export const systemGroups: readonly Group[] = builtinRoles.map(({ name, description }, index) => ({
  id: `00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}`,
  name: groupNames[name] ?? name,
  description,
  system: true,
  roles: [name],
  metadata: {},
  created: null,
  updated: null,
}))

/** Whoever belongs to it is an administrator. */
export const administrators = systemGroups[0] as Group
