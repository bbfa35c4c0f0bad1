import { isMortiseError } from '../errors/index.js'
import { type AuditRecord, chainHash, decodeAuditRecord, type SystemOperation } from '../operation/index.js'
import type { Store, StoredHead } from '../storage/index.js'
import type { CheckpointServices } from './checkpoint_store.js'
import { Cuts, readPruneMark } from './prune_mark.js'
import { chainOpened, formatHead, parseHead } from './trail.js'
import {
  checkpointChain,
  type Findings,
  type Place,
  type TrustedCheckpoints,
  verifyCheckpoints,
} from './verify_checkpoints.js'

/** Records that are read at a time. */
const pageLength = 1000
/** Problems that are listed: one more says nothing new. */
const listedProblems = 1000

export interface AuditProblem {
  /** UUID of the chain. */
  readonly chain: string
  readonly sequence: number
  readonly problem: string
}

export interface AuditVerification {
  readonly chains: number
  /** Signed checkpoints that the store has. */
  readonly checkpoints: number
  /** Records that were read. */
  readonly records: number
  /** Empty for a trail without a fault. At most the first 1000. */
  readonly problems: readonly AuditProblem[]
}

export interface VerifyOptions extends TrustedCheckpoints {
  /** Called after each page with the number of records read so far, and of those there were at the start. */
  onProgress?(records: number, total: number): void
}

/**
 * Walks every audit chain from its first record to the head that it has now, computes each hash again, checks the chain of
 * checkpoints, and looks up every head that a chain or a checkpoint recorded. A chain that was pruned begins after records
 * that a signed checkpoint vouches for, up to the one that the prune was of.
 *
 * Finds: a change of any bit of a record or hash, a record that is missing, added or moved within a chain, a record that
 * does not decode, a chain that was shortened, rewritten or removed below a head that a later chain or a checkpoint has
 * recorded; given a checkpoint from outside the database, also a store that was rolled back to before it.
 *
 * Without the barrier, which opens the checkpoints and says what was pruned, the chains alone are checked, from wherever
 * they begin.
 *
 * Cannot find: records cut off the end of a chain, or rewritten with new hashes, after the last head of it that is recorded
 * in what the intruder could not change: whoever writes the database removes the newest checkpoints with them.
 */
export async function verifyAudit(
  services: VerifyServices,
  options: VerifyOptions = {},
): Promise<AuditVerification> {
  for (;;) {
    const heads = await services.store.chainHeads()
    const verification = await verifyOnce(services, options, heads)
    if (verification.problems.length === 0 || !(await isPrunedSince(services.store, heads)))
      return verification
  }
}

type VerifyServices = Pick<CheckpointServices, 'store'> & Partial<CheckpointServices>

/** Whether something was pruned that was still there when the heads were read. */
async function isPrunedSince(store: Store, heads: readonly StoredHead[]): Promise<boolean> {
  const origins = new Map(heads.map(({ chain, origin }) => [chain, origin.sequence]))
  const now = await store.chainHeads()
  return now.some(({ chain, origin }) => origin.sequence > (origins.get(chain) ?? origin.sequence))
}

async function verifyOnce(
  { store, barrier }: VerifyServices,
  options: VerifyOptions,
  heads: readonly StoredHead[],
): Promise<AuditVerification> {
  const verifier = new Verifier(store, options, heads)
  for (const head of heads) await verifier.walk(head)
  const cuts = new Cuts(barrier ? await verifier.prunedThrough({ store, barrier }) : 0)
  const findings: Findings = {
    stored: (checkpoint) => cuts.add(checkpoint),
    report: (number, problem) => verifier.report(checkpointChain, number, problem),
    head: (head, where) => verifier.recorded(head, where),
  }
  const checkpoints = barrier ? await verifyCheckpoints({ store, barrier }, options, findings) : 0
  if (barrier) for (const head of heads) verifier.checkOrigin(head, cuts)
  await verifier.lookUpRecordedHeads()
  return { chains: heads.length, checkpoints, records: verifier.records, problems: verifier.problems }
}

/** The same for whoever may read the trail; that it was verified, and with what result, is on it. */
export const auditVerify: SystemOperation<CheckpointServices, VerifyOptions, AuditVerification> = {
  name: 'AuditVerify',
  permission: 'AuditRead',
  durability: 'written',
  // What it finds is of the moment it looked; a long walk is not begun again.
  independent: true,
  async prepare(services, _actor, input) {
    const answer = await verifyAudit(services, input)
    const { chains, checkpoints, records, problems } = answer
    return { answer, detail: { chains, checkpoints, records, problems: problems.length } }
  },
}

class Verifier {
  readonly problems: AuditProblem[] = []
  records = 0
  readonly #store: Store
  readonly #options: VerifyOptions
  readonly #total: number
  /** Heads that chains and checkpoints recorded, each with where it was recorded first. */
  readonly #recorded = new Map<string, Place>()

  readonly #origins: ReadonlyMap<string, StoredHead['origin']>

  constructor(store: Store, options: VerifyOptions, heads: readonly StoredHead[]) {
    this.#store = store
    this.#options = options
    this.#total = heads.reduce((total, { sequence, origin }) => total + sequence - origin.sequence, 0)
    this.#origins = new Map(heads.map(({ chain, origin }) => [chain, origin]))
  }

  /** After a fault it goes on from the stored hash, so that one fault is one problem and not one for each later record. */
  async walk(head: StoredHead): Promise<void> {
    const { chain, origin } = head
    let next = origin.sequence + 1
    let previous: Uint8Array | undefined = origin.hash
    while (next <= head.sequence) {
      const rows = await this.#store.auditChain(chain, next, Math.min(pageLength, head.sequence - next + 1))
      if (rows.length === 0) {
        this.report(chain, next, `records ${next} to ${head.sequence} are missing`)
        return
      }
      for (const row of rows) {
        if (row.sequence !== next) {
          this.report(
            chain,
            next,
            `a record is missing or out of place: ${row.sequence} stands where ${next} should`,
          )
          previous = undefined
        }
        if (previous && !same(chainHash(chain, row.sequence, previous, row.record), row.hash)) {
          this.report(chain, row.sequence, 'the hash does not match the record and the one before')
        }
        const record = decodeAuditRecord(row.record)
        if (record) this.#collectHeads(chain, row.sequence, record)
        else this.report(chain, row.sequence, 'the record does not decode')
        previous = row.hash
        next = Math.max(next, row.sequence) + 1
      }
      this.records += rows.length
      this.#options.onProgress?.(this.records, this.#total)
    }
    if (previous && !same(previous, head.hash)) {
      this.report(chain, head.sequence, 'the head of the chain is not the hash of its last record')
    }
  }

  /** Number of the checkpoint up to which the trail was pruned: only whoever has the root key can have written it. */
  async prunedThrough(services: CheckpointServices): Promise<number> {
    try {
      return (await readPruneMark(services)).value.checkpoint
    } catch (error) {
      if (!isMortiseError(error)) throw error
      this.report(checkpointChain, 0, `what was pruned cannot be read: ${error.message}`)
      return 0
    }
  }

  /** A chain may begin where a checkpoint vouches for what came before. Before that, its hashes lead to what it vouches for. */
  checkOrigin({ chain, origin }: StoredHead, cuts: Cuts): void {
    const cut = cuts.of(chain)
    if (origin.sequence > (cut?.sequence ?? 0)) {
      const first = (cut?.sequence ?? 0) + 1
      this.report(chain, first, `records ${first} to ${origin.sequence} were removed without being pruned`)
    } else if (cut && origin.sequence === cut.sequence && !same(origin.hash, cut.hash)) {
      this.report(
        chain,
        origin.sequence,
        'the hash that the chain begins after is not that of its checkpoint',
      )
    }
  }

  async lookUpRecordedHeads(): Promise<void> {
    for (const [text, where] of this.#recorded) {
      const head = parseHead(text)
      if (!head) {
        this.report(where.chain, where.sequence, `it records a head that is none: ${text}`)
        continue
      }
      const origin = this.#origins.get(head.chain)
      if (origin && head.sequence < origin.sequence) continue
      const row =
        origin?.sequence === head.sequence
          ? { ...head, hash: origin.hash }
          : (await this.#store.auditChain(head.chain, head.sequence, 1))[0]
      if (row?.sequence !== head.sequence) {
        this.report(head.chain, head.sequence, `the record is missing that ${where.chain} recorded as a head`)
      } else if (formatHead(row) !== text) {
        this.report(
          head.chain,
          head.sequence,
          `the hash is not the one that ${where.chain} recorded as a head`,
        )
      }
    }
  }

  #collectHeads(chain: string, sequence: number, { operation, detail }: AuditRecord): void {
    const heads: unknown = operation === chainOpened ? detail?.['heads'] : undefined
    if (!Array.isArray(heads)) return
    for (const head of heads) {
      const text = String(head)
      this.recorded(text, { chain, sequence })
    }
  }

  recorded(head: string, where: Place): void {
    if (!this.#recorded.has(head)) this.#recorded.set(head, where)
  }

  report(chain: string, sequence: number, problem: string): void {
    if (this.problems.length < listedProblems) this.problems.push({ chain, sequence, problem })
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
