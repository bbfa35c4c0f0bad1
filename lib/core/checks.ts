import { MortiseError } from '../errors/index.js'
import { processUsages, protectUsages } from '../keys/index.js'
import { type Asks, type ManagedObject, type Usage, usageMask } from '../operation/index.js'

/** What is asked of an object, and by which operation. */
export type Asking<Input> = Asks<Input> & { readonly name: string }

/** One thing that an operation asks of the object itself, whoever acts. Throws what is wrong. */
type Check = <Input>(
  operation: Asking<Input>,
  input: Input,
  object: ManagedObject,
  /** Milliseconds since 1970. */
  now: number,
) => void

/** In the order in which they are made. */
export const checks = {
  purpose: checkPurpose,
  state: checkState,
  doom: checkDoom,
  usage: checkUsage,
  dates: checkDates,
  archived: checkArchived,
} as const satisfies Record<string, Check>

const inOrder: readonly Check[] = Object.values(checks)

/** @throws MORTISE_KEY_PURPOSE, MORTISE_KEY_STATE, MORTISE_KEY_USAGE, MORTISE_KEY_PERIOD, MORTISE_KEY_ARCHIVED */
export const check: Check = (operation, input, object, now) => {
  for (const one of inOrder) one(operation, input, object, now)
}

/** Whether an operation applies protection, or undoes it. */
export function directionsOf<Input>(
  operation: Asking<Input>,
  input: Input,
  object: ManagedObject,
): { readonly protects: boolean; readonly processes: boolean } {
  const usages = usagesOf(operation, input, object)
  return {
    protects: !operation.processes && usages.some((usage) => protectUsages.includes(usage)),
    processes: operation.processes ?? usages.some((usage) => processUsages.includes(usage)),
  }
}

/** The usages that an operation asks for. */
function usagesOf<Input>({ usage }: Asking<Input>, input: Input, object: ManagedObject): readonly Usage[] {
  if (typeof usage === 'function') return usage(input, object)
  return usage === undefined ? [] : [usage]
}

function checkPurpose<Input>(
  { name, purposes }: Asking<Input>,
  _input: Input,
  { purpose }: ManagedObject,
): void {
  if (purposes.includes(purpose)) return
  throw new MortiseError('MORTISE_KEY_PURPOSE', `a key of the purpose ${purpose} is not for ${name}`)
}

function checkState<Input>(operation: Asking<Input>, input: Input, { id, state }: ManagedObject): void {
  const states = typeof operation.states === 'function' ? operation.states(input) : operation.states
  if (states.includes(state)) return
  throw new MortiseError(
    'MORTISE_KEY_STATE',
    `${operation.name} needs an object that is ${states.join(' or ')}: this one is ${state}`,
    { details: { object: id, state } },
  )
}

function checkDoom<Input>(
  { name, whileDoomed }: Asking<Input>,
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

function checkUsage<Input>(operation: Asking<Input>, input: Input, object: ManagedObject): void {
  for (const one of usagesOf(operation, input, object)) {
    if ((object.usage & usageMask[one]) === 0) {
      throw new MortiseError('MORTISE_KEY_USAGE', `the usage mask of the key has no ${one}`, {
        details: { object: object.id },
      })
    }
  }
}

/** What the state does not say: the activation and deactivation dates have made it what it is. */
function checkDates<Input>(operation: Asking<Input>, input: Input, object: ManagedObject, now: number): void {
  const { id, values } = object
  const { processStart, protectStop } = values
  const early = processStart !== undefined && now < processStart
  const late = protectStop !== undefined && now >= protectStop
  if (!early && !late) return
  const { protects, processes } = directionsOf(operation, input, object)
  const refuse = (text: string) => new MortiseError('MORTISE_KEY_PERIOD', text, { details: { object: id } })
  if (early && processes) throw refuse('the process start date of the key has not come yet')
  if (late && protects)
    throw refuse('the protect stop date of the key has passed: it still opens and verifies; rekey it')
}

function checkArchived<Input>(
  { name, archived }: Asking<Input>,
  _input: Input,
  { id, values }: ManagedObject,
): void {
  if (archived || values.archived === undefined) return
  throw new MortiseError(
    'MORTISE_KEY_ARCHIVED',
    `${name} needs an object that is not archived: recover it first`,
    {
      details: { object: id },
    },
  )
}
