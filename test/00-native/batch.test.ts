import crypto from 'node:crypto'
import t from 'tap'
import { native, openAll, sealAll } from '../../lib/native/index.js'
import { bytes, cipherLease, empty, throwsCode } from './support.js'

const aad = bytes('batch')

t.test('batches open one by one, and the other way round', async (t) => {
  for (const bits of [128, 192, 256]) {
    const key = native.generateSecret('AES', bits)
    const lease = cipherLease(bits, {}, key)
    const texts = Array.from({ length: 200 }, (_, i) => crypto.randomBytes(i * 3))
    const records = sealAll(lease, texts, aad)
    for (const [i, record] of records.entries()) t.same(lease.open(record, aad), texts[i])
    t.strictSame(openAll(lease, records, aad), texts)
    t.strictSame(
      openAll(
        lease,
        texts.map((text) => lease.seal(text, aad)),
        aad,
      ),
      texts,
    )
    t.equal(new Set(records.map((record) => record.toString('hex', 5, 29))).size, 200)
  }
  t.strictSame(sealAll(cipherLease(), []), [])
  t.strictSame(openAll(cipherLease(), []), [])
})

t.test('a bad record fails alone, and its place is wiped', async (t) => {
  const lease = cipherLease()
  const records = sealAll(lease, ['first', 'second', 'third'].map(bytes), aad)
  records[1]![40]! ^= 1
  t.strictSame(
    openAll(lease, records, aad).map((text) => text?.toString()),
    ['first', undefined, 'third'],
  )

  const arena = Buffer.concat(records)
  const lengths = Uint32Array.from(records, (record) => record.length)
  const offsets = Uint32Array.of(0, lengths[0]!, lengths[0]! + lengths[1]!)
  const out = Buffer.alloc(16, 0xff)
  const status = new Uint8Array(3)
  t.equal(lease.openBatch(arena, offsets, lengths, out, status, aad), 16)
  t.strictSame([...status], [1, 0, 1])
  t.same(out, Buffer.concat([bytes('first'), Buffer.alloc(6), bytes('third')]))
})

t.test('what is too short to be a record takes no room, and a wrong header is wiped too', async (t) => {
  const lease = cipherLease()
  const good = lease.seal(bytes('text'))
  const wrongVersion = Buffer.from(good)
  wrongVersion[4]! ^= 1
  const wrongFormat = Buffer.from(good)
  wrongFormat[0] = 2
  t.strictSame(openAll(lease, [empty, Buffer.alloc(44), wrongVersion, wrongFormat, good]), [
    null,
    null,
    null,
    null,
    bytes('text'),
  ])
})

t.test('every bound is checked before any work', async (t) => {
  const lease = cipherLease()
  const arena = Buffer.alloc(100)
  const out = Buffer.alloc(1000)
  const status = new Uint8Array(4)
  const words = (...values: number[]) => Uint32Array.from(values)
  const before = lease.used
  const cases: [string, Uint32Array, Uint32Array, Uint8Array][] = [
    ['an offset beyond', words(101), words(0), out],
    ['a length beyond', words(50), words(51), out],
    ['sums that would wrap', words(0xffffffff), words(0xffffffff), out],
    ['the last one beyond', words(0, 99), words(10, 2), out],
    ['unequal lists', words(0, 1), words(1), out],
    ['out too small by one byte', words(0), words(100), Buffer.alloc(144)],
    ['out inside the arena', words(0), words(10), arena.subarray(20)],
  ]
  for (const [label, offsets, lengths, target] of cases) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.sealBatch(arena, offsets, lengths, target), label)
    if (label !== 'out too small by one byte') {
      throwsCode(
        t,
        'MORTISE_INPUT_INVALID',
        () => lease.openBatch(arena, offsets, lengths, target, status),
        label,
      )
    }
  }
  throwsCode(
    t,
    'MORTISE_INPUT_INVALID',
    () => lease.openBatch(arena, words(0), words(100), Buffer.alloc(54), status),
    'out',
  )
  throwsCode(
    t,
    'MORTISE_INPUT_INVALID',
    () => lease.openBatch(arena, words(0, 1), words(1, 1), out, new Uint8Array(1)),
    'status',
  )
  throwsCode(
    t,
    'MORTISE_INPUT_INVALID',
    () => lease.openBatch(arena, words(0), words(1), out, out),
    'status in out',
  )
  throwsCode(t, 'MORTISE_INPUT_INVALID', () =>
    lease.sealBatch(arena, [0] as unknown as Uint32Array, words(1), out),
  )
  t.equal(lease.used, before, 'nothing was used')
  t.same(out, Buffer.alloc(1000), 'nothing was written')
})
