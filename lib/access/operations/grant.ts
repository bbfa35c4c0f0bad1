import {
  type GrantablePermission,
  grantablePermissions,
  type ObjectOperation,
  type Permission,
} from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import {
  type Grantee,
  granteeKey,
  grantPurposes,
  grantStates,
  readGrant,
  requireGrantable,
} from './grantee.js'

export interface GrantInput {
  /** Object id or name. */
  readonly object: string
  readonly grantee: Grantee
  /** What is added to what the grantee has; at least one. */
  readonly permissions: readonly GrantablePermission[]
}

/** What a grantee has on an object after a change. */
export interface Granted {
  /** Id of the first version of the key: a grant is on the key with all its versions. */
  readonly object: string
  readonly permissions: readonly Permission[]
}

/** @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_GROUP_NOT_FOUND, MORTISE_INPUT_INVALID */
export const grant: ObjectOperation<AccessServices, GrantInput, Granted> = {
  name: 'Grant',
  permission: 'Grant',
  durability: 'synced',
  states: grantStates,
  purposes: grantPurposes,
  archived: true,
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, input, { family: object }) {
    requireGrantable(input.permissions)
    const key = { object, ...(await granteeKey(services, input.grantee)) }
    const before = await readGrant(services, key)
    const permissions = grantablePermissions.filter(
      (permission) => input.permissions.includes(permission) || before?.permissions.includes(permission),
    )
    const version = (before?.version ?? 0) + 1
    return {
      answer: { object, permissions },
      rows: {
        grants: [{ row: services.barrier.authenticateGrant({ ...key, version, permissions }) }],
        newEpoch: true,
      },
      detail: { granteeKind: key.granteeKind, grantee: key.grantee, permissions: input.permissions },
    }
  },
}
