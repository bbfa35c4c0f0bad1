import { randomBytes } from 'node:crypto'
import { MortiseError } from '../errors/index.js'

/**
 * Sealed files (docs/formats.md): a header, and behind it the content in chunks of 256 KiB, each one of Mortise's records.
 * The additional data of a record is the header, the number of the chunk and whether it is the last, so that nothing can
 * be changed, cut off, moved, repeated or added, and every byte that comes out was authenticated before.
 */

/** Stands first, as in everything that Mortise persists. Records are 0x01 and 0x02. */
const format = 0x03
const magic = Buffer.from('mortise', 'latin1')
/** Format (1), magic (7), key id (16), chunk length (4, big endian), file id (16 random bytes). */
const headerLength = 44
const chunkLength = 256 * 1024
/** Of what is opened: the header is only authenticated with the first chunk, and decides how much memory that takes. */
const chunkLimit = 2 ** 20
/** Bytes that a record is longer than its plaintext, by its format byte. */
const overheads: Readonly<Record<number, number>> = { 1: 45, 2: 33 }

/** What makes the records of one file: a lease, or a server at the other end of a line. */
export interface ChunkSealer {
  /** UUID of the key's version. */
  readonly keyId: string
  seal(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array>
}

export interface ChunkOpener {
  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  open(record: Uint8Array, aad: Uint8Array): Promise<Uint8Array>
}

/**
 * Seals content of any length.
 *
 * @param content its pieces may have any length
 * @returns the pieces of the sealed file
 */
export async function* sealFile(
  sealer: ChunkSealer,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const header = encodeHeader(sealer.keyId)
  yield header
  let index = 0
  for await (const { bytes, last } of chunks(content, chunkLength)) {
    yield await sealer.seal(bytes, additionalData(header, index++, last))
  }
}

/**
 * Opens a sealed file.
 *
 * @param openerOf called once with the key id that the header names
 * @returns the pieces of the content. A fault may be found only after some of them: they are authentic, but the whole is
 *   not, so whoever wrote them somewhere throws that away
 * @throws MORTISE_INPUT_INVALID for what is not a sealed file, MORTISE_CRYPTO_DECRYPTION_FAILED for one that was changed or
 *   cut off
 */
export async function* openFile(
  openerOf: (keyId: string) => Promise<ChunkOpener>,
  sealed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const source = sealed[Symbol.asyncIterator]()
  try {
    const beginning = await atLeast(source, headerLength + 1)
    const header = beginning.subarray(0, headerLength)
    const { keyId, length } = decodeHeader(header)
    const overhead = overheads[beginning[headerLength] ?? 0]
    if (overhead === undefined) throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
    const opener = await openerOf(keyId)
    let index = 0
    for await (const { bytes, last } of chunks(
      rest(beginning.subarray(headerLength), source),
      length + overhead,
    )) {
      yield await opener.open(bytes, additionalData(header, index++, last))
    }
  } finally {
    await source.return?.()
  }
}

function encodeHeader(keyId: string): Buffer {
  const header = Buffer.alloc(headerLength)
  header[0] = format
  header.set(magic, 1)
  header.write(keyId.replaceAll('-', ''), 8, 'hex')
  header.writeUInt32BE(chunkLength, 24)
  header.set(randomBytes(16), 28)
  return header
}

function decodeHeader(header: Buffer): { keyId: string; length: number } {
  const length = header.length === headerLength ? header.readUInt32BE(24) : 0
  if (header[0] !== format || !header.subarray(1, 8).equals(magic) || length < 1 || length > chunkLimit) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'this is not a sealed file of Mortise')
  }
  const hex = header.toString('hex', 8, 24)
  const keyId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return { keyId, length }
}

/** The header, the number of the chunk (8, big endian), and 1 for the last chunk, 0 for the others. */
function additionalData(header: Uint8Array, index: number, last: boolean): Buffer {
  const data = Buffer.alloc(headerLength + 9)
  data.set(header)
  data.writeBigUInt64BE(BigInt(index), headerLength)
  data[headerLength + 8] = last ? 1 : 0
  return data
}

/**
 * Cuts a stream into chunks that are full but for the last, which is empty only when the stream is. Each chunk is yours
 * until you ask for the next one.
 */
async function* chunks(
  source: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<{ readonly bytes: Buffer; readonly last: boolean }> {
  const chunk = Buffer.allocUnsafeSlow(length)
  let filled = 0
  for await (const piece of source) {
    for (let taken = 0; taken < piece.length; ) {
      // Full, and there is more: so it was not the last.
      if (filled === length) {
        yield { bytes: chunk, last: false }
        filled = 0
      }
      const part = piece.subarray(taken, taken + length - filled)
      chunk.set(part, filled)
      filled += part.length
      taken += part.length
    }
  }
  try {
    yield { bytes: chunk.subarray(0, filled), last: true }
  } finally {
    chunk.fill(0)
  }
}

/** The first pieces of a stream together: `length` bytes or more, less only where the stream has less. */
async function atLeast(source: AsyncIterator<Uint8Array>, length: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (let read = 0; read < length; ) {
    const { done, value } = await source.next()
    if (done) break
    pieces.push(value)
    read += value.length
  }
  return Buffer.concat(pieces)
}

async function* rest(first: Uint8Array, source: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  for (;;) {
    const { done, value } = await source.next()
    if (done) return
    yield value
  }
}
