import type { Role, Subject } from '../operation/index.js'

/** What it does to objects; whoever asked for it had the right to. Nobody can be given this role. */
const duties: Role = {
  name: 'system',
  description: 'Does to keys and authorities what was asked for at a date',
  // For the checkpoints of the audit trail, for the built-in authority, which it owns, and for the key of access tokens.
  system: ['AuditRead', 'AuthorityCreate', 'TokenManage'],
  objects: ['CertificateRevoke', 'Destroy', 'Rekey'],
  scope: null,
}

/**
 * Mortise itself, when it does what somebody has asked it to do at a date. It is not in the store: nobody can log in as
 * it, give it anything, or disable it.
 */
export const systemPrincipal: Subject = {
  id: '00000000-0000-0000-0000-000000000001',
  name: 'system',
  kind: 'service',
  roles: [],
  permissions: [],
  enabled: true,
  expires: null,
  passwordChangeRequired: false,
  groups: new Map(),
  held: [{ role: duties, through: null }],
  scoped: [],
}
