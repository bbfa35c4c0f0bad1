import { type AuditPruneInput, type ChainPiece, type PrunePlan, planPrune } from '../audit/index.js'
import { MortiseError } from '../errors/index.js'
import type { Prune, SystemOperation } from '../operation/index.js'
import type { Actor } from './actor.js'
import type { Pipeline } from './pipeline.js'
import type { Services } from './services.js'

/** Records that one Change removes, at most: others write meanwhile. */
const stepLength = 1000
/** What the one that prunes holds. */
const holdName = 'audit-prune'

/** What a prune has removed. */
export interface AuditPruned {
  /** Number of the checkpoint that it went up to. */
  readonly checkpoint: number
  /** Chains of which something was removed. */
  readonly chains: number
  /** Records that were removed. */
  readonly records: number
}

/** A prune, and whether it is the only one at work. */
interface Begun extends AuditPruneInput {
  readonly held: boolean
}

/** Decides, and records what will be removed, before anything is. */
export const auditPrune: SystemOperation<Services, Begun, PrunePlan> = {
  name: 'AuditPrune',
  permission: 'AuditPrune',
  durability: 'synced',
  async prepare(services, _actor, { held, ...input }) {
    if (!held)
      throw new MortiseError('MORTISE_AUDIT_PRUNE_REFUSED', 'the audit trail is being pruned already')
    const plan = await planPrune(services, input)
    return { answer: plan, rows: plan.rows, detail: plan.detail }
  },
}

/** Removes some of what was decided. It is not in the catalogue: nobody else says what goes. */
const removePruned: SystemOperation<Services, readonly Prune[], void> = {
  name: 'AuditPruneStep',
  permission: 'AuditPrune',
  durability: 'written',
  async prepare(_services, _actor, prunes) {
    const ends = prunes.map(({ chain, through }) => `${chain}:${through}`)
    return { answer: undefined, rows: { prunes }, detail: { through: ends } }
  },
}

/** Prunes the audit trail; cut short, it is finished by the next prune. @throws MORTISE_AUDIT_PRUNE_REFUSED, MORTISE_AUDIT_BROKEN */
export async function pruneAudit(
  pipeline: Pipeline,
  actor: Actor,
  input: AuditPruneInput,
): Promise<AuditPruned> {
  const { store } = pipeline.services
  const held = await store.hold(holdName)
  try {
    const { checkpoint, pieces } = await pipeline.run(actor, auditPrune, { ...input, held })
    let records = 0
    for (const { prunes, length } of steps(pieces)) {
      await pipeline.run(actor, removePruned, prunes)
      records += length
    }
    return { checkpoint, chains: pieces.length, records }
  } finally {
    if (held) await store.letGo(holdName)
  }
}

/** Cuts pieces of chains into steps of at most so many records. */
function* steps(pieces: readonly ChainPiece[]): Generator<{ prunes: readonly Prune[]; length: number }> {
  let prunes: Prune[] = []
  let length = 0
  for (const { chain, from, through } of pieces) {
    for (let next = from; next <= through; ) {
      const last = Math.min(through, next + stepLength - length - 1)
      prunes.push({ chain, through: last })
      length += last - next + 1
      next = last + 1
      if (length < stepLength) continue
      yield { prunes, length }
      prunes = []
      length = 0
    }
  }
  if (length > 0) yield { prunes, length }
}
