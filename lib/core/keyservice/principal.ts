import type { Subject } from '../../operation/index.js'

/**
 * The keyservice itself, which owns what users keep with it. It is not in the store: nobody can log in as it, give it anything, or
 * disable it, and no other operation acts as it.
 */
export const keyservicePrincipal: Subject = {
  id: '00000000-0000-0000-0000-000000000002',
  name: 'keyservice',
  kind: 'service',
  roles: [],
  permissions: ['Create'],
  enabled: true,
  expires: null,
  passwordChangeRequired: false,
  groups: new Map(),
  held: [],
  scoped: [],
}
