import type { Subject } from '../../lib/operation/index.js'

/** Somebody who may nothing. */
export const ann: Subject = {
  id: 'ann',
  name: 'Ann',
  kind: 'user',
  roles: [],
  permissions: [],
  enabled: true,
  expires: null,
  passwordChangeRequired: false,
  groups: new Map(),
  held: [],
  scoped: [],
}
