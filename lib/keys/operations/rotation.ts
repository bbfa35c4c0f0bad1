import { algorithmNamed } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import { AlreadyDone, type ObjectOperation, type RotationPolicy, states } from '../../operation/index.js'
import { formatDuration, parseDuration } from '../duration.js'
import { originOf, type StoredJob } from '../jobs.js'
import { livingStates } from '../lifecycle.js'
import {
  type RotationInfo,
  requireBetween,
  rotationInfo,
  rotationJob,
  rotationRemovals,
} from '../rotation.js'
import { changedRow } from '../row.js'
import type { KeyServices } from '../services.js'
import { type RekeyAnswer, rekey } from './rekey.js'

const day = 86_400_000
const shortest = 3_600_000
const longest = 36_500 * day
const mostKept = 1000

export interface SetRotationInput {
  /** Id or name of the newest version of a symmetric or private key. */
  readonly object: string
  /** From one rotation to the next, `PT1H` or more: ISO 8601 (`P90D`) or `90d`. Default: the algorithm's cryptoperiod. */
  readonly interval?: string
  /** From the making of a version to its activation, less than the interval. Default: it is Active at once. */
  readonly offset?: string
  /** How many of the newest versions stay Active; the others are deactivated, and still open and verify. Default all. */
  readonly keepActive?: number
  /** When the first one falls due: ISO 8601. Default: an interval from now. */
  readonly first?: string
}

export interface RotationAnswer {
  readonly policy: RotationInfo | null
  /** What SP 800-57 part 1 section 5.3.6 advises for the algorithm. */
  readonly advice: {
    readonly interval: string
    /** When this version has been in use for so long: ISO 8601, UTC. */
    readonly due: string
  }
}

/** Has a key rekeyed of itself from now on. The policy is the newest version's, and goes on to the next with each rekey. */
export const setRotation: ObjectOperation<KeyServices, SetRotationInput, RotationAnswer> = {
  name: 'SetRotation',
  permission: 'SetRotation',
  durability: 'synced',
  states: livingStates,
  purposes: ['general'],
  target: (input) => input,
  async prepare(services, actor, input, object) {
    const family = await services.objects.family(object.family)
    if (family[0]?.id !== object.id) {
      throw new MortiseError('MORTISE_KEY_STATE', 'set the rotation of the newest version of the key', {
        details: { newest: family[0]?.id ?? null },
      })
    }
    if (object.type !== 'SymmetricKey' && object.type !== 'PrivateKey') {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'only symmetric and private keys are rotated: a public key is replaced with its private key',
      )
    }
    const policy = policyOf(input, services.clock.now(), actor.id, advised(object.algorithm))
    const row = changedRow(services.barrier, object, { values: { rotation: policy } })
    return {
      answer: answerOf({ ...object, values: { ...object.values, rotation: policy } }),
      rows: {
        objects: [{ row }],
        records: [
          ...(await rotationRemovals(services, object)),
          services.jobs.write(rotationJob(object.id, policy)),
        ],
      },
      detail: { ...rotationInfo(policy) },
    }
  },
}

export const getRotation: ObjectOperation<KeyServices, { readonly object: string }, RotationAnswer> = {
  name: 'GetRotation',
  permission: 'Get',
  durability: 'written',
  states,
  purposes: ['general'],
  whileDoomed: true,
  target: (input) => input,
  async prepare(_services, _actor, _input, object) {
    return { answer: answerOf(object) }
  },
}

/** Ends a rotation policy. @throws MORTISE_KEY_STATE when there is none */
export const removeRotation: ObjectOperation<KeyServices, { readonly object: string }, RotationAnswer> = {
  name: 'RemoveRotation',
  permission: 'SetRotation',
  durability: 'synced',
  states,
  purposes: ['general'],
  whileDoomed: true,
  target: (input) => input,
  async prepare(services, _actor, _input, object) {
    if (!object.values.rotation) throw new MortiseError('MORTISE_KEY_STATE', 'the key has no rotation policy')
    const { rotation: _, ...values } = object.values
    return {
      answer: answerOf({ ...object, values }),
      rows: {
        objects: [{ row: changedRow(services.barrier, object, { values: { rotation: undefined } }) }],
        records: await rotationRemovals(services, object),
      },
    }
  },
}

/**
 * What the scheduler runs when a rotation falls due: the same rekey that anybody runs. A key that was revoked or destroyed
 * meanwhile is not rotated any more, and its policy ends.
 */
export const rotateDue: ObjectOperation<KeyServices, StoredJob, RekeyAnswer | undefined> = {
  ...rekey,
  states,
  whileDoomed: true,
  target: (input) => input,
  async prepare(services, actor, { key }, object) {
    const job = await services.jobs.read(key)
    if (!job) throw new AlreadyDone()
    const { rotation, destroyAt } = object.values
    if (rotation?.next !== job.due) {
      // A job that somebody put back into the store: the key does not ask for it.
      return {
        answer: undefined,
        rows: { records: [services.jobs.remove(job)] },
        detail: { ...originOf(job), result: 'not scheduled any more' },
      }
    }
    if (object.state !== 'Active' || destroyAt !== undefined) {
      const row = changedRow(services.barrier, object, { values: { rotation: undefined } })
      return {
        answer: undefined,
        rows: { objects: [{ row }], records: await rotationRemovals(services, object) },
        detail: { ...originOf(job), result: 'rotation policy ended', state: object.state },
      }
    }
    const offset = rotation.offset === undefined ? {} : { offset: formatDuration(rotation.offset) }
    const prepared = await rekey.prepare(services, actor, { object: object.id, ...offset }, object)
    return { ...prepared, detail: { ...prepared.detail, ...originOf(job) } }
  },
}

function policyOf(
  { interval, offset, keepActive, first }: SetRotationInput,
  now: number,
  setBy: string,
  advice: number,
): RotationPolicy {
  const length =
    interval === undefined
      ? advice
      : requireBetween('the interval', parseDuration(interval), shortest, longest)
  if (
    keepActive !== undefined &&
    !(Number.isInteger(keepActive) && keepActive >= 1 && keepActive <= mostKept)
  ) {
    throw new MortiseError('MORTISE_INPUT_INVALID', `1 to ${mostKept} versions may stay Active`)
  }
  const next = first === undefined ? now + length : Date.parse(first)
  if (!(next >= now && next <= now + longest)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'the first rotation needs a date that is to come, in ISO 8601',
    )
  }
  return {
    interval: length,
    ...(offset !== undefined && {
      offset: requireBetween('the offset', parseDuration(offset), 0, length - 1000),
    }),
    ...(keepActive !== undefined && { keepActive }),
    next,
    setBy,
  }
}

function answerOf({
  algorithm,
  created,
  values: { rotation, activated },
}: Parameters<typeof getRotation.prepare>[3]): RotationAnswer {
  const advice = advised(algorithm)
  return {
    policy: rotation ? rotationInfo(rotation) : null,
    advice: {
      interval: formatDuration(advice),
      due: new Date(Math.max(created, activated ?? 0) + advice).toISOString(),
    },
  }
}

/** Milliseconds. */
function advised(algorithm: string): number {
  return algorithmNamed(algorithm).cryptoperiodDays * day
}
