/** What Wycheproof's files have in common, and how the product is asked about a test of theirs. */
import { isMortiseError } from '../../../lib/errors/index.js'

export interface Case {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

export interface Group<C extends Case = Case> {
  readonly tests: readonly C[]
}

export interface File {
  readonly schema: string
  readonly algorithm: string
  readonly testGroups: readonly Group[]
}

/** For the files of one schema. `C` is a test, `G` what stands above the tests of a group. */
export interface Runner<C extends Case, G = unknown> {
  /** Why Mortise has no such thing, by a parameter of the test: even what is valid is refused then. */
  outside?(group: G, test: C, algorithm: string): string | undefined
  /** May throw what {@link isRefusal} knows. */
  accepts(group: G, test: C, algorithm: string): boolean | Promise<boolean>
}

/** By the name of the schema. */
export type Runners = Readonly<Record<string, Runner<never, never>>>

/** Whether an error says no to the input; any other is an accident. */
export function isRefusal(error: unknown): boolean {
  return (
    isMortiseError(error, 'MORTISE_CRYPTO_DECRYPTION_FAILED') ||
    isMortiseError(error, 'MORTISE_CRYPTO_KEY_INVALID') ||
    isMortiseError(error, 'MORTISE_CRYPTO_UNSUPPORTED') ||
    isMortiseError(error, 'MORTISE_INPUT_INVALID')
  )
}
