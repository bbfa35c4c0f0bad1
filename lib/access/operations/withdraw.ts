import {
  type GrantablePermission,
  grantablePermissions,
  type ObjectOperation,
} from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import type { Granted } from './grant.js'
import {
  formerGranteeKey,
  type Grantee,
  grantPurposes,
  grantStates,
  readGrant,
  requireGrantable,
} from './grantee.js'

export interface WithdrawInput {
  /** Object id or name. */
  readonly object: string
  readonly grantee: Grantee
  /** What is taken from what the grantee has. Default everything. */
  readonly permissions?: readonly GrantablePermission[]
}

/**
 * Takes permissions back; leases that rest on them end at once. Withdrawing what was not granted is no error.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_GROUP_NOT_FOUND, MORTISE_INPUT_INVALID
 */
export const withdraw: ObjectOperation<AccessServices, WithdrawInput, Granted> = {
  name: 'Withdraw',
  permission: 'Grant',
  durability: 'synced',
  states: grantStates,
  purposes: grantPurposes,
  whileDoomed: true,
  archived: true,
  target: ({ object }) => ({ object }),
  async prepare(
    services,
    _actor,
    { grantee, permissions: taken = grantablePermissions },
    { family: object },
  ) {
    requireGrantable(taken)
    const key = { object, ...(await formerGranteeKey(services, grantee)) }
    const before = await readGrant(services, key)
    const detail = { granteeKind: key.granteeKind, grantee: key.grantee, permissions: taken }
    if (!before) return { answer: { object, permissions: [] }, detail }
    const permissions = before.permissions.filter((permission) => !taken.some((one) => one === permission))
    const write =
      permissions.length > 0
        ? { row: services.barrier.authenticateGrant({ ...key, version: before.version + 1, permissions }) }
        : { remove: { ...key, version: before.version } }
    const ends =
      key.granteeKind === 'principal'
        ? (await services.store.family(object)).map(({ id }) => ({ object: id, principal: key.grantee }))
        : []
    return {
      answer: { object, permissions },
      rows: { grants: [write], newEpoch: true },
      detail,
      // Of a group or everyone, some may have a lease for another reason.
      ...(ends.length > 0 ? { ends } : { recheck: true }),
    }
  },
}
