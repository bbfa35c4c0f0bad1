import { MortiseError } from '../errors/index.js'
import { type ManagedObject, type ObjectOperation, usageMask } from '../operation/index.js'
import type { Services } from './services.js'

/** One thing that an operation asks of the object itself, whoever acts. Throws what is wrong. */
type Check = <Input>(
  operation: ObjectOperation<Services, Input, unknown>,
  input: Input,
  object: ManagedObject,
) => void

/** In the order in which they are made. */
export const checks = {
  purpose: checkPurpose,
  state: checkState,
  doom: checkDoom,
  usage: checkUsage,
} as const satisfies Record<string, Check>

const inOrder: readonly Check[] = Object.values(checks)

/** @throws MORTISE_KEY_PURPOSE, MORTISE_KEY_STATE, MORTISE_KEY_USAGE */
export const check: Check = (operation, input, object) => {
  for (const one of inOrder) one(operation, input, object)
}

function checkPurpose<Input>(
  { name, purposes }: ObjectOperation<Services, Input, unknown>,
  _input: Input,
  { purpose }: ManagedObject,
): void {
  if (purposes.includes(purpose)) return
  throw new MortiseError('MORTISE_KEY_PURPOSE', `a key of the purpose ${purpose} is not for ${name}`)
}

function checkState<Input>(
  operation: ObjectOperation<Services, Input, unknown>,
  input: Input,
  { id, state }: ManagedObject,
): void {
  const states = typeof operation.states === 'function' ? operation.states(input) : operation.states
  if (states.includes(state)) return
  throw new MortiseError(
    'MORTISE_KEY_STATE',
    `${operation.name} needs an object that is ${states.join(' or ')}: this one is ${state}`,
    { details: { object: id, state } },
  )
}

function checkDoom<Input>(
  { name, whileDoomed }: ObjectOperation<Services, Input, unknown>,
  _input: Input,
  { id, values: { destroyAt } }: ManagedObject,
): void {
  if (destroyAt === undefined || whileDoomed) return
  const date = new Date(destroyAt).toISOString()
  throw new MortiseError(
    'MORTISE_KEY_STATE',
    `${name} is refused: the object is to be destroyed at ${date}; cancel the destruction first`,
    { details: { object: id, destroyAt: date } },
  )
}

function checkUsage<Input>(
  { usage }: ObjectOperation<Services, Input, unknown>,
  input: Input,
  object: ManagedObject,
): void {
  const usages = typeof usage === 'function' ? usage(input) : [usage]
  for (const one of usages) {
    if (one !== undefined && (object.usage & usageMask[one]) === 0) {
      throw new MortiseError('MORTISE_KEY_USAGE', `the usage mask of the key has no ${one}`, {
        details: { object: object.id },
      })
    }
  }
}
