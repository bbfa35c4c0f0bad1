import type { ObjectPermission, Principal } from '../operation/index.js'

/**
 * Mortise itself, when it does what somebody has asked it to do at a date. It is not in the store: nobody can log in as
 * it, give it anything, or disable it.
 */
export const systemPrincipal: Principal = {
  id: '00000000-0000-0000-0000-000000000001',
  name: 'system',
  kind: 'service',
  roles: [],
  permissions: [],
  enabled: true,
}

/** What it does to objects; whoever asked for it had the right to. */
export const systemDuties: readonly ObjectPermission[] = ['Destroy', 'Rekey']
