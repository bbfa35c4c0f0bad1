import { MortiseError } from '../errors/index.js'
import type { ManagedObject, RecordWrite, RotationPolicy } from '../operation/index.js'
import { formatDuration } from './duration.js'
import { type Job, newJob } from './jobs.js'
import type { ObjectPatch } from './row.js'
import type { KeyServices } from './services.js'

/** A rotation policy as it is told. */
export interface RotationInfo {
  /** From one rotation to the next: ISO 8601, as the offset. */
  readonly interval: string
  /** From the making of a version to its activation; null for at once. */
  readonly offset: string | null
  /** How many of the newest versions stay Active; null for all. */
  readonly keepActive: number | null
  /** When the next one falls due: ISO 8601, UTC. */
  readonly next: string
  /** Principal id of whoever set it. */
  readonly setBy: string
}

export function rotationInfo({ interval, offset, keepActive, next, setBy }: RotationPolicy): RotationInfo {
  return {
    interval: formatDuration(interval),
    offset: offset === undefined ? null : formatDuration(offset),
    keepActive: keepActive ?? null,
    next: new Date(next).toISOString(),
    setBy,
  }
}

/**
 * The policy for the version that comes next. A rotation that was due sets the next one by the date on which it was due, so
 * that a late one shifts nothing; one that somebody asks for begins the interval anew.
 */
export function nextPolicy(policy: RotationPolicy, now: number): RotationPolicy {
  const { interval, next } = policy
  const missed = Math.floor((now - next) / interval)
  return { ...policy, next: next <= now ? next + (missed + 1) * interval : now + interval }
}

export function rotationJob(object: string, { next, setBy }: RotationPolicy): Job {
  return newJob('rotate', object, next, setBy)
}

/** Consumes what is scheduled of an object's rotation. */
export async function rotationRemovals(services: KeyServices, object: ManagedObject): Promise<RecordWrite[]> {
  if (!object.values.rotation) return []
  return services.jobs.removals(object.id, 'rotate')
}

/**
 * What becomes of the versions that a policy does not keep Active: they still open and verify.
 *
 * @param newest the serial of the newest version that is Active
 */
export function retirement(
  services: KeyServices,
  { state, serial }: ManagedObject,
  newest: number,
  keepActive: number | undefined,
): ObjectPatch | undefined {
  if (keepActive === undefined || state !== 'Active' || serial > newest - keepActive) return undefined
  return {
    state: 'Deactivated',
    values: { deactivated: services.clock.now(), revocationReason: 'Superseded' },
  }
}

/** @throws MORTISE_INPUT_INVALID */
export function requireBetween(what: string, milliseconds: number, least: number, most: number): number {
  if (milliseconds >= least && milliseconds <= most) return milliseconds
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `${what} must be ${formatDuration(least)} to ${formatDuration(most)}`,
  )
}
