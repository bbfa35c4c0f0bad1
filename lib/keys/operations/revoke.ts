import { MortiseError } from '../../errors/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { nextState, statesFor, type Transition } from '../lifecycle.js'
import { changedRow, managed } from '../row.js'
import type { KeyServices } from '../services.js'

/** KMIP 2.1 section 11.48, Revocation Reason Code, and where each leads. */
export const revocationReasons = {
  Unspecified: 'deactivate',
  KeyCompromise: 'compromise',
  CACompromise: 'compromise',
  AffiliationChanged: 'deactivate',
  Superseded: 'deactivate',
  CessationOfOperation: 'deactivate',
  PrivilegeWithdrawn: 'deactivate',
} as const satisfies Record<string, Transition>
export type RevocationReason = keyof typeof revocationReasons

export interface RevokeInput {
  /** Id or name. */
  readonly object: string
  readonly reason: RevocationReason
  /** Free text, at most 1,024 characters. */
  readonly message?: string
  /** When it is thought to have been compromised first (KMIP's Compromise Occurrence Date), ISO 8601: with a reason of compromise. */
  readonly occurred?: string
}

/** Ends the use of an object: it becomes Deactivated, or Compromised by the reason (KMIP 2.1 section 6.1.44). */
export const revoke: ObjectOperation<KeyServices, RevokeInput, ObjectInfo> = {
  name: 'Revoke',
  permission: 'Revoke',
  durability: 'synced',
  states: statesFor('deactivate', 'compromise'),
  purposes: ['general', 'keymanager'],
  whileDoomed: true,
  archived: true,
  target: (input) => input,
  async prepare(services, _actor, input, object) {
    if ((input.message?.length ?? 0) > 1024) {
      throw new MortiseError('MORTISE_INPUT_INVALID', 'the message may have 1,024 characters at most')
    }
    const transition = revocationReasons[input.reason]
    const now = services.clock.now()
    const occurred = input.occurred === undefined ? undefined : Date.parse(input.occurred)
    if (occurred !== undefined && !(occurred <= now))
      throw new MortiseError('MORTISE_INPUT_INVALID', 'a compromise has occurred at a date that is past')
    const row = changedRow(services.barrier, object, {
      state: nextState(object.state, transition),
      values: {
        changed: now,
        ...(transition === 'compromise'
          ? { compromised: now, ...(occurred !== undefined && { compromiseOccurred: occurred }) }
          : { deactivated: now }),
        revocationReason: input.reason,
        ...(input.message !== undefined && { revocationMessage: input.message }),
      },
    })
    return {
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }] },
      ends: [{ object: object.id, principal: null }],
      detail: { reason: input.reason, state: row.state },
    }
  },
}
