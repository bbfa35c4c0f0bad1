import { type FileHandle, open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type FollowedRow, syncDirectory } from '../../storage/index.js'
import { segmentLine } from '../segment.js'
import type { Sink } from './sink.js'

const lineFeed = 0x0a
/** Bytes that are searched at a time for the end of the last whole line. */
const searched = 65_536

/**
 * Appends lines of JSON to a file of mode 0600. It is opened anew for each batch, so that whoever rotates it has only to
 * move it away; a batch is synced before it counts, and a line that was cut short by a kill or a full disk is removed.
 */
export class FileSink implements Sink {
  readonly kind = 'file'
  readonly place: string
  readonly confirms = true
  readonly #path: string

  constructor(path: string) {
    this.#path = resolve(path)
    this.place = `file:${this.#path}`
  }

  async deliver(records: readonly FollowedRow[]): Promise<void> {
    const file = await open(this.#path, 'a+', 0o600)
    try {
      const { size } = await file.stat()
      const length = await endOfLines(file, size)
      if (length < size) await file.truncate(length)
      try {
        await file.appendFile(records.map((record) => `${segmentLine(record)}\n`).join(''))
        await file.sync()
      } catch (error) {
        // Room for others, and no line twice. Where this fails as well, the next attempt sees to it.
        await file.truncate(length).catch(() => undefined)
        throw error
      }
      if (length === 0) syncDirectory(dirname(this.#path))
    } finally {
      await file.close()
    }
  }
}

/** Where the last whole line of a file ends. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  const buffer = Buffer.alloc(searched)
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - searched)
    const { bytesRead } = await file.read(buffer, 0, end - start, start)
    const at = buffer.lastIndexOf(lineFeed, bytesRead - 1)
    if (bytesRead > 0 && at >= 0) return start + at + 1
    end = start
  }
  return 0
}
