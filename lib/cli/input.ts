import { createReadStream } from 'node:fs'
import { createInterface, type Interface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { InvalidArgumentError } from 'commander'
import { MortiseError } from '../errors/index.js'

/** Pieces of a file, or of standard input where none is named. */
export function readPieces(file: string | undefined): AsyncIterable<Uint8Array> {
  return file === undefined || file === '-'
    ? process.stdin
    : createReadStream(file, { highWaterMark: 256 * 1024 })
}

/** The whole of it. */
export function readAll(file: string | undefined): Promise<Buffer> {
  return buffer(readPieces(file))
}

/** The bytes of base64 text, white space apart. @throws MORTISE_INPUT_INVALID */
export function fromBase64(text: Buffer): Buffer {
  const compact = text.toString('latin1').replace(/\s+/g, '')
  const bytes = Buffer.from(compact, 'base64')
  if (bytes.toString('base64') !== compact)
    throw new MortiseError('MORTISE_INPUT_INVALID', 'this is not base64')
  return bytes
}

/** A secret: typed without being shown, or the next line of standard input when that is no terminal. */
export async function readSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return nextLine()
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  // From here on the terminal does not echo: whoever sees the question may type.
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true })
  process.stderr.write(question)
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

/** Standard input by lines: what is read of it is read once, and holds more than the line that was asked for. */
let piped: { readonly input: Interface; readonly lines: AsyncIterator<string>; isOpen: boolean } | undefined

/** The next line; empty at the end. */
async function nextLine(): Promise<string> {
  piped ??= pipe()
  // Newer Nodes throw where one that has closed is paused or resumed.
  if (piped.isOpen) piped.input.resume()
  const { done, value } = await piped.lines.next()
  // Whoever writes it may leave it open: the command does not wait for that.
  if (piped.isOpen) piped.input.pause()
  return done ? '' : value
}

function pipe(): NonNullable<typeof piped> {
  const input = createInterface({ input: process.stdin })
  const opened = { input, lines: input[Symbol.asyncIterator](), isOpen: true }
  input.once('close', () => (opened.isOpen = false))
  return opened
}

/** Parses an option that is a whole number. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('it must be a whole number')
  return Number(text)
}

/** Parses an option that is a number of days: `7d`, or `7`. */
export function days(text: string): number {
  return wholeNumber(text.replace(/d$/, ''))
}

/** Parses an option that may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

/** The argument of an option that is a JSON object. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('it must be a JSON object')
}
