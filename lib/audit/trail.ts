import { type Clock, encodeSystemRecord } from '../operation/index.js'
import type { ChainHead, Store } from '../storage/index.js'

/** The operation of the record that a process begins its chain with. */
export const chainOpened = 'AuditChainOpened'

/** The largest number of heads that one record names. */
const namedHeads = 64

/**
 * The record that a process begins its audit chain with. It names the heads of the chains that were written last, so
 * that a chain which is cut short or rewritten later contradicts the next one.
 */
export async function openChain(store: Store, clock: Clock): Promise<Buffer> {
  const heads = await store.chainHeads()
  return encodeSystemRecord(clock.now(), chainOpened, {
    heads: heads.slice(0, namedHeads).map(formatHead),
    chains: heads.length,
  })
}

/** `chain:sequence:hash`, the hash hexadecimal. */
export function formatHead({ chain, sequence, hash }: ChainHead): string {
  return `${chain}:${sequence}:${Buffer.from(hash).toString('hex')}`
}

/** @returns undefined for text that is not a head */
export function parseHead(text: string): ChainHead | undefined {
  const [, chain, sequence, hash] = /^([0-9a-f-]{36}):([1-9][0-9]{0,15}):([0-9a-f]{64})$/.exec(text) ?? []
  return chain && sequence && hash
    ? { chain, sequence: Number(sequence), hash: Buffer.from(hash, 'hex') }
    : undefined
}
