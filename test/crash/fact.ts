import type { State } from '../../lib/index.js'
import type { Answer, Question } from './questions.js'

/** Something that was acknowledged to its caller. */
export interface Fact {
  /** The operation, as the audit trail calls it; none where something is only about to change. */
  readonly operation?: string
  /** What is answered since; null while it is about to change. */
  readonly answer?: readonly [question: Question, answer: Answer | null]
  /** Object id, or a name. */
  readonly key?: string
  /** The state that the key has since. */
  readonly state?: State
  /** Id of its next version. */
  readonly replacement?: string
  /** Of the records that were made, hexadecimal. */
  readonly nonces?: readonly string[]
  /** The root keys of which one opens the store since, hexadecimal. */
  readonly roots?: readonly string[]
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
