import { type Algorithm, algorithms } from './algorithms.js'
import { hashes } from './hashes.js'
import { callerIv, modes } from './modes.js'
import type { Judged, Standing } from './policy.js'
import { signatureSchemes } from './signatures.js'
import { uses } from './uses.js'

/** One line of what the policies admit. */
export interface PolicyRow {
  readonly kind: 'key' | 'mode' | 'hash' | 'signature' | 'use'
  readonly name: string
  /** Bits of keys, or curves. */
  readonly lengths: readonly (string | number)[]
  readonly standing: Standing
}

/** Everything that a policy may be asked about, from the tables that the operations use. */
export const policyTable: readonly PolicyRow[] = [
  ...Object.values<Algorithm>(algorithms).flatMap(keyRows),
  ...[...Object.values<Judged>(modes), callerIv].map(({ name, standing }) => ({
    kind: 'mode' as const,
    name,
    lengths: [],
    standing,
  })),
  ...Object.values<Judged>(hashes).map((hash) => ({ kind: 'hash' as const, lengths: [], ...hash })),
  ...Object.entries(signatureSchemes).map(([name, { standing }]) => ({
    kind: 'signature' as const,
    name,
    lengths: [],
    standing,
  })),
  ...Object.values<Judged>(uses).map((use) => ({ kind: 'use' as const, lengths: [], ...use })),
]

/** The row, and one more for each length or curve that is regarded otherwise. */
function keyRows({ name, lengths, curves, standing, standings = {} }: Algorithm): PolicyRow[] {
  const all: readonly (string | number)[] = curves ?? lengths
  const apart = Object.entries(standings).map(([one, its]) => ({
    kind: 'key' as const,
    name: `${name} ${one}`,
    lengths: all.filter((each) => String(each) === one),
    standing: its,
  }))
  return [
    { kind: 'key', name, lengths: all.filter((one) => standings[one] === undefined), standing },
    ...apart,
  ]
}
