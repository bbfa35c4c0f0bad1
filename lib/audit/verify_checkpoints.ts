import type { KeyObject } from 'node:crypto'
import { isMortiseError } from '../errors/index.js'
import {
  type Checkpoint,
  checkpointHash,
  checkpointKey,
  isSigned,
  parseCheckpoint,
  type SignedCheckpoint,
} from './checkpoint.js'
import { type CheckpointServices, readCheckpoints, type StoredCheckpoint } from './checkpoint_store.js'

/** What stands for the chain in problems of checkpoints. */
export const checkpointChain = 'checkpoints'

/** Checkpoints that are read at a time. */
const pageLength = 200

/** What is known of checkpoints from outside the database. */
export interface TrustedCheckpoints {
  /** Texts of checkpoints that were kept outside the database, and are trusted to be what they were. */
  readonly checkpoints?: readonly string[]
  /** Public keys (PEM) one of which must have signed every checkpoint. Default: whichever key each names, all the same. */
  readonly publicKeys?: readonly string[]
}

/** Where something is recorded: a record of a chain, or a checkpoint. */
export interface Place {
  readonly chain: string
  readonly sequence: number
}

export interface Findings {
  /** Each checkpoint of the store, newest first. */
  stored(checkpoint: Checkpoint): void
  report(number: number, problem: string): void
  head(head: string, where: Place): void
}

/**
 * Checks the checkpoints of the store, each against its signature and the next one, and those from outside against
 * them, and tells the heads that they recorded.
 *
 * @returns how many the store has
 * @throws MORTISE_INPUT_INVALID for a checkpoint or key from outside that is none
 */
export async function verifyCheckpoints(
  services: CheckpointServices,
  options: TrustedCheckpoints,
  findings: Findings,
): Promise<number> {
  const keys = (options.publicKeys ?? []).map(checkpointKey)
  const trusted = new Map(
    (options.checkpoints ?? []).map(parseCheckpoint).map((one) => [one.checkpoint.number, one]),
  )
  let count = 0
  let newest = 0
  let next: StoredCheckpoint | undefined
  for await (const stored of newestFirst(services, findings)) {
    count++
    const { number } = stored.checkpoint
    newest = Math.max(newest, number)
    findings.stored(stored.checkpoint)
    check(stored, services.store.id, keys, findings)
    if (next) compare(stored, next, findings)
    const outside = trusted.get(number)
    if (outside && outside.text !== stored.text)
      findings.report(number, 'it is not the checkpoint that was kept outside')
    if (outside?.text === stored.text) trusted.delete(number)
    next = stored
  }
  if (next && next.checkpoint.number !== 1)
    findings.report(next.checkpoint.number - 1, 'the checkpoint is missing, with all before it')
  for (const [number, outside] of trusted) {
    check(outside, services.store.id, keys, findings)
    if (number > newest)
      findings.report(
        number,
        'the checkpoint that was kept outside is missing: the store was rolled back or cut',
      )
  }
  return count
}

function check(
  signed: SignedCheckpoint,
  store: string,
  keys: readonly KeyObject[],
  { report, head }: Findings,
): void {
  const { checkpoint } = signed
  const { number } = checkpoint
  if (checkpoint.store !== store) report(number, `the checkpoint is of another store: ${checkpoint.store}`)
  if (!isSigned(signed, keys)) report(number, 'the signature of the checkpoint does not verify')
  for (const text of checkpoint.heads) head(text, { chain: `checkpoint ${number}`, sequence: number })
}

function compare({ text, checkpoint }: SignedCheckpoint, next: SignedCheckpoint, { report }: Findings): void {
  const follows: Checkpoint = next.checkpoint
  if (checkpoint.number !== follows.number - 1) {
    report(follows.number - 1, `the checkpoint is missing: ${checkpoint.number} stands where it should`)
  } else if (follows.previous !== checkpointHash(text)) {
    report(checkpoint.number, 'it is not the checkpoint that the next one follows')
  }
  if (checkpoint.publicKey !== follows.publicKey)
    report(follows.number, 'the checkpoint is signed with another key than the one before')
}

/** What does not open ends the walk: nothing before it can be told from what an intruder has put there. */
async function* newestFirst(
  services: CheckpointServices,
  { report }: Findings,
): AsyncGenerator<StoredCheckpoint> {
  for (let before: number | undefined; ; ) {
    let page: StoredCheckpoint[]
    try {
      page = await readCheckpoints(services, pageLength, before)
    } catch (error) {
      if (!isMortiseError(error)) throw error
      report(before === undefined ? 0 : before - 1, `checkpoints cannot be read: ${error.message}`)
      return
    }
    yield* page
    before = page.at(-1)?.checkpoint.number
    if (page.length < pageLength) return
  }
}
