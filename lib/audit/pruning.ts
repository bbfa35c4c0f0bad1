import { MortiseError } from '../errors/index.js'
import type { AuditDetail, Rows } from '../operation/index.js'
import { parseCheckpoint } from './checkpoint.js'
import { type CheckpointServices, readCheckpoints, type StoredCheckpoint } from './checkpoint_store.js'
import { Cuts, readPruneMark, writePruneMark } from './prune_mark.js'
import type { ChainPiece } from './segment.js'
import { SinkCursors } from './sinks/index.js'
import { verifyAudit } from './verify.js'

/** Checkpoints that are read at a time. */
const pageLength = 200

export interface AuditPruneInput {
  /** Text of a checkpoint that was kept outside the database. What it and those before it vouch for is removed. */
  readonly checkpoint: string
  /** What was exported of each chain and is kept, so that no sink need have it: `SegmentVerifier.pieces`. */
  readonly exported?: readonly ChainPiece[]
  /** Places of sinks that are not used any more: they hold nothing up from now on. */
  readonly retired?: readonly string[]
}

/** What is to be removed, and the rows that allow it. */
export interface PrunePlan {
  /** Number of the checkpoint. */
  readonly checkpoint: number
  /** The leading pieces of chains that go. */
  readonly pieces: readonly ChainPiece[]
  readonly rows: Rows
  readonly detail: AuditDetail
}

/**
 * What a prune up to a checkpoint removes, once nothing speaks against it: the whole trail verifies, so that no trace of
 * tampering goes with it; the checkpoint is one that was exported, since it comes from outside; and what goes is kept elsewhere.
 *
 * @throws MORTISE_AUDIT_PRUNE_REFUSED, MORTISE_AUDIT_BROKEN, MORTISE_INPUT_INVALID for a text that is no checkpoint
 */
export async function planPrune(services: CheckpointServices, input: AuditPruneInput): Promise<PrunePlan> {
  const { number } = parseCheckpoint(input.checkpoint).checkpoint
  const checkpoint = await storedCheckpoint(services, number, input.checkpoint)
  const { problems } = await verifyAudit(services, { checkpoints: [input.checkpoint] })
  if (problems.length > 0) {
    throw new MortiseError(
      'MORTISE_AUDIT_BROKEN',
      `nothing is pruned from a trail that does not verify (${problems.length} problems): run mortise audit verify`,
    )
  }
  const mark = await readPruneMark(services)
  const pieces = await leadingPieces(services, Math.max(number, mark.value.checkpoint))
  const kept = await whereKept(services, checkpoint, pieces, input)
  const records = pieces.reduce((sum, { from, through }) => sum + through - from + 1, 0)
  return {
    checkpoint: number,
    pieces,
    rows: {
      records: [
        ...(number > mark.value.checkpoint ? [writePruneMark(services.barrier, mark, number)] : []),
        ...kept.removals,
      ],
    },
    detail: {
      checkpoint: number,
      chains: pieces.length,
      records,
      kept: kept.places,
      retired: input.retired ?? [],
    },
  }
}

async function storedCheckpoint(
  services: CheckpointServices,
  number: number,
  text: string,
): Promise<StoredCheckpoint> {
  const [stored] = await readCheckpoints(services, 1, number + 1)
  if (stored?.text !== text) throw refused(`checkpoint ${number} is not one of this store`)
  return stored
}

/** What every chain still has of the records up to the last head that a checkpoint vouches for. */
async function leadingPieces(services: CheckpointServices, through: number): Promise<ChainPiece[]> {
  const cuts = new Cuts(through)
  for (let before = through + 1; ; ) {
    const page = await readCheckpoints(services, pageLength, before)
    for (const { checkpoint } of page) cuts.add(checkpoint)
    before = page.at(-1)?.checkpoint.number ?? 1
    if (page.length < pageLength) break
  }
  return (await services.store.chainHeads()).flatMap(({ chain, origin }) => {
    const cut = cuts.of(chain)
    if (!cut || cut.sequence <= origin.sequence) return []
    const hash = Buffer.from(cut.hash).toString('hex')
    return [{ chain, from: origin.sequence + 1, through: cut.sequence, hash }]
  })
}

/** Who has what goes: every sink, or whoever exported it. */
async function whereKept(
  services: CheckpointServices,
  { position }: StoredCheckpoint,
  pieces: readonly ChainPiece[],
  { exported = [], retired = [] }: AuditPruneInput,
): Promise<{ readonly places: readonly string[]; readonly removals: NonNullable<Rows['records']> }> {
  const cursors = new SinkCursors(services.store, services.barrier)
  const all = await cursors.all()
  const unknown = retired.find((place) => all.every(({ key }) => key !== place))
  if (unknown !== undefined) throw refused(`there is no sink ${unknown}`)
  const sinks = all.filter(({ key }) => !retired.includes(key))
  const removals = all.filter(({ key }) => retired.includes(key)).map((cursor) => cursors.remove(cursor))
  if (pieces.length === 0) return { places: [], removals }
  const missing = await firstNotIn(exported, pieces, services)
  if (exported.length > 0 && missing === undefined) return { places: ['export'], removals }
  if (exported.length > 0) {
    throw refused(`the export lacks records of the chain ${missing?.chain} up to ${missing?.through}`)
  }
  const behind = sinks.filter(({ value }) => value.position < position).map(({ key }) => key)
  if (behind.length > 0) {
    throw refused(
      `not delivered yet to ${behind.join(', ')}: wait until it is, export the records, or retire a sink that is not used any more`,
      { sinks: behind },
    )
  }
  const places = sinks.filter(({ value }) => value.confirms).map(({ key }) => key)
  if (places.length === 0) throw refused('no sink is known to have the records: export them first')
  return { places, removals }
}

/** The first piece that was not exported whole, with the hash that it has here. */
async function firstNotIn(
  exported: readonly ChainPiece[],
  pieces: readonly ChainPiece[],
  { store }: CheckpointServices,
): Promise<ChainPiece | undefined> {
  for (const piece of pieces) {
    const there = exported.find(({ chain }) => chain === piece.chain)
    if (!there || there.from > piece.from || there.through < piece.through) return piece
    const [row] = await store.auditChain(piece.chain, there.through, 1)
    const isSame = row?.sequence === there.through && Buffer.from(row.hash).toString('hex') === there.hash
    if (!isSame) return piece
  }
  return undefined
}

function refused(reason: string, details: Readonly<Record<string, readonly string[]>> = {}): MortiseError {
  return new MortiseError('MORTISE_AUDIT_PRUNE_REFUSED', `the audit trail is not pruned: ${reason}`, {
    details,
  })
}
