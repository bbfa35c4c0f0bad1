import { stat } from 'node:fs/promises'

const width = 30
const interval = 100

/** Counts bytes on their way, and draws a bar on standard error while that is a terminal. */
export async function* withProgress(
  file: string | undefined,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (!process.stderr.isTTY) {
    yield* pieces
    return
  }
  const total = file === undefined || file === '-' ? undefined : (await stat(file)).size
  const started = performance.now()
  let bytes = 0
  let drawn = 0
  try {
    for await (const piece of pieces) {
      bytes += piece.length
      const now = performance.now()
      if (now - drawn >= interval) {
        drawn = now
        process.stderr.write(`\r${line(bytes, total, now - started)}`)
      }
      yield piece
    }
    process.stderr.write(`\r${line(bytes, total, performance.now() - started)}`)
  } finally {
    process.stderr.write('\n')
  }
}

function line(bytes: number, total: number | undefined, milliseconds: number): string {
  const rate = `${mebibytes((bytes * 1000) / Math.max(milliseconds, 1))} MiB/s`
  if (!total) return `${mebibytes(bytes)} MiB  ${rate}`
  const share = Math.min(bytes / total, 1)
  const bar = '#'.repeat(Math.round(share * width)).padEnd(width, '.')
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${mebibytes(bytes)} MiB  ${rate}`
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
