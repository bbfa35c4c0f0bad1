import { MortiseError } from '../errors/index.js'
import type { ManagedObject, Operation } from '../operation/index.js'
import type { Within } from './actor.js'
import type { Services } from './services.js'

/** Whoever is narrowed to some objects does nothing that is on none. @throws MORTISE_ACCESS_DENIED */
export function requireObject<Input>(
  within: Within | undefined,
  operation: Operation<Services, Input, unknown>,
  input: Input,
): void {
  if (within && !('target' in operation) && (operation.alsoOn?.(input) ?? []).length === 0) throw others()
}

/** @throws MORTISE_ACCESS_DENIED */
export function requireWithin(within: Within | undefined, { id, values }: ManagedObject): void {
  if (!within) return
  const { objects, objectGroups } = within
  if (objects && !objects.includes(id)) throw others()
  if (objectGroups && !values.objectGroups?.some((group) => objectGroups.includes(group))) throw others()
}

function others(): MortiseError {
  return new MortiseError('MORTISE_ACCESS_DENIED', 'what is allowed here are other objects')
}
