import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { isMortiseError } from '../../lib/errors/index.js'
import {
  ItemType,
  native,
  noItem,
  TtlvDecoder,
  TtlvFramer,
  type TtlvMessage,
  TtlvWriter,
} from '../../lib/native/index.js'
import { parse, serialize, type Tree } from './ttlv/reference.js'
import { messages, treeOf, writeTree } from './ttlv/trees.js'

const decoders = { lenient: new TtlvDecoder(native), strict: new TtlvDecoder(native, { strict: true }) }
const writer = new TtlvWriter(native)
const message = (...value: Tree[]): Tree => ({ tag: 0x420078, type: 1, value })
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** What a decoder makes of bytes; undefined where it refuses them. */
function decoded(bytes: Buffer, strict: boolean): Tree | undefined {
  try {
    return treeOf(decoders[strict ? 'strict' : 'lenient'].decode(bytes))
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_KMIP_MALFORMED') || isMortiseError(error, 'MORTISE_INPUT_TOO_LARGE'))
      return undefined
    throw error
  }
}

t.test('every item type, as the specification prints it', (t) => {
  // KMIP 1.4 section 9.1.2, each inside a message.
  const examples: readonly [string, number, Tree['value']][] = [
    ['42002002 00000004 00000008 00000000', ItemType.Integer, 8],
    ['42002003 00000008 01b69b4b a5749200', ItemType.LongInteger, 123456789000000000n],
    [
      '42002004 00000010 00000000 03fd35eb 6bc2df46 18080000',
      ItemType.BigInteger,
      1234567890000000000000000000n,
    ],
    ['42002005 00000004 000000ff 00000000', ItemType.Enumeration, 255],
    ['42002006 00000008 00000000 00000001', ItemType.Boolean, true],
    ['42002007 0000000b 48656c6c 6f20576f 726c6400 00000000', ItemType.TextString, 'Hello World'],
    ['42002008 00000003 01020300 00000000', ItemType.ByteString, Buffer.of(1, 2, 3)],
    ['42002009 00000008 00000000 47da67f8', ItemType.DateTime, 1205495800n],
    ['4200200a 00000004 000d2f00 00000000', ItemType.Interval, 864000],
    ['4200200b 00000008 00000000 00000001', ItemType.DateTimeExtended, 1n],
  ]
  for (const [text, type, value] of examples) {
    const body = hex(text)
    const whole = Buffer.concat([hex(`42007801 000000${body.length.toString(16).padStart(2, '0')}`), body])
    const tree = message({ tag: 0x420020, type, value })
    t.same(decoded(whole, true), tree)
    t.same(
      writer.message((writer) => writeTree(writer, tree)),
      whole,
    )
  }
  t.end()
})

t.test('any message is read and written as the reference does', (t) => {
  const property = fc.property(messages, (tree) => {
    const bytes = serialize(tree)
    const written = writer.message((writer) => writeTree(writer, tree))
    const read = decoders.strict.decode(bytes)
    const copied = writer.message((writer) => writer.copy(read, read.root))
    return isDeepStrictEqual(treeOf(read), tree) && written.equals(bytes) && copied.equals(bytes)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1_000 }))
  t.end()
})

t.test('whatever is done to a message, both refuse it or both read the same', (t) => {
  const edit = fc.record({
    at: fc.nat(),
    remove: fc.constantFrom(0, 0, 0, 1, 4, 8),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 2 }),
      fc.constant(Buffer.alloc(8)),
      fc.constant(Buffer.of(8)),
    ),
    word: fc.constantFrom(undefined, 0, 1, 4, 8, 16, 7, 0x7fffffff, 0xffffffff),
  })
  let accepted = 0
  const property = fc.property(
    messages,
    fc.array(edit, { minLength: 1, maxLength: 3 }),
    fc.boolean(),
    (tree, edits, strict) => {
      let bytes = serialize(tree)
      for (const { at, remove, insert, word } of edits) {
        const place = at % (bytes.length + 1)
        if (word === undefined) {
          bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)])
          // Its length is mended, or hardly anything behind would be looked at.
          if (bytes.length >= 8) bytes.writeUInt32BE(bytes.length - 8, 4)
        } else if (place + 4 <= bytes.length) bytes.writeUInt32BE(word, place - (place % 4))
      }
      const expected = parse(bytes, strict)
      if (expected !== undefined) accepted++
      return isDeepStrictEqual(decoded(bytes, strict), expected)
    },
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 5_000 }))
  t.ok(accepted > 100, 'many are messages still')
  t.end()
})

/** Structures in one another. */
function nested(levels: number): Buffer {
  const bytes = Buffer.alloc(8 * levels)
  for (let i = 0; i < levels; i++) {
    bytes.writeUInt32BE(0x42007801, 8 * i)
    bytes.writeUInt32BE(8 * (levels - 1 - i), 8 * i + 4)
  }
  return bytes
}

const batch = (items: number) =>
  serialize(message(...Array.from({ length: items }, () => ({ tag: 0x42000f, type: 1, value: [] }))))

t.test('what is malformed is refused, and where', (t) => {
  const inside = (text: string) => {
    const body = hex(text)
    const header = Buffer.from('4200780100000000', 'hex')
    header.writeUInt32BE(body.length, 4)
    return Buffer.concat([header, body])
  }
  const malformed: readonly [string, Buffer, RegExp, number?][] = [
    ['nothing', Buffer.alloc(0), /ends before its length/],
    ['a header cut off', hex('42007801 0000'), /ends before its length/],
    ['a message cut off', hex('42007801 00000010 42000d02 00000004'), /ends before its length/],
    ['something behind it', hex('42007801 00000000 00'), /something stands behind/],
    ['HTTP', Buffer.from('POST /kmip HTTP/1.1\r\n'), /does not begin with a structure/, 0],
    ['TLS', hex('16030100c8010000'), /does not begin with a structure/, 0],
    ['an extension as message', hex('54000101 00000000'), /does not begin with a structure/, 0],
    ['an integer as message', hex('42007802 00000004 00000001 00000000'), /does not begin with/, 0],
    ['a length that is no multiple of 8', hex('42007801 00000004 00000000'), /length is none/, 0],
    ['a length beyond its parent', inside('42000f01 00000010 42000d02 00000004'), /reaches out/, 8],
    ['a length of 2 GiB within', inside('42000d07 7fffffff 00000000 00000000'), /reaches out/, 8],
    ['a length of 4 GiB within', inside('42000d08 ffffffff 00000000 00000000'), /reaches out/, 8],
    ['a value cut off', inside('42000f01 00000008 42000d02 00000004'), /reaches out/, 16],
    ['a structure of odd length', inside('42000f01 00000004 00000000 00000000'), /length is none/, 8],
    ['a tag of nobody', inside('41000d02 00000004 00000001 00000000'), /tag is neither/, 8],
    ['zeros', inside('00000000 00000000'), /tag is neither/, 8],
    ['type 0', inside('42000d00 00000004 00000001 00000000'), /no such item type/, 8],
    ['type 12', inside('42000d0c 00000004 00000001 00000000'), /no such item type/, 8],
    ['an integer of 8 bytes', inside('42000d02 00000008 00000001 00000000'), /length is none/, 8],
    ['an empty integer', inside('42000d02 00000000'), /length is none/, 8],
    ['a long of 4 bytes', inside('42000d03 00000004 00000001 00000000'), /length is none/, 8],
    ['an empty big integer', inside('42000d04 00000000'), /length is none/, 8],
    ['a date of 4 bytes', inside('42000d09 00000004 00000001 00000000'), /length is none/, 8],
    ['a Boolean of 2', inside('42000d06 00000008 00000000 00000002'), /neither 0 nor 1/, 8],
    ['a Boolean with a high bit', inside('42000d06 00000008 80000000 00000001'), /neither 0 nor 1/, 8],
    ['padding of an integer', inside('42000d02 00000004 00000001 00000001'), /padding is not zero/, 8],
    ['padding of a text', inside('42005507 00000003 61626301 00000000'), /padding is not zero/, 8],
    ['padding of bytes', inside('42005508 00000007 61626300 000000ff'), /padding is not zero/, 8],
    ['Latin-1', inside('42005507 00000001 e9000000 00000000'), /not UTF-8/, 8],
    ['an overlong form', inside('42005507 00000002 c0af0000 00000000'), /not UTF-8/, 8],
    ['a surrogate', inside('42005507 00000003 eda08000 00000000'), /not UTF-8/, 8],
    ['above U+10FFFF', inside('42005507 00000004 f4908080 00000000'), /not UTF-8/, 8],
    ['half a character', inside('42005507 00000002 61c30000 00000000'), /not UTF-8/, 8],
  ]
  for (const [what, bytes, text, offset] of malformed) {
    try {
      decoders.lenient.decode(bytes)
      t.fail(what)
    } catch (error) {
      t.ok(isMortiseError(error, 'MORTISE_KMIP_MALFORMED'), what)
      t.match((error as Error).message, text, what)
      if (offset !== undefined && isMortiseError(error)) t.equal(error.details['offset'], offset, what)
    }
  }
  t.end()
})

t.test('limits', (t) => {
  const large = (text: RegExp) => ({ code: 'MORTISE_INPUT_TOO_LARGE', message: text })
  const { lenient } = decoders
  t.doesNotThrow(() => lenient.decode(nested(32)))
  t.throws(() => lenient.decode(nested(33)), large(/32 levels/))
  t.throws(() => lenient.decode(nested(5_000)), large(/32 levels/))
  t.doesNotThrow(() => lenient.decode(batch(1_000)))
  t.throws(() => lenient.decode(batch(1_001)), large(/1,000 batch items/))
  t.throws(() => lenient.decodeFirst(hex('42007801 7ffffff8'), 0), large(/larger than the limit/))
  t.throws(() => lenient.decodeFirst(hex('42007801 00100000'), 0), large(/larger than the limit/))
  t.equal(lenient.decodeFirst(hex('42007801 000ffff8'), 0), 2 ** 20)

  const empty = (items: number) => {
    const bytes = Buffer.alloc(8 + 8 * items)
    for (let at = 8; at < bytes.length; at += 8) bytes.writeUInt32BE(0x42005507, at)
    bytes.writeUInt32BE(0x42007801)
    bytes.writeUInt32BE(8 * items, 4)
    return bytes
  }
  const roomy = new TtlvDecoder(native, { largestMessage: 2 ** 22 })
  t.equal(roomy.decode(empty(131_071)).children(0).length, 131_071)
  t.throws(() => roomy.decode(empty(131_072)), large(/131,072 items/))
  t.equal(lenient.decode(empty(20_000)).children(0).length, 20_000, 'a tape longer than a slab')
  t.end()
})

t.test('what clients do wrong is read, unless they are held to the letter', (t) => {
  const name = { tag: 0x420055, type: 7, value: 'sixteen letters!' }
  const count = { tag: 0x42000d, type: 2, value: 1 }
  const both = Buffer.concat([hex('42007801 00000030'), serialize(name), Buffer.alloc(8), serialize(count)])
  t.same(decoded(both, false), message(name, count), 'eight zeros more behind a text')
  t.equal(decoded(both, true), undefined)
  const twice = Buffer.concat([hex('42007801 00000028'), serialize(name), Buffer.alloc(16)])
  t.equal(decoded(twice, false), undefined, 'but only once')
  const last = Buffer.concat([hex('42007801 00000020'), serialize(name), Buffer.alloc(8)])
  t.same(decoded(last, false), message(name), 'at the end of a structure')
  const odd = hex('42007801 00000010 42000d04 00000003 ffff0000 00000000')
  t.same(decoded(odd, false), message({ tag: 0x42000d, type: 4, value: -256n }))
  t.equal(decoded(odd, true), undefined)
  const read = decoders.lenient.decode(odd)
  const written = writer.message((writer) => writer.copy(read, read.root))
  t.same(decoded(written, true), message({ tag: 0x42000d, type: 4, value: -256n }), 'and is written well')
  t.end()
})

t.test('items are found without reading others', (t) => {
  const tree = message(
    { tag: 0x420077, type: 1, value: [] },
    { tag: 0x42000d, type: 2, value: -2 },
    { tag: 0x540001, type: 5, value: 0x80000001 },
    { tag: 0x42000d, type: 2, value: 3 },
  )
  const read = decoders.strict.decode(serialize(tree))
  const header = read.first(read.root)
  t.equal(read.tag(header), 0x420077)
  t.equal(read.first(header), noItem)
  t.equal(read.find(header, 0x42000d), noItem, 'what is behind a structure is not in it')
  const count = read.next(read.root, header)
  t.equal(read.integer(count), -2)
  t.equal(read.find(read.root, 0x42000d), count)
  t.equal(read.offset(count), 16)
  t.same(
    read.children(read.root, 0x42000d).map((item) => read.integer(item)),
    [-2, 3],
  )
  t.equal(read.unsigned(read.find(read.root, 0x540001)), 0x80000001)
  t.equal(read.next(read.root, read.children(read.root)[3]!), noItem)
  t.equal(read.find(read.root, 0x420001), noItem)
  t.end()
})

t.test('messages keep apart: one is read after many others were decoded', (t) => {
  const of = (i: number) => serialize(message({ tag: 0x420055, type: 7, value: `message ${i}` }))
  const read: TtlvMessage[] = []
  for (let i = 0; i < 10_000; i++) read.push(decoders.lenient.decode(of(i)))
  const texts = read.map((one) => one.text(one.first(one.root)))
  t.same(
    texts,
    Array.from(texts, (_, i) => `message ${i}`),
  )
  const written = Array.from({ length: 3_000 }, (_, i) =>
    writer.message((writer) => writeTree(writer, message({ tag: 0x420055, type: 7, value: `message ${i}` }))),
  )
  t.ok(written.every((bytes, i) => bytes.equals(of(i))))
  t.end()
})

t.test('framing', async (t) => {
  const trees = fc.sample(messages, { numRuns: 4, seed: 7 })
  const all = Buffer.concat(trees.map(serialize))
  const drain = (framer: TtlvFramer) => {
    const read: Tree[] = []
    for (let one = framer.next(); one !== undefined; one = framer.next()) read.push(treeOf(one))
    return read
  }
  t.test('several messages in one read', async (t) => {
    const framer = new TtlvFramer(decoders.strict)
    framer.push(all)
    t.same(drain(framer), trees)
    t.equal(framer.waiting, 0)
  })
  t.test('cut anywhere, once', async (t) => {
    for (let cut = 0; cut <= all.length; cut++) {
      const framer = new TtlvFramer(decoders.strict)
      framer.push(all.subarray(0, cut))
      const read = drain(framer)
      framer.push(all.subarray(cut))
      read.push(...drain(framer))
      if (JSON.stringify(read, plain) !== JSON.stringify(trees, plain)) t.fail(`cut at ${cut}`)
    }
    t.pass()
  })
  t.test('byte by byte, and read only afterwards', async (t) => {
    const framer = new TtlvFramer(decoders.strict)
    const read: TtlvMessage[] = []
    for (const byte of all) {
      framer.push(Buffer.of(byte))
      for (let one = framer.next(); one !== undefined; one = framer.next()) read.push(one)
    }
    t.same(
      read.map((one) => treeOf(one)),
      trees,
    )
  })
  t.test('pushed before it was asked', async (t) => {
    const framer = new TtlvFramer(decoders.strict)
    for (let at = 0; at < all.length; at += 5) framer.push(all.subarray(at, at + 5))
    t.same(drain(framer), trees)
  })
  t.test('what cannot be a message is refused by its first bytes', async (t) => {
    for (const bytes of ['47', '42007802', '42007801 40000000']) {
      const framer = new TtlvFramer(decoders.lenient)
      framer.push(hex(bytes))
      t.throws(() => framer.next(), { message: /is refused at byte 0/ })
    }
  })
  t.test('memory is taken for what has come, not for what was announced', async (t) => {
    const before = process.memoryUsage().arrayBuffers
    const framers = Array.from({ length: 500 }, () => new TtlvFramer(decoders.lenient))
    for (const framer of framers) {
      framer.push(hex('42007801 000ffff0'))
      framer.next()
      framer.push(Buffer.alloc(100))
      framer.next()
    }
    t.ok(framers.every((framer) => framer.waiting === 108))
    t.ok(process.memoryUsage().arrayBuffers - before < 500 * 2_000)
  })
})

const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)

t.test('what cannot be written is refused, and the writer goes on', (t) => {
  const invalid = { code: 'MORTISE_INPUT_INVALID' }
  const refused: readonly ((writer: TtlvWriter) => void)[] = [
    (w) => w.integer(1, 2 ** 31),
    (w) => w.integer(1, 0.5),
    (w) => w.enumeration(1, -1),
    (w) => w.enumeration(1, 2 ** 32),
    (w) => w.interval(1, -1),
    (w) => w.longInteger(1, 2n ** 63n),
    (w) => w.longInteger(1, 2 ** 53),
    (w) => w.bigInteger(1, Buffer.alloc(0)),
    (w) => w.bigInteger(1, Buffer.alloc(9)),
    (w) => w.text(1, 'half of a pair: \ud83d'),
    (w) => {
      w.begin(1)
      w.text(1, '\ud83d')
      w.text(1, '\ude00')
      w.end()
    },
    (w) => w.begin(1),
    (w) => w.end(),
    (w) => {
      for (let i = 0; i < 33; i++) w.begin(1)
      for (let i = 0; i < 33; i++) w.end()
    },
  ]
  for (const write of refused) t.throws(() => writer.message(write), invalid)
  t.throws(() => writer.message(() => writer.message(() => undefined)), { code: 'MORTISE_INTERNAL' })
  const tree = message({ tag: 0x420055, type: 7, value: 'Schlüssel 🔑' })
  t.ok(writer.message((writer) => writeTree(writer, tree)).equals(serialize(tree)))
  t.end()
})

t.test('prepared items', (t) => {
  const name = { tag: 0x42000a, type: 7, value: 'Cryptographic Länge' }
  const count = { tag: 0x42000d, type: 2, value: 5 }
  const prepared = writer.prepare((writer) => {
    writer.fixedText(name.tag, name.value)
    writer.integer(count.tag, count.value)
  })
  const written = writer.message((writer) => {
    writer.begin(0x420078)
    writer.put(prepared)
    writer.textsOf(0x420094, ['a', 'ß', ''])
    writer.put(prepared)
    writer.end()
  })
  const texts = ['a', 'ß', ''].map((value) => ({ tag: 0x420094, type: 7, value }))
  t.ok(written.equals(serialize(message(name, count, ...texts, name, count))))
  t.throws(() => writer.prepare((writer) => writer.text(1, 'x')), { code: 'MORTISE_INTERNAL' })
  t.end()
})

t.test('a long message grows the list of commands, of which nothing stays', (t) => {
  const secret = { tag: 0x420043, type: 8, value: Buffer.alloc(100_000, 'secret') }
  t.ok(writer.message((writer) => writeTree(writer, message(secret))).equals(serialize(message(secret))))

  const commands = new Uint32Array(64)
  const encode = native.ttlvEncoder(commands)
  commands.set([4, 0, 0, 0, 0x42004308, 8, 0x11111111, 0x22222222])
  const out = Buffer.alloc(64)
  t.equal(encode('', out), 16)
  t.equal(out.subarray(8, 16).toString('hex'), '1111111122222222')
  t.ok(commands.every((word) => word === 0))
  t.end()
})

t.test('the native functions refuse arguments that would lead them astray', (t) => {
  const invalid = { code: 'MORTISE_INPUT_INVALID' }
  const decode = native.ttlvDecoder(2 ** 20, false) as (...args: unknown[]) => number
  const bytes = batch(1)
  const tape = new Uint32Array(64)
  t.throws(() => decode(), invalid)
  t.throws(() => decode('x', 0, tape, 0), invalid)
  t.throws(() => decode(bytes, 0, new Uint8Array(64), 0), invalid)
  t.throws(() => decode(bytes, bytes.length + 1, tape, 0), invalid)
  t.throws(() => decode(bytes, 0, tape, 17), invalid)
  t.ok(decode(bytes, 0, tape, 15) < 0, 'no room for two nodes')
  t.equal(decode(bytes, 0, tape, 14), 16)
  t.throws(() => (native.ttlvDecoder as (...args: unknown[]) => unknown)(-1, false), invalid)

  const commands = new Uint32Array(16)
  const encode = native.ttlvEncoder(commands) as (...args: unknown[]) => number
  const out = Buffer.alloc(32)
  t.throws(() => encode(), invalid)
  t.throws(() => encode(5, out), invalid)
  t.throws(() => encode('', 'out'), invalid)
  commands[0] = 11
  t.throws(() => encode('', out), invalid, 'more words than there are')
  commands.set([2, 0, 0, 33])
  t.throws(() => encode('', out), invalid, 'behind the end')
  commands.set([2, 0, 0, 24, 0x42000d02, 1])
  t.equal(encode('', out), -1, 'no room')
  commands.set([1, 0, 0, 0, 0x42000d02])
  t.equal(encode('', out), -2, 'half a command')
  commands.set([2, 4, 0, 0, 0x42000d07, 9])
  t.equal(encode('four', out), -2, 'more text than there is')
  commands.set([2, 4, 0, 0, 0x42000d07, 4])
  t.equal(encode('fünf', out), -1, 'not ASCII')
  commands.set([2, 4, 1, 0, 0x42000d07, 4])
  t.equal(encode('fünf', out), 16)
  t.throws(() => native.ttlvEncoder(new Uint32Array(3)), invalid)
  t.end()
})
