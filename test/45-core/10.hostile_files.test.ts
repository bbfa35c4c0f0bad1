/** Sealed files that were changed in every way: never whole, never a byte that was not sealed, and never much memory. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { openFile } from '../../lib/core/index.js'
import { isMortiseError } from '../../lib/index.js'
import { type CipherLease, native } from '../../lib/native/index.js'
import { binding } from '../00-native/support.js'

const headerLength = 44
const chunk = 16
const runs = 2000

const leases = [256, 128].map((bits) =>
  native.openCipherLease(
    native.generateSecret('AES', bits),
    { encrypt: true, decrypt: true },
    binding({ uses: 10 ** 9, milliseconds: 3_600_000 }),
  ),
)

/** A file as docs/formats.md has it, but with chunks of 16 bytes, so that a short one has many. */
function seal(lease: CipherLease, content: Buffer): Buffer {
  const header = Buffer.concat([
    Buffer.from('\x03mortise', 'latin1'),
    randomBytes(16),
    word(chunk),
    randomBytes(16),
  ])
  const count = Math.max(1, Math.ceil(content.length / chunk))
  const records = Array.from({ length: count }, (_, i) => {
    const aad = Buffer.alloc(headerLength + 9)
    header.copy(aad)
    aad.writeBigUInt64BE(BigInt(i), headerLength)
    aad[headerLength + 8] = i === count - 1 ? 1 : 0
    return lease.seal(content.subarray(i * chunk, (i + 1) * chunk), aad)
  })
  return Buffer.concat([header, ...records])
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** What came out of a file that comes in pieces, and the code that it ended with. */
async function open(lease: CipherLease, sealed: Buffer, piece: number) {
  const out: Buffer[] = []
  let opened = 0
  let closed = false
  async function* pieces() {
    try {
      for (let at = 0; at < sealed.length; at += piece) yield sealed.subarray(at, at + piece)
    } finally {
      closed = true
    }
  }
  let code = 'whole'
  try {
    const opener = { open: async (record: Uint8Array, aad: Uint8Array) => lease.open(record, aad) }
    const openerOf = async () => {
      opened++
      return opener
    }
    for await (const bytes of openFile(openerOf, pieces())) out.push(Buffer.from(bytes))
  } catch (error) {
    if (!isMortiseError(error)) throw error
    code = error.code
  }
  return { code, content: Buffer.concat(out), opened, closed: closed || sealed.length === 0 }
}

interface Change {
  readonly what: 'set' | 'flip' | 'cut' | 'remove' | 'repeat' | 'swap' | 'insert' | 'length' | 'splice'
  readonly at: number
  readonly size: number
  readonly byte: number
}

/** Numbers that may lie anywhere, which each change takes by the length of what it changes. */
const change = fc.record<Change>({
  what: fc.constantFrom('set', 'flip', 'cut', 'remove', 'repeat', 'swap', 'insert', 'length', 'splice'),
  at: fc.nat(),
  // As long as a record, or not.
  size: fc.oneof(fc.constantFrom(chunk + 45, chunk + 33), fc.nat(100)),
  byte: fc.integer({ min: 1, max: 255 }),
})

function changed(file: Buffer, other: Buffer, { what, at, size, byte }: Change): Buffer {
  // The beginnings of records are the places that matter most.
  const places = [at % (file.length + 1), headerLength + (((at % 20) * size) % (file.length + 1))]
  const from = Math.min(file.length, places[byte % 2] ?? 0)
  const to = Math.min(file.length, from + size)
  const [before, part, after] = [file.subarray(0, from), file.subarray(from, to), file.subarray(to)]
  const copy = Buffer.from(file)
  switch (what) {
    case 'set':
      if (from < copy.length) copy[from] = byte
      return copy
    case 'flip':
      if (from < copy.length) copy[from]! ^= byte
      return copy
    case 'cut':
      return before
    case 'remove':
      return Buffer.concat([before, after])
    case 'repeat':
      return Buffer.concat([before, part, part, after])
    case 'swap':
      return Buffer.concat([before, after.subarray(0, size), part, after.subarray(size)])
    case 'insert':
      return Buffer.concat([before, Buffer.alloc(size, byte), file.subarray(from)])
    case 'length':
      return copy.length < 28
        ? copy
        : Buffer.concat([copy.subarray(0, 24), word((at * byte) >>> 0), copy.subarray(28)])
    case 'splice':
      return Buffer.concat([before, other.subarray(from, from + size), after])
  }
}

const refusals = ['MORTISE_INPUT_INVALID', 'MORTISE_CRYPTO_DECRYPTION_FAILED']

t.test('a file that was changed in any way is never opened whole', async (t) => {
  const counts = new Map<string, number>()
  for (const lease of leases) {
    const content = randomBytes(10 * chunk + 5)
    const [file, other] = [seal(lease, content), seal(lease, content)]
    t.match(await open(lease, file, 7), { code: 'whole', content })
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 400 }),
        async (changes, piece) => {
          const hostile = changes.reduce((bytes, each) => changed(bytes, other, each), file)
          fc.pre(!hostile.equals(file))
          const { code, content: out, closed } = await open(lease, hostile, piece)
          counts.set(code, (counts.get(code) ?? 0) + 1)
          if (!refusals.includes(code)) throw new Error(code)
          if (!content.subarray(0, out.length).equals(out)) throw new Error('what came out was never sealed')
          if (out.length >= content.length) throw new Error('all of it came out')
          if (!closed) throw new Error('the source was left open')
        },
      ),
      { numRuns: runs },
    )
  }
  t.strictSame([...counts.keys()].sort(), [...refusals].sort(), JSON.stringify([...counts]))
})

t.test('what is no sealed file at all is refused', async () => {
  const magic = Buffer.from('\x03mortise', 'latin1')
  const anything = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 400 }))
  await fc.assert(
    fc.asyncProperty(anything, async ([begins, bytes, piece]) => {
      const hostile = begins ? Buffer.concat([magic, bytes]) : Buffer.from(bytes)
      const { code, content } = await open(leases[0]!, hostile, piece)
      if (!refusals.includes(code) || content.length > 0) throw new Error(code)
    }),
    { numRuns: runs },
  )
})

t.test('a length of chunks that nobody makes takes no memory, and no key is looked for', async (t) => {
  const file = seal(leases[0]!, randomBytes(100))
  const before = process.memoryUsage().arrayBuffers
  for (const length of [0, 2 ** 20 + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
    word(length).copy(file, 24)
    t.match(await open(leases[0]!, file, 50), { code: 'MORTISE_INPUT_INVALID', opened: 0 }, `${length}`)
  }
  t.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20)
  word(2 ** 20).copy(file, 24)
  t.match(await open(leases[0]!, file, 50), { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED', opened: 1 })
})
