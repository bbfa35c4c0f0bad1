import type { Barrier } from '../barrier/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { parseCheckpoint, type SignedCheckpoint } from './checkpoint.js'

const namespace = 'audit-checkpoint'
const format = 1
const positionBytes = 8
/** Numbers count down in the keys, so that the newest is the first. */
const largest = 10 ** 12

export interface StoredCheckpoint extends SignedCheckpoint {
  /** How far the trail was read for it: what is younger is new to the next one. */
  readonly position: number
}

export interface CheckpointServices {
  readonly store: Store
  readonly barrier: Barrier
}

export function writeCheckpoint(
  barrier: Barrier,
  { checkpoint, text, position }: Pick<StoredCheckpoint, 'checkpoint' | 'text' | 'position'>,
): RecordWrite {
  const head = Buffer.alloc(1 + positionBytes)
  head[0] = format
  head.writeBigUInt64BE(BigInt(position), 1)
  const identity = { namespace, key: keyOf(checkpoint.number), version: 1, expires: null, index: {} }
  return { row: barrier.sealRecord(identity, Buffer.concat([head, Buffer.from(text)])) }
}

/**
 * Newest first, in pages.
 *
 * @param before number of the last one of the page before
 * @throws MORTISE_BARRIER_INTEGRITY
 */
export async function readCheckpoints(
  { store, barrier }: CheckpointServices,
  limit: number,
  before?: number,
): Promise<StoredCheckpoint[]> {
  const rows = await store.records(namespace, {
    limit,
    ...(before !== undefined && { after: keyOf(before) }),
  })
  return rows.map((row) => {
    const value = barrier.openRecord(row)
    const position = Number(value.readBigUInt64BE(1))
    return { ...parseCheckpoint(value.toString('utf8', 1 + positionBytes)), position }
  })
}

function keyOf(number: number): string {
  return String(largest - number).padStart(13, '0')
}
