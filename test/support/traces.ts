import { closeSync, openSync, readSync } from 'node:fs'

const stride = 8

interface Trace {
  readonly name: string
  readonly bytes: Buffer
}

/**
 * Which of the secrets a file has traces of, as they are or in the reversed order in which OpenSSL keeps large numbers.
 *
 * @param secrets bytes by name
 * @param window consecutive bytes of a secret that are a trace of it, wherever they begin (but for 7 more that may be needed);
 *   all of one that is shorter
 */
export function tracesIn(path: string, secrets: ReadonlyMap<string, Uint8Array>, window = 16): string[] {
  const traces = [...secrets].flatMap(([name, secret]) => [
    ...tracesOf(name, Buffer.from(secret), window),
    ...tracesOf(`${name}, reversed`, Buffer.from(secret).reverse(), window),
  ])
  const byStart = new Map<number, Trace[]>()
  for (const trace of traces) {
    const start = trace.bytes.readUInt32LE()
    byStart.set(start, [...(byStart.get(start) ?? []), trace])
  }
  return [...found(path, byStart, window)].sort()
}

function tracesOf(name: string, secret: Buffer, window: number): Trace[] {
  const traces: Trace[] = [{ name, bytes: secret.subarray(-window) }]
  for (let start = 0; start + window < secret.length; start += stride)
    traces.push({ name, bytes: secret.subarray(start, start + window) })
  return traces
}

function found(path: string, byStart: ReadonlyMap<number, readonly Trace[]>, window: number): Set<string> {
  // Nearly every position is passed over by one look at this table.
  const starts = new Uint8Array(1 << 24)
  for (const start of byStart.keys()) starts[hash(start)] = 1
  const names = new Set<string>()
  const file = openSync(path, 'r')
  const room = Buffer.alloc(8 << 20)
  let kept = 0
  for (let read = -1; read !== 0; ) {
    read = readSync(file, room, kept, room.length - kept, null)
    const end = kept + read
    let word = room.readUInt32LE() << 8
    // What is cut off by the end is looked at again, with what follows.
    for (let i = 0; i + 4 <= end; i++) {
      word = (word >>> 8) | ((room[i + 3] as number) << 24)
      if (!starts[hash(word)]) continue
      for (const { name, bytes } of byStart.get(word >>> 0) ?? []) {
        if (i + bytes.length <= end && room.compare(bytes, 0, bytes.length, i, i + bytes.length) === 0)
          names.add(name)
      }
    }
    kept = Math.min(end, window)
    room.copyWithin(0, end - kept, end)
  }
  closeSync(file)
  return names
}

const hash = (word: number) => Math.imul(word, 0x9e3779b1) >>> 8

/** How a secret would stand in a heap snapshot: as digits, or as a string with a character for each byte. */
export function textsOf(name: string, secret: Uint8Array): [string, Uint8Array][] {
  const bytes = Buffer.from(secret)
  const forms = [
    ['hex', bytes.toString('hex')],
    ['latin1', [...bytes].map(escaped).join('')],
    // Wherever it begins in what was encoded.
    ...[0, 1, 2].flatMap((skipped) => {
      const whole = bytes.subarray(skipped, bytes.length - ((bytes.length - skipped) % 3))
      return (['base64', 'base64url'] as const).map((form) => [
        `${form} from ${skipped}`,
        whole.toString(form),
      ])
    }),
  ]
  return forms.map(([form, text]) => [`${name}, ${form}`, Buffer.from(text ?? '')])
}

/** The character of that code as V8 writes it into a snapshot. */
function escaped(code: number): string {
  const json = JSON.stringify(String.fromCharCode(code)).slice(1, -1)
  if (code < 0x80 && !json.startsWith('\\u')) return json
  return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
}
