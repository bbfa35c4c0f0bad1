import { readFileSync } from 'node:fs'

/** A call of the trace that the shim writes (shim/faults.c), or a mark of the process itself. */
export interface TraceEvent {
  readonly kind: 'W' | 'T' | 'S' | 'C' | 'D' | 'R' | 'L' | 'U' | 'M'
  /** Below the directory that the shim watches. */
  readonly path: string
  readonly offset: number
  readonly data: Buffer
}

/** What a process says of itself in the trace. */
export type Mark =
  | { readonly begun: number; readonly step: readonly string[] }
  | { readonly done: number }
  /** So many encryptions with random IVs have left the process. */
  | { readonly sealed: number }
  | { readonly firstStart: true }

const head = 20

export function readTrace(file: string): TraceEvent[] {
  const bytes = readFileSync(file)
  const events: TraceEvent[] = []
  for (let at = 0; at < bytes.length; ) {
    const pathEnd = at + head + bytes.readUInt32LE(at + 4)
    const end = pathEnd + bytes.readUInt32LE(at + 8)
    events.push({
      kind: bytes.toString('latin1', at, at + 1) as TraceEvent['kind'],
      path: bytes.toString('utf8', at + head, pathEnd),
      offset: Number(bytes.readBigUInt64LE(at + 12)),
      data: bytes.subarray(pathEnd, end),
    })
    at = end
  }
  return events
}

/** A mark as a record of the trace, to be appended in one write. */
export function encodeMark(mark: Mark): Buffer {
  const text = Buffer.from(JSON.stringify(mark))
  const record = Buffer.alloc(head + text.length)
  record.write('M')
  record.writeUInt32LE(text.length, 8)
  text.copy(record, head)
  return record
}

export function decodeMark({ data }: TraceEvent): Mark {
  return JSON.parse(data.toString())
}
