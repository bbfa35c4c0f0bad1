import { MortiseError } from '../errors/index.js'
import type { Addon, Hash, MacLease } from './addon.js'
import { type Arena, cut, pack } from './batch.js'
import { inPieces, isShort, type ShortWork } from './pieces.js'

/** Of hashes and MACs, the slowest of which do 100 MB/s. */
export const shortHashing: ShortWork = { bytes: 2 ** 16, record: 256 }

/** The digests of messages, one behind the other. What takes long is done by the core's threads; arrays are copied in pieces. */
export async function hashAll(
  native: Addon,
  hash: Hash,
  messages: Arena | readonly Uint8Array[],
): Promise<Buffer> {
  const size = native.hash(hash, new Uint8Array(0)).length
  const digestsOf = async ({ arena, offsets, lengths }: Arena, short: boolean) => {
    const out = Buffer.allocUnsafeSlow(lengths.length * size)
    if (short) native.hashBatch(hash, arena, offsets, lengths, out)
    else await native.hashBatchAsync(hash, arena, offsets, lengths, out)
    return out
  }
  if ('arena' in messages) return digestsOf(messages, isShort(messages, shortHashing))
  const pieces = await inPieces(messages, shortHashing, async (from, to, short) => [
    await digestsOf(pack(messages.slice(from, to)), short),
  ])
  return Buffer.concat(pieces)
}

/** The MAC of each message, in one call into C++. They are views of one allocation. */
export function macAll(lease: MacLease, messages: readonly Uint8Array[]): Buffer[] {
  const { arena, offsets, lengths } = pack(messages)
  const out = Buffer.allocUnsafeSlow(messages.length * lease.macLength)
  lease.macBatch(arena, offsets, lengths, out)
  return evenly(out, lease)
}

/** The same on the core's threads; the messages are copied at once. */
export async function macAllAsync(lease: MacLease, messages: readonly Uint8Array[]): Promise<Buffer[]> {
  const { arena, offsets, lengths } = pack(messages)
  const out = Buffer.allocUnsafeSlow(messages.length * lease.macLength)
  await lease.macBatchAsync(arena, offsets, lengths, out)
  return evenly(out, lease)
}

/** Whether each MAC is that of the message in its place, and whole. */
export function verifyAll(
  lease: MacLease,
  messages: readonly Uint8Array[],
  macs: readonly Uint8Array[],
): boolean[] {
  const { arena, offsets, lengths } = pack(messages)
  const laid = layOut(lease, messages, macs)
  const status = new Uint8Array(messages.length)
  lease.verifyBatch(arena, offsets, lengths, laid.macs, status)
  return laid.whole.map((whole, i) => whole && status[i] === 1)
}

/** The same on the core's threads; everything is copied at once. */
export async function verifyAllAsync(
  lease: MacLease,
  messages: readonly Uint8Array[],
  macs: readonly Uint8Array[],
): Promise<boolean[]> {
  const { arena, offsets, lengths } = pack(messages)
  const laid = layOut(lease, messages, macs)
  const status = new Uint8Array(messages.length)
  await lease.verifyBatchAsync(arena, offsets, lengths, laid.macs, status)
  return laid.whole.map((whole, i) => whole && status[i] === 1)
}

/** MACs as far apart as the native call wants them; one of another length is none, and leaves its place empty. */
function layOut(
  { macLength }: MacLease,
  messages: readonly Uint8Array[],
  macs: readonly Uint8Array[],
): { readonly macs: Buffer; readonly whole: readonly boolean[] } {
  if (macs.length !== messages.length)
    throw new MortiseError('MORTISE_INPUT_INVALID', 'there must be a MAC for each message')
  const laid = Buffer.alloc(messages.length * macLength)
  const whole = macs.map((mac, i) => {
    if (!(mac instanceof Uint8Array))
      throw new MortiseError('MORTISE_INPUT_INVALID', 'each MAC must be a Uint8Array')
    if (mac.length !== macLength) return false
    laid.set(mac, i * macLength)
    return true
  })
  return { macs: laid, whole }
}

function evenly(whole: Buffer, { macLength }: MacLease): Buffer[] {
  return cut(whole, new Array<number>(whole.length / macLength).fill(macLength))
}
