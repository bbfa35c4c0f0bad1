import type { State } from '../../lib/index.js'

/** Something that was acknowledged to its caller. */
export interface Fact {
  /** The operation, as the audit trail calls it. */
  readonly operation: string
  /** Object id, or a name. */
  readonly key?: string
  /** The state that the key has since. */
  readonly state?: State
  /** Id of its next version. */
  readonly replacement?: string
  /** Of the records that were made, hexadecimal. */
  readonly nonces?: readonly string[]
}

/** A life of a store during which a call failed. */
export interface FaultyRun {
  /** Number of the call. */
  readonly n: number
  /** How many there were. */
  readonly calls: number
  /** Codes of the errors that the callers got. */
  readonly errors: readonly string[]
  readonly problems: readonly string[]
}
