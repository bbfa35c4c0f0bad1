import { MortiseError } from '../errors/index.js'
import { chainHash, chainOrigin, decodeAuditRecord, type SystemOperation } from '../operation/index.js'
import type { AuditRow, FollowedRow, Store } from '../storage/index.js'
import { checkpointKey, isSigned, parseCheckpoint } from './checkpoint.js'
import type { AuditServices } from './list.js'
import { formatHead, parseHead } from './trail.js'
import { checkpointChain, type TrustedCheckpoints } from './verify_checkpoints.js'

/** The largest number of records of one page. */
const pageLength = 1000

export interface AuditExportInput {
  /** UUID of the chain; `auditHeads` has them. */
  readonly chain: string
  /** The sequence number to begin with. */
  readonly from: number
}

export interface AuditSegment {
  /** JSON, one for each record: {@link segmentLine}. At most 1000. */
  readonly lines: readonly string[]
  /** Continue with it as `from`; null at the end of the chain. */
  readonly next: number | null
}

/** The ends of all chains, `chain:sequence:hash` each. */
export const auditHeads: SystemOperation<AuditServices, object, readonly string[]> = {
  name: 'AuditHeads',
  permission: 'AuditRead',
  durability: 'written',
  async prepare({ store }) {
    return { answer: (await store.chainHeads()).map(formatHead) }
  },
}

/** Records of one chain with all that it takes to verify them away from the store. @throws MORTISE_INPUT_INVALID */
export const auditExport: SystemOperation<AuditServices, AuditExportInput, AuditSegment> = {
  name: 'AuditExport',
  permission: 'AuditRead',
  durability: 'written',
  async prepare({ store }, _actor, { chain, from }) {
    if (!Number.isSafeInteger(from) || from < 1)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'a chain begins with the record 1')
    const rows = await store.auditChain(chain, from, pageLength)
    const last = rows.at(-1)
    let previous = await hashBefore(store, rows[0])
    const lines = rows.map((row) => {
      const line = segmentLine({ ...row, previous })
      previous = row.hash
      return line
    })
    const next = last && rows.length === pageLength ? last.sequence + 1 : null
    return { answer: { lines, next }, detail: { chain, from, count: lines.length } }
  },
}

async function hashBefore(store: Store, row: AuditRow | undefined): Promise<Uint8Array> {
  if (!row) return chainOrigin
  const [before] = await store.auditChain(row.chain, row.sequence - 1, 1)
  if (before?.sequence === row.sequence - 1) return before.hash
  const head = (await store.chainHeads()).find(({ chain }) => chain === row.chain)
  return head?.origin.hash ?? chainOrigin
}

/** Where a record stands, what is in it, its exact text, and the hashes before and after it. */
export function segmentLine({ chain, sequence, record, hash, previous }: FollowedRow): string {
  return JSON.stringify({
    chain,
    sequence,
    ...decodeAuditRecord(record),
    record: Buffer.from(record).toString('utf8'),
    previous: Buffer.from(previous).toString('hex'),
    hash: Buffer.from(hash).toString('hex'),
  })
}

/** A piece of a chain, whole from its first record to its last. */
export interface ChainPiece {
  readonly chain: string
  /** The sequence numbers of its first and last record. */
  readonly from: number
  readonly through: number
  /** Of the last one, hexadecimal. */
  readonly hash: string
}

/**
 * Checks exported lines as they come: each by itself, and that it follows the one before of its chain. A line that was
 * there already, as a sink has it that was interrupted, is passed over.
 */
export class SegmentVerifier {
  readonly #pieces = new Map<string, ChainPiece>()
  /** By `chain:sequence`. */
  readonly #hashes = new Map<string, string>()
  readonly problems: { chain: string; sequence: number; problem: string }[] = []
  records = 0

  add(line: string): void {
    this.records++
    const row = parse(line)
    if (!row) {
      this.problems.push({
        chain: '-',
        sequence: this.records,
        problem: 'the line is no exported audit record',
      })
      return
    }
    const { chain, sequence, previous, hash } = row
    const report = (problem: string) => this.problems.push({ chain, sequence, problem })
    const record = Buffer.from(row.record)
    const before = Buffer.from(previous, 'hex')
    if (chainHash(chain, sequence, before, record).toString('hex') !== hash)
      report('the hash does not match the record and the one before')
    else if (
      segmentLine({ chain, sequence, record, hash: Buffer.from(hash, 'hex'), previous: before }) !== line
    )
      report('what is said of the record is not what the record says')
    if (this.#hashes.get(`${chain}:${sequence}`) === hash) return
    const piece = this.#pieces.get(chain)
    if (piece && (sequence !== piece.through + 1 || previous !== piece.hash))
      report(`it does not follow the record ${piece.through} that was exported before it`)
    this.#pieces.set(chain, { chain, from: piece?.from ?? sequence, through: sequence, hash })
    this.#hashes.set(`${chain}:${sequence}`, hash)
  }

  /** Compares what was exported with the heads of checkpoints. @throws MORTISE_INPUT_INVALID */
  compare({ checkpoints = [], publicKeys = [] }: TrustedCheckpoints): void {
    const keys = publicKeys.map(checkpointKey)
    for (const signed of checkpoints.map(parseCheckpoint)) {
      const { number, heads } = signed.checkpoint
      if (!isSigned(signed, keys))
        this.problems.push({
          chain: checkpointChain,
          sequence: number,
          problem: 'the signature of the checkpoint does not verify',
        })
      for (const { chain, sequence, hash } of heads.flatMap((head) => parseHead(head) ?? [])) {
        const piece = this.#pieces.get(chain)
        if (!piece || sequence < piece.from || sequence > piece.through) continue
        if (this.#hashes.get(`${chain}:${sequence}`) !== Buffer.from(hash).toString('hex'))
          this.problems.push({
            chain,
            sequence,
            problem: `it is not the record that checkpoint ${number} has`,
          })
      }
    }
  }

  /** What was exported of each chain. */
  get pieces(): readonly ChainPiece[] {
    return [...this.#pieces.values()]
  }
}

interface ExportedRow {
  readonly chain: string
  readonly sequence: number
  readonly record: string
  readonly previous: string
  readonly hash: string
}

function parse(line: string): ExportedRow | undefined {
  try {
    const row = JSON.parse(line) as Partial<ExportedRow> | null
    const sound =
      typeof row?.chain === 'string' &&
      /^[0-9a-f-]{36}$/.test(row.chain) &&
      Number.isSafeInteger(row.sequence) &&
      typeof row.record === 'string' &&
      /^[0-9a-f]{64}$/.test(row.previous ?? '') &&
      /^[0-9a-f]{64}$/.test(row.hash ?? '')
    return sound ? (row as ExportedRow) : undefined
  } catch {
    return undefined
  }
}
