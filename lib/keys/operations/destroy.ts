import { MortiseError } from '../../errors/index.js'
import { AlreadyDone, type ManagedObject, type ObjectOperation, states } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { newJob, originOf, type StoredJob } from '../jobs.js'
import { keyDigest } from '../key_digest.js'
import { livingStates, nextState } from '../lifecycle.js'
import { materialLeft, removalsFromTokens } from '../on_token.js'
import { changedRow, managed } from '../row.js'
import type { KeyServices } from '../services.js'

const day = 86_400_000
const shortestDelay = 7
const longestDelay = 30

export interface DestroyInput {
  /** Id or name. */
  readonly object: string
  /** 0 for at once, or 7 to 30; not less than the key manager's own delay, which is the default. */
  readonly afterDays?: number
}

/**
 * Destroys the key of an object, for ever; what is known of it stays (KMIP 2.1 section 6.1.15). An Active object must be
 * revoked first. With a delay the object cannot be used from now on, and is destroyed by the scheduler when the day has
 * come, unless {@link cancelDestroy} comes first.
 */
export const destroy: ObjectOperation<KeyServices, DestroyInput, ObjectInfo> = {
  name: 'Destroy',
  permission: 'Destroy',
  durability: 'synced',
  states: livingStates,
  purposes: ['general'],
  whileDoomed: true,
  archived: true,
  target: (input) => input,
  async prepare(services, actor, input, object) {
    const days = delay(services, input)
    // Refuses now what would be refused then.
    const state = nextState(object.state, 'destroy')
    const removed = await removals(services, object)
    if (days === 0) return destroyed(services, object, state, removed, actor.id)
    const at = services.clock.now() + days * day
    const row = changedRow(services.barrier, object, { values: { destroyAt: at } })
    const job = newJob('destroy', object.id, at, actor.id)
    return {
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }], records: [...removed, services.jobs.write(job)] },
      ends: [{ object: object.id, principal: null }],
      detail: { destroyAt: new Date(at).toISOString() },
    }
  },
}

/** Takes back a destruction that is scheduled: the object is as it was. */
export const cancelDestroy: ObjectOperation<KeyServices, { readonly object: string }, ObjectInfo> = {
  name: 'CancelDestroy',
  permission: 'Destroy',
  durability: 'synced',
  states: livingStates,
  purposes: ['general'],
  whileDoomed: true,
  archived: true,
  target: (input) => input,
  async prepare(services, _actor, _input, object) {
    if (object.values.destroyAt === undefined) {
      throw new MortiseError('MORTISE_KEY_STATE', 'no destruction of this object is scheduled')
    }
    const row = changedRow(services.barrier, object, { values: { destroyAt: undefined } })
    return {
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }], records: await removals(services, object) },
    }
  },
}

/** What the scheduler runs when a destruction falls due. */
export const destroyDue: ObjectOperation<KeyServices, StoredJob, ObjectInfo> = {
  ...destroy,
  states,
  target: (input) => input,
  async prepare(services, _actor, { key }, object) {
    const job = await services.jobs.read(key)
    if (!job) throw new AlreadyDone()
    const removed = [services.jobs.remove(job)]
    if (object.values.destroyAt !== job.due) {
      // A job that somebody put back into the store: the object does not ask for it.
      return {
        answer: objectInfo(object),
        rows: { records: removed },
        detail: { ...originOf(job), result: 'not scheduled any more' },
      }
    }
    const prepared = await destroyed(services, object, nextState(object.state, 'destroy'), removed, job.setBy)
    return { ...prepared, detail: { ...prepared.detail, ...originOf(job) } }
  },
}

async function destroyed(
  services: KeyServices,
  object: ManagedObject,
  state: ManagedObject['state'],
  removed: Awaited<ReturnType<typeof removals>>,
  setBy: string,
) {
  const digest = await keyDigest(services, object)
  const row = changedRow(services.barrier, object, {
    state,
    material: materialLeft(object),
    values: { destroyed: services.clock.now(), destroyAt: undefined, ...(digest && { digest }) },
  })
  return {
    answer: objectInfo(managed(row)),
    rows: {
      objects: [{ row }],
      records: [...removed, ...removalsFromTokens(services, [object], setBy)],
    },
    ends: [{ object: object.id, principal: null }],
    detail: { state: row.state },
  }
}

/** Consumes what is scheduled of the object's destruction. */
async function removals(services: KeyServices, { id, values }: ManagedObject) {
  if (values.destroyAt === undefined) return []
  return services.jobs.removals(id, 'destroy')
}

function delay(services: KeyServices, { afterDays = services.destroyDelayDays }: DestroyInput): number {
  if (!isDestroyDelay(afterDays)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `a key is destroyed at once (0) or ${shortestDelay} to ${longestDelay} days from now`,
    )
  }
  if (afterDays < services.destroyDelayDays) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `keys are destroyed ${services.destroyDelayDays} days from now at the soonest: that is the setting here`,
    )
  }
  return afterDays
}

/** Whether a number of days may stand between the request and the destruction. */
export function isDestroyDelay(days: number): boolean {
  return days === 0 || (Number.isInteger(days) && days >= shortestDelay && days <= longestDelay)
}
