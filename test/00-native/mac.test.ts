import crypto from 'node:crypto'
import t from 'tap'
import {
  type Hash,
  hashAll,
  type LeaseBinding,
  type MacLease,
  macAll,
  macAllAsync,
  native,
  verifyAll,
  verifyAllAsync,
} from '../../lib/native/index.js'
import { binding, bytes, empty, hex, rejectsCode, throwsCode } from './support.js'

const both = { generate: true, verify: true }

const hashes: readonly (readonly [Hash, string])[] = [
  ['SHA-1', 'sha1'],
  ['SHA-224', 'sha224'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
  ['SHA-512/256', 'sha512-256'],
  ['SHA3-224', 'sha3-224'],
  ['SHA3-256', 'sha3-256'],
  ['SHA3-384', 'sha3-384'],
  ['SHA3-512', 'sha3-512'],
]

/** Every length at which a block of any hash may end, and some beyond. */
const texts = Array.from({ length: 601 }, (_, length) => crypto.randomBytes(length))

function hmacLease(over: Partial<LeaseBinding> = {}, purposes = both): MacLease {
  return native.openMacLease(native.generateSecret('HMAC', 256), 'SHA-256', purposes, binding(over))
}

/** Byte strings in one buffer, with a byte between them that is of none. */
function laidOut(messages: readonly Uint8Array[]) {
  const lengths = Uint32Array.from(messages, ({ length }) => length)
  const offsets = new Uint32Array(messages.length)
  let at = 0
  for (const [i, { length }] of messages.entries()) {
    offsets[i] = at
    at += length + 1
  }
  const arena = Buffer.alloc(at, 0x7f)
  for (const [i, message] of messages.entries()) arena.set(message, offsets[i])
  return { arena, offsets, lengths }
}

/** CMAC as SP 800-38B section 6 has it, block by block. */
function cmac(key: Buffer, message: Uint8Array): Buffer {
  const block = (input: Uint8Array) => {
    const cipher = crypto.createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false)
    return cipher.update(input)
  }
  const double = (input: Buffer) => {
    const value = (BigInt(`0x${input.toString('hex')}`) << 1n) & ((1n << 128n) - 1n)
    const carried = (input[0]! & 0x80) === 0 ? value : value ^ 0x87n
    return hex(carried.toString(16).padStart(32, '0'))
  }
  const xor = (a: Uint8Array, b: Uint8Array) => Buffer.from(a).map((byte, i) => byte ^ b[i]!)
  const first = double(block(Buffer.alloc(16)))
  const blocks = Math.max(1, Math.ceil(message.length / 16))
  const last = message.subarray((blocks - 1) * 16)
  const padded = Buffer.alloc(16)
  padded.set(last)
  if (last.length < 16) padded[last.length] = 0x80
  let state: Uint8Array = Buffer.alloc(16)
  for (let i = 0; i < blocks - 1; i++) state = block(xor(state, message.subarray(i * 16, i * 16 + 16)))
  return block(xor(xor(state, padded), last.length === 16 ? first : double(first)))
}

t.test('batches of HMACs are those of node:crypto at every length, here and on threads', async (t) => {
  const raw = crypto.randomBytes(48)
  for (const [hash, name] of hashes) {
    const key = native.importSecret('HMAC', raw)
    const lease = native.openMacLease(key, hash, both, binding())
    const theirs = texts.map((text) => crypto.createHmac(name, raw).update(text).digest())
    t.strictSame(macAll(lease, texts), theirs, hash)
    t.strictSame(await macAllAsync(lease, texts), theirs, `${hash} on threads`)
    t.strictSame(
      texts.slice(0, 200).map((text) => lease.mac(text)),
      theirs.slice(0, 200),
      'one by one',
    )
    t.ok(verifyAll(lease, texts, theirs).every(Boolean))
    t.ok((await verifyAllAsync(lease, texts, theirs)).every(Boolean))
    t.ok(lease.verify(texts[77]!, theirs[77]!))
    t.equal(lease.macLength, theirs[0]!.length)
    t.equal(lease.used, 4 * texts.length + 201, 'every use is counted')
    t.same(native.hmac(key, hash, texts[99]!), theirs[99])
    t.ok(native.hmacVerify(key, hash, texts[99]!, theirs[99]!))
    t.notOk(native.hmacVerify(key, hash, texts[99]!, theirs[99]!.subarray(1)), 'cut')
    t.notOk(native.hmacVerify(key, hash, texts[99]!, theirs[98]!), 'of another message')
  }
})

t.test('batches of CMACs are those of SP 800-38B at every length', async (t) => {
  for (const size of [16, 24, 32]) {
    const raw = crypto.randomBytes(size)
    const key = native.importSecret('AES', raw)
    const lease = native.openMacLease(key, undefined, both, binding())
    const theirs = texts.map((text) => cmac(raw, text))
    t.strictSame(macAll(lease, texts), theirs)
    t.strictSame(await macAllAsync(lease, texts), theirs)
    t.ok(verifyAll(lease, texts, theirs).every(Boolean))
    t.same(native.cmac(key, texts[31]!), theirs[31])
  }
})

t.test('batches of many are cut rightly among the threads', async (t) => {
  const lease = hmacLease()
  for (const count of [0, 1, 2, 3, 255, 256, 257, 5000]) {
    const messages = Array.from({ length: count }, (_, i) => bytes(`message ${i}`.repeat(i % 30)))
    const macs = macAll(lease, messages)
    t.strictSame(await macAllAsync(lease, messages), macs)
    t.ok((await verifyAllAsync(lease, messages, macs)).every(Boolean))
  }
})

t.test('MACs that are not of their messages are false, and leave the others alone', async (t) => {
  const lease = hmacLease()
  const messages = Array.from({ length: 3000 }, () => crypto.randomBytes(200))
  const macs: Buffer[] = macAll(lease, messages)
  const bad = [0, 1, 1499, 1500, 1501, 2998, 2999]
  macs[0]![0]! ^= 1
  macs[1]![31]! ^= 0x80
  macs[1499] = macs[1499]!.subarray(1)
  macs[1500] = Buffer.alloc(0)
  macs[1501] = Buffer.concat([macs[1501]!, Buffer.alloc(1)])
  messages[2998] = crypto.randomBytes(200)
  macs[2999] = Buffer.alloc(32)
  const expected = messages.map((_, i) => !bad.includes(i))
  t.strictSame(verifyAll(lease, messages, macs), expected)
  t.strictSame(await verifyAllAsync(lease, messages, macs), expected)
  for (const i of bad) t.equal(lease.verify(messages[i]!, macs[i]!), false)
  const status = new Uint8Array(3).fill(7)
  const { arena, offsets, lengths } = laidOut(messages.slice(0, 3))
  t.equal(lease.verifyBatch(arena, offsets, lengths, Buffer.concat(macs.slice(0, 3)), status), 3)
  t.strictSame([...status], [0, 0, 1])
})

t.test('messages that derive the keys of records have no MAC, alone or among others', async (t) => {
  const raw = crypto.randomBytes(32)
  const key = native.importSecret('AES', raw)
  const lease = native.openMacLease(key, undefined, both, binding())
  for (const counter of [1, 2]) {
    const label = Buffer.concat([Buffer.of(0, counter, 0x58, 0), crypto.randomBytes(12)])
    const among = [bytes('one'), label, bytes('three')]
    const used = lease.used
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => macAll(lease, among))
    await rejectsCode(t, 'MORTISE_INPUT_INVALID', macAllAsync(lease, among))
    t.equal(lease.used, used, 'refused before any work')
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.mac(label))
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.cmac(key, label))
    const macs = among.map((message) => cmac(raw, message))
    t.strictSame(verifyAll(lease, among, macs), [true, false, true])
    t.strictSame(await verifyAllAsync(lease, among, macs), [true, false, true])
    t.equal(lease.verify(label, macs[1]!), false, 'not even the right one')
    t.equal(macAll(lease, [label.subarray(1), Buffer.concat([label, label])]).length, 2)
    const short = native.openMacLease(
      native.importSecret('AES', raw.subarray(16)),
      undefined,
      both,
      binding(),
    )
    t.same(short.mac(label), cmac(raw.subarray(16), label), 'of keys that derive none')
  }
})

t.test('bounds are checked before any work', async (t) => {
  const lease = hmacLease()
  const arena = Buffer.alloc(100)
  const [offsets, lengths] = [Uint32Array.of(0, 50), Uint32Array.of(100, 50)]
  const out = Buffer.alloc(64)
  const status = new Uint8Array(2)
  const toMake: Record<string, Parameters<MacLease['macBatch']>> = {
    'an offset out of the arena': [arena, Uint32Array.of(0, 101), lengths, out],
    'a length out of the arena': [arena, offsets, Uint32Array.of(100, 51), out],
    'an offset and a length that overflow': [
      arena,
      Uint32Array.of(0, 2 ** 32 - 1),
      Uint32Array.of(1, 2 ** 32 - 1),
      out,
    ],
    'fewer offsets': [arena, offsets.subarray(1), lengths, out],
    'too little room': [arena, offsets, lengths, out.subarray(1)],
    'out in the arena': [arena, offsets, lengths, arena],
    'out that reaches into the arena': [
      arena.subarray(60),
      Uint32Array.of(0, 1),
      Uint32Array.of(1, 1),
      arena.subarray(0, 64),
    ],
    'no Uint8Array': [new Uint16Array(9) as unknown as Uint8Array, offsets, lengths, out],
    'no Uint32Array': [arena, [0, 50] as unknown as Uint32Array, lengths, out],
  }
  for (const [what, args] of Object.entries(toMake)) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.macBatch(...args), what)
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.macBatchAsync(...args), what)
  }
  const toVerify: Record<string, Parameters<MacLease['verifyBatch']>> = {
    'too few MACs': [arena, offsets, lengths, out.subarray(1), status],
    'too little status': [arena, offsets, lengths, out, status.subarray(1)],
    'status in the arena': [arena, offsets, lengths, out, arena],
    'status in the MACs': [arena, offsets, lengths, out, out.subarray(0, 2)],
    'a length out of the arena': [arena, offsets, Uint32Array.of(101, 50), out, status],
  }
  for (const [what, args] of Object.entries(toVerify)) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.verifyBatch(...args), what)
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.verifyBatchAsync(...args), what)
  }
  const texts = ['text'] as unknown as Uint8Array[]
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => macAll(lease, texts))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => verifyAll(lease, [empty], texts))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => verifyAll(lease, [empty], []))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => verifyAll(lease, [], [empty]))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.mac('text' as unknown as Uint8Array))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.verify(empty, 'text' as unknown as Uint8Array))
  t.equal(lease.used, 0)
  t.equal(lease.macBatch(arena, offsets, lengths, out), 64)
  t.equal(lease.verifyBatch(arena, offsets, lengths, out, status), 2)
})

t.test('a MAC lease does what it was opened for, as often as is reserved, until it ends', async (t) => {
  const key = native.generateSecret('HMAC', 256)
  const open = (purposes: typeof both, over: Partial<LeaseBinding> = {}) =>
    native.openMacLease(key, 'SHA-256', purposes, binding(over))
  const maker = open({ generate: true, verify: false })
  const verifier = open({ generate: false, verify: true })
  const mac = maker.mac(empty)
  t.ok(verifier.verify(empty, mac))
  for (const refused of [
    () => maker.verify(empty, mac),
    () => verifyAll(maker, [empty], [mac]),
    () => verifier.mac(empty),
    () => macAll(verifier, [empty]),
  ])
    throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', refused)
  await rejectsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', macAllAsync(verifier, [empty]))
  await rejectsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', verifyAllAsync(maker, [empty], [mac]))

  const few = open(both, { uses: 2 })
  throwsCode(t, 'MORTISE_LEASE_EXHAUSTED', () => macAll(few, [empty, empty, empty]))
  await rejectsCode(t, 'MORTISE_LEASE_EXHAUSTED', macAllAsync(few, [empty, empty, empty]))
  t.equal(few.left, 2, 'a batch is counted whole or not at all')
  few.verify(empty, mac)
  few.verify(empty, empty)
  throwsCode(t, 'MORTISE_LEASE_EXHAUSTED', () => few.mac(empty))
  few.reserve(1)
  few.mac(empty)

  key.dispose()
  t.ok(verifier.verify(empty, mac), 'it has a hold on the key of its own')
  t.equal(native.endLeases('store', 'object', 'principal') >= 3, true)
  for (const lease of [maker, verifier]) t.ok(lease.ended)
  for (const ended of [
    () => maker.mac(empty),
    () => macAll(maker, [empty]),
    () => verifier.verify(empty, mac),
    () => verifyAll(verifier, [empty], [mac]),
  ])
    throwsCode(t, 'MORTISE_LEASE_ENDED', ended)
  await rejectsCode(t, 'MORTISE_LEASE_ENDED', macAllAsync(maker, [empty]))
  await rejectsCode(t, 'MORTISE_LEASE_ENDED', verifyAllAsync(verifier, [empty], [mac]))
})

t.test('keys and hashes must fit one another', async (t) => {
  const open = (key: Parameters<typeof native.openMacLease>[0], hash?: Hash) => () =>
    native.openMacLease(key, hash, both, binding())
  const hmac = native.generateSecret('HMAC', 256)
  const { privateKey } = await native.generateKeyPair('Ed25519', null)
  for (const refused of [
    open(hmac),
    open(native.generateSecret('ChaCha20', 256), 'SHA-256'),
    open(native.generateSecret('ChaCha20', 256)),
    open(privateKey, 'SHA-256'),
    open(hmac, 'MD5' as 'SHA-256'),
  ])
    throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', refused)
})

t.test('work that is under way when its lease ends is finished', async (t) => {
  const lease = hmacLease()
  const messages = Array.from({ length: 4000 }, () => crypto.randomBytes(1000))
  const macs = macAll(lease, messages)
  const making = macAllAsync(lease, messages)
  lease.end()
  t.strictSame(await making, macs)
})

t.test('hashes in batches are those of node:crypto at every length', async (t) => {
  const { arena, offsets, lengths } = laidOut(texts)
  for (const [hash, name] of hashes) {
    const theirs = Buffer.concat(texts.map((text) => crypto.createHash(name).update(text).digest()))
    const out = Buffer.alloc(theirs.length)
    t.equal(native.hashBatch(hash, arena, offsets, lengths, out), theirs.length)
    t.ok(out.equals(theirs), hash)
    out.fill(0)
    t.equal(await native.hashBatchAsync(hash, arena, offsets, lengths, out), theirs.length)
    t.ok(out.equals(theirs), `${hash} on threads`)
    t.ok((await hashAll(native, hash, texts)).equals(theirs))
    t.ok((await hashAll(native, hash, { arena, offsets, lengths })).equals(theirs))
  }
  const large = Array.from({ length: 50 }, () => crypto.randomBytes(100_000))
  const theirs = large.map((text) => crypto.createHash('sha256').update(text).digest())
  t.ok((await hashAll(native, 'SHA-256', large)).equals(Buffer.concat(theirs)), 'in several pieces')
  t.equal((await hashAll(native, 'SHA-256', [])).length, 0)
  const [one, size] = [Uint32Array.of(0), Uint32Array.of(1)]
  for (const wrong of [
    () => native.hashBatch('SHA-256', arena, one, size, Buffer.alloc(31)),
    () => native.hashBatch('SHA-256', arena, one, size, arena.subarray(0, 32)),
    () => native.hashBatchAsync('SHA-256', arena, Uint32Array.of(2 ** 31), size, Buffer.alloc(32)),
  ])
    throwsCode(t, 'MORTISE_INPUT_INVALID', wrong)
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () =>
    native.hashBatch('MD5' as 'SHA-256', arena, one, size, Buffer.alloc(32)),
  )
})
