import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What is sealed in one call: about a millisecond of work, so that the event loop stays free. */
const batchBytes = 2 ** 20
const batchPieces = 1024
/** Larger files are sealed in pieces of this size. */
const pieceBytes = 2 ** 18

/** Many small files, or a part of a large one. */
export interface Batch {
  /** Views of memory that the next batch uses again. */
  readonly pieces: readonly Buffer[]
  /** How many files end with this batch. */
  readonly files: number
  readonly bytes: number
}

/** Is told what cannot be read, and why. */
type Skipped = (path: string, reason: Error) => void

/** Every file at or below a path. Symbolic links are not followed; sockets, pipes and devices are no files. */
export async function* filesOf(path: string, skipped: Skipped): AsyncGenerator<string> {
  if (!(await stat(path)).isDirectory()) yield path
  else yield* filesBelow(path, skipped)
}

async function* filesBelow(directory: string, skipped: Skipped): AsyncGenerator<string> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error) => {
    skipped(directory, error)
    return []
  })
  for (const entry of entries) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path, skipped)
    else if (entry.isFile()) yield path
  }
}

/** The contents of the files in batches, in memory that grows neither with the tree nor with a file. */
export async function* batchesOf(files: AsyncIterable<string>, skipped: Skipped): AsyncGenerator<Batch> {
  const memory = Buffer.allocUnsafeSlow(batchBytes)
  let batch = { pieces: [] as Buffer[], files: 0, bytes: 0 }
  const next = () => {
    const full = batch
    batch = { pieces: [], files: 0, bytes: 0 }
    return full
  }
  for await (const path of files) {
    const file = await open(path).catch((error) => {
      skipped(path, error)
    })
    if (!file) continue
    try {
      for (let first = true, more = true; more; first = false) {
        const room = memory.subarray(batch.bytes, batch.bytes + pieceBytes)
        const length = await fill(room, file)
        more = length === room.length
        if (length > 0 || first) batch.pieces.push(room.subarray(0, length)) // an empty file is a piece, too
        if (!more) batch.files++
        batch.bytes += length
        if (batch.bytes === batchBytes || batch.pieces.length === batchPieces) yield next()
      }
    } finally {
      await file.close()
    }
  }
  if (batch.files > 0) yield batch
}

/** Reads until the memory is full or the file ends. */
async function fill(memory: Buffer, file: FileHandle): Promise<number> {
  let length = 0
  while (length < memory.length) {
    const { bytesRead } = await file.read(memory, length, memory.length - length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return length
}
