import { MortiseError } from '../errors/index.js'
import type { ManagedObject, ObjectAttributes, State } from '../operation/index.js'

/**
 * The state that an object is in at a time: its activation date makes it Active, its deactivation date Deactivated (KMIP 2.1
 * section 4, Activation Date and Deactivation Date), with nobody's help. What the dates have brought about is written when
 * the object is next used or changed, so that a clock that is set back does not undo it.
 */
export function stateAt(
  { state, values: { activated, deactivated } }: { readonly state: State; readonly values: ObjectAttributes },
  now: number,
): State {
  const begun = state === 'PreActive' && activated !== undefined && activated <= now
  if (state !== 'Active' && !begun) return state
  return deactivated !== undefined && deactivated <= now ? 'Deactivated' : 'Active'
}

/** The object as it is at a time. The same one where its dates have changed nothing. */
export function objectAt(object: ManagedObject, now: number): ManagedObject {
  const state = stateAt(object, now)
  return state === object.state ? object : { ...object, state }
}

/** From when on a key protects nothing any more, if there is such a time. */
export function protectsUntil({ values: { deactivated, protectStop } }: ManagedObject): number {
  return Math.min(deactivated ?? Number.POSITIVE_INFINITY, protectStop ?? Number.POSITIVE_INFINITY)
}

/** Milliseconds for which what was done can be taken back, where it was part of something that failed as a whole. */
const undoTime = 60_000

/**
 * @param said the date that what was done has answered
 * @throws MORTISE_KEY_STATE where it was done at another time, or longer ago than anything takes that it can be a part of
 */
export function requireUndoable(done: number | undefined, said: string, now: number): void {
  if (done === undefined || done !== Date.parse(said))
    throw new MortiseError('MORTISE_KEY_STATE', 'that was not done to the object then')
  if (now - done > undoTime) throw new MortiseError('MORTISE_KEY_STATE', 'it is too late to take that back')
}

/** @throws MORTISE_INPUT_INVALID for dates that contradict one another */
export function checkDates({ activated, processStart, protectStop, deactivated }: ObjectAttributes): void {
  const order = [
    ['the activation date', activated, 'the process start date', processStart],
    ['the activation date', activated, 'the deactivation date', deactivated],
    ['the protect stop date', protectStop, 'the deactivation date', deactivated],
  ] as const
  for (const [first, from, second, to] of order) {
    if (from !== undefined && to !== undefined && from > to)
      throw new MortiseError('MORTISE_INPUT_INVALID', `${first} must not be after ${second}`)
  }
}
