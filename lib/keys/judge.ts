import { admit, type Judged, judgedKey, type KeySpec, type PolicyMark, type Use } from '../crypto/index.js'
import type { ManagedObject } from '../operation/index.js'
import type { KeyServices } from './services.js'

/**
 * Asks the policy whether a key may be made (a specification) or used (an object), with whatever else takes part.
 *
 * @returns what the audit record must say
 * @throws MORTISE_CRYPTO_POLICY
 */
export function judge(
  { policy }: KeyServices,
  use: Use,
  key: KeySpec | ManagedObject,
  ...others: readonly Judged[]
): PolicyMark {
  const judged =
    'values' in key
      ? judgedKey(key.algorithm, key.length, key.values.curve)
      : judgedKey(key.algorithm.name, key.length, key.curve)
  return admit(policy, use, judged, ...others)
}
