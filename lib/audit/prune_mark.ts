import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { ChainHead } from '../storage/index.js'
import type { Checkpoint } from './checkpoint.js'
import type { CheckpointServices } from './checkpoint_store.js'
import { parseHead } from './trail.js'

const namespace = 'audit-pruned'
const key = 'checkpoint'

/** The trail was pruned up to the heads that the checkpoints up to this number vouch for. */
interface PruneMark {
  readonly checkpoint: number
}

/** @throws MORTISE_BARRIER_INTEGRITY */
export async function readPruneMark({ store, barrier }: CheckpointServices): Promise<Stored<PruneMark>> {
  const stored = await new RecordReader<PruneMark>(store, barrier, namespace).read(key)
  return stored ?? { key, version: 0, value: { checkpoint: 0 } }
}

export function writePruneMark(
  barrier: Barrier,
  { version }: Stored<PruneMark>,
  checkpoint: number,
): RecordWrite {
  return writeRecord(
    barrier,
    { namespace, key, version: version + 1, expires: null, index: {} },
    { checkpoint },
  )
}

/**
 * How far each chain may be pruned: to the last head that a checkpoint up to a number vouches for. So what was removed needs no
 * proof of its own, and nobody moves the beginning of a chain further without the key that signs.
 */
export class Cuts {
  readonly #through: number
  readonly #cuts = new Map<string, ChainHead>()

  constructor(through: number) {
    this.#through = through
  }

  /** Takes the checkpoints of the store in, newest first. */
  add({ number, heads }: Checkpoint): void {
    if (number > this.#through) return
    for (const head of heads.flatMap((text) => parseHead(text) ?? [])) {
      if (!this.#cuts.has(head.chain)) this.#cuts.set(head.chain, head)
    }
  }

  of(chain: string): ChainHead | undefined {
    return this.#cuts.get(chain)
  }
}
