import { openSync, readSync } from 'node:fs'

/** As many bytes of a secret, wherever they begin, are a trace of it. */
const window = 16
const stride = 8

interface Trace {
  readonly name: string
  readonly bytes: Buffer
}

/**
 * Which of the secrets a file has traces of: 23 consecutive bytes of one, or all of one that is shorter, as they are or in the
 * reversed order in which OpenSSL keeps large numbers.
 *
 * @param secrets bytes by name, none shorter than 16
 */
export function tracesIn(path: string, secrets: ReadonlyMap<string, Uint8Array>): string[] {
  const traces = [...secrets].flatMap(([name, secret]) => [
    ...windows(name, Buffer.from(secret)),
    ...windows(`${name}, reversed`, Buffer.from(secret).reverse()),
  ])
  const byStart = new Map<number, Trace[]>()
  for (const trace of traces) {
    const start = trace.bytes.readUInt32LE()
    byStart.set(start, [...(byStart.get(start) ?? []), trace])
  }
  return [...found(path, byStart)].sort()
}

function windows(name: string, secret: Buffer): Trace[] {
  const starts = Array.from({ length: Math.ceil((secret.length - window + 1) / stride) }, (_, i) => i * stride)
  return [...starts, secret.length - window].map((start) => ({
    name,
    bytes: secret.subarray(start, start + window),
  }))
}

function found(path: string, byStart: ReadonlyMap<number, readonly Trace[]>): Set<string> {
  // Nearly every position is passed over by one look at this table.
  const starts = new Uint8Array(1 << 16)
  for (const start of byStart.keys()) starts[start & 0xffff] = 1
  const names = new Set<string>()
  const file = openSync(path, 'r')
  const room = Buffer.alloc(8 << 20)
  let kept = 0
  for (let read = -1; read !== 0; ) {
    read = readSync(file, room, kept, room.length - kept, null)
    const end = kept + read
    for (let i = 0; i + window <= end; i++) {
      if (!starts[(room[i] as number) | ((room[i + 1] as number) << 8)]) continue
      for (const { name, bytes } of byStart.get(room.readUInt32LE(i)) ?? []) {
        if (room.compare(bytes, 0, window, i, i + window) === 0) names.add(name)
      }
    }
    kept = Math.min(end, window - 1)
    room.copyWithin(0, end - kept, end)
  }
  return names
}
