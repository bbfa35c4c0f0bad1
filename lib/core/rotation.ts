import {
  addRootKey,
  type BarrierServices,
  type KeyringStep,
  NewRoot,
  type NewRootKey,
  removeRootKeys,
  rotateKeyring,
} from '../barrier/index.js'
import type { Operation } from '../operation/index.js'
import type { Services } from './services.js'

/** Longer than any process takes from one reading of the changes table to the next. */
const everybodyHasHeard = 1500

/** Runs an operation for whoever asked for the rotation. */
type Run = <Input, Answer>(operation: Operation<Services, Input, Answer>, input: Input) => Promise<Answer>

/** Where a rotation of the root key has got to. */
export type RootRotationStep = 'made' | 'wrapped' | 'verified' | 'in place' | 'removed'

export interface RootRotation {
  /** Id of the root key that the store is sealed with now. */
  readonly root: string
  readonly previous: string
  /** File that keeps the old key, where the new one has taken its place; backups made before need it. */
  readonly kept: string | null
}

/**
 * Makes the new root key, wraps the keyring with it, verifies that, puts the key in place and removes the old wrapping.
 * Cut short at any step, the store opens with the old or the new key, and the rotation can be made again.
 */
export async function rotateRoot(
  run: Run,
  { store, barrier }: Pick<BarrierServices, 'store' | 'barrier'>,
  to: NewRootKey,
  onStep: (step: RootRotationStep) => void,
): Promise<RootRotation> {
  const target = new NewRoot(store, barrier.wrappings, to, () => onStep('made'))
  try {
    const added = await run(addRootKey, target)
    onStep('wrapped')
    await target.verify(barrier)
    onStep('verified')
    const kept = target.settle(added.previous)
    barrier.wrappings.use(target.source)
    onStep('in place')
    await run(removeRootKeys, {})
    onStep('removed')
    return { ...added, kept }
  } finally {
    await target.close()
  }
}

/** Adds a version to the keyring, waits until every process has it, and seals with it from then on. */
export async function rotateRing(
  run: Run,
  { barrier }: Pick<BarrierServices, 'barrier'>,
): Promise<KeyringStep> {
  const { version: pending } = await run(rotateKeyring, {})
  await new Promise((resolve) => setTimeout(resolve, everybodyHasHeard))
  const step = await run(rotateKeyring, { pending })
  await barrier.reload()
  return step
}
