import type { GranteeKind, ObjectOperation, Permission } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { granteeName, grantPurposes, grantStates } from './grantee.js'

export interface ListGrantsInput {
  /** Object id or name. */
  readonly object: string
}

export interface GrantEntry {
  readonly granteeKind: GranteeKind
  /** Principal id or group id; the empty string for everyone. */
  readonly grantee: string
  /** Of the principal or group, for people; null for everyone, and for a group that is gone. */
  readonly name: string | null
  readonly permissions: readonly Permission[]
}

/** Who has been granted what on an object. */
export const listGrants: ObjectOperation<AccessServices, ListGrantsInput, readonly GrantEntry[]> = {
  name: 'ListGrants',
  permission: 'Grant',
  durability: 'written',
  states: grantStates,
  purposes: grantPurposes,
  whileDoomed: true,
  archived: true,
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, _input, object) {
    const rows = await services.grants.read(object.family)
    const entries = rows.map(async ({ granteeKind, grantee, permissions }): Promise<GrantEntry> => {
      const name = await granteeName(services, { granteeKind, grantee })
      return { granteeKind, grantee, name, permissions }
    })
    return { answer: await Promise.all(entries), detail: { count: rows.length } }
  },
}
