import { MortiseError } from '../errors/index.js'
import type { ManagedObject, Prepared, UsageLimits } from '../operation/index.js'
import { type Asking, directionsOf } from './checks.js'
import type { Services } from './services.js'

/**
 * What was prepared, once what it protects is counted against the usage limits of the key. It is given back
 * when the Change is not applied.
 *
 * @throws MORTISE_KEY_USAGE_LIMIT
 */
export async function charged<Input, Answer>(
  { usage }: Services,
  operation: Asking<Input>,
  input: Input,
  object: ManagedObject,
  limits: UsageLimits,
  prepared: Prepared<Answer>,
): Promise<Prepared<Answer>> {
  if (operation.protects === 'itself') return prepared
  if (!directionsOf(operation, input, object).protects) return prepared
  const abandon = prepared.abandon?.bind(prepared)
  try {
    if (limits.unit === 'Byte' && !operation.protects) {
      throw new MortiseError(
        'MORTISE_KEY_USAGE_LIMIT',
        `${operation.name} cannot be counted in bytes, as the usage limits of this key ask`,
        { details: { object: object.id } },
      )
    }
    const amount =
      limits.unit === 'Byte' && operation.protects
        ? operation.protects(input)
        : (operation.uses?.(input) ?? 1)
    await usage.takeLimited(object, amount)
    return {
      ...prepared,
      abandon() {
        usage.giveBack(object.id, amount)
        abandon?.()
      },
    }
  } catch (error) {
    abandon?.()
    throw error
  }
}
