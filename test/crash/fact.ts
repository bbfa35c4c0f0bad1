import type { State } from '../../lib/index.js'

/** What a store is asked about whatever is not the state of a key: whether it is so. */
export type Question =
  /** Whether everyone may encrypt with a key. */
  | readonly ['granted', key: string]
  /** Whether a principal is enabled. */
  | readonly ['enabled', principal: string]
  /** Whether a token proves who somebody is. */
  | readonly ['token', text: string]
  /** Whether a key is to be destroyed on a day. */
  | readonly ['doomed', key: string]

/** Something that was acknowledged to its caller. */
export interface Fact {
  /** The operation, as the audit trail calls it; none where only an answer is about to change. */
  readonly operation?: string
  /** What is so since; null while it is about to change. */
  readonly answer?: readonly [question: Question, answer: boolean | null]
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
