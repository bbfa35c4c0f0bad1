import type { Change } from '../../operation/index.js'
import type { Outcome } from './committer.js'
import { fromFailure } from './failure.js'
import { type Tape, TapeWriter } from './tape.js'

/** Bounds the time for which one transaction keeps other processes out. */
const largestGroup = 512
/**
 * So many Changes that need no sync do not wait for the commit before theirs: a commit costs them little, and whoever
 * makes them is at work while they are written. Groups that are synced should rather grow.
 */
const unsyncedGroup = 12
/** Rows of a Change that shares its transaction; one of more is alone in it (the committer says why). */
const mostShared = 64

interface Waiting {
  resolve(sequence: number): void
  reject(error: unknown): void
}

class Group {
  readonly tape = new TapeWriter()
  readonly isShared: boolean
  readonly waiting: Waiting[] = []

  constructor(isShared: boolean) {
    this.isShared = isShared
  }
}

/**
 * Gathers Changes into groups: those that come together, and those that come while a group is
 * being committed, share a transaction.
 */
export class GroupCommit {
  readonly #commit: (tape: Tape) => Promise<readonly Outcome[]>
  readonly #groups: Group[] = []
  #scheduled = false
  #committing = 0

  constructor(commit: (tape: Tape) => Promise<readonly Outcome[]>) {
    this.#commit = commit
  }

  /** The sequence number of the Change's audit record. */
  add(change: Change): Promise<number> {
    return new Promise((resolve, reject) => {
      const { tape, waiting } = this.#groupFor(change)
      tape.change(change)
      waiting.push({ resolve, reject })
      if (waiting.length >= unsyncedGroup && !tape.synced) void this.#send()
      else this.#schedule()
    })
  }

  /** Sends what has been gathered without waiting for the groups before. */
  flush(): void {
    while (this.#groups.length > 0) void this.#send()
  }

  #groupFor({ objects = [], grants = [], records = [] }: Change): Group {
    const isShared = objects.length + grants.length + records.length <= mostShared
    const last = this.#groups.at(-1)
    if (isShared && last?.isShared && last.waiting.length < largestGroup) return last
    const group = new Group(isShared)
    this.#groups.push(group)
    return group
  }

  #schedule(): void {
    if (this.#scheduled || this.#committing > 0 || this.#groups.length === 0) return
    this.#scheduled = true
    // Whatever other requests there are to be read in this turn of the event loop have theirs in it, too.
    setImmediate(() => {
      this.#scheduled = false
      void this.#send()
    })
  }

  async #send(): Promise<void> {
    const group = this.#groups.shift()
    if (!group) return
    this.#committing++
    try {
      settle(group, await this.#commit(group.tape.finish()))
    } catch (error) {
      for (const { reject } of group.waiting) reject(error)
    }
    this.#committing--
    this.#schedule()
  }
}

function settle({ waiting }: Group, outcomes: readonly Outcome[]): void {
  for (const [i, { resolve, reject }] of waiting.entries()) {
    const outcome = outcomes[i] as Outcome
    if (typeof outcome === 'number') resolve(outcome)
    else reject(fromFailure(outcome))
  }
}
