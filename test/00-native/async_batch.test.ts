import crypto from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import {
  type CipherLease,
  flat,
  native,
  openAll,
  openAllAsync,
  sealAll,
  sealAllAsync,
} from '../../lib/native/index.js'
import { binding, bytes, cipherLease, rejectsCode, throwsCode } from './support.js'

const aad = bytes('batch')

/** Enough work for several threads. */
const many = () => Array.from({ length: 3000 }, (_, i) => crypto.randomBytes(i % 700))

function bare(bits: number, key = native.generateSecret('AES', bits)): CipherLease {
  return native.openCipherLease(key, { encrypt: true, decrypt: true, bare: true }, binding())
}

t.test('what the threads seal opens here, and the other way round', async (t) => {
  for (const lease of [cipherLease(128), cipherLease(256), bare(256)]) {
    const texts = many()
    const records = await sealAllAsync(lease, texts, aad)
    t.strictSame(openAll(lease, records, aad), texts)
    t.strictSame(await openAllAsync(lease, sealAll(lease, texts, aad), aad), texts)
    t.equal(lease.used, 4 * texts.length, 'every use is counted')
  }
  t.strictSame(await sealAllAsync(cipherLease(), []), [])
})

t.test('so many records that even looking at them is left to the threads', async (t) => {
  const lease = cipherLease()
  const texts = Array.from({ length: 20_000 }, (_, i) => crypto.randomBytes(i % 9))
  const records = await sealAllAsync(lease, texts, aad)
  t.strictSame(openAll(lease, records, aad), texts)
  t.strictSame(await openAllAsync(lease, records, aad), texts)
  t.equal(lease.used, 3 * texts.length)

  const out = Buffer.alloc(20_000 * 54)
  const offsets = new Uint32Array(20_000)
  const lengths = new Uint32Array(20_000).fill(9)
  offsets[19_999] = 1
  await rejectsCode(
    t,
    'MORTISE_INPUT_INVALID',
    lease.sealBatchAsync(bytes('9 letters'), offsets, lengths, out),
  )
  t.ok(
    out.every((byte) => byte === 0),
    'a bad one at the end is found before anything is sealed',
  )
  t.equal(lease.used, 3 * texts.length, 'and nothing is counted')
  lease.end()
  await rejectsCode(t, 'MORTISE_LEASE_ENDED', sealAllAsync(lease, texts))
})

t.test('no nonce repeats over the threads', async (t) => {
  const key = native.generateSecret('AES', 256)
  for (const [lease, from, to] of [
    [cipherLease(256, {}, key), 5, 29],
    [bare(256, key), 0, 12],
  ] as const) {
    const nonces = new Set<string>()
    for (let i = 0; i < 3; i++) {
      for (const record of await sealAllAsync(lease, many())) nonces.add(record.toString('hex', from, to))
      for (const record of sealAll(lease, many())) nonces.add(record.toString('hex', from, to))
    }
    t.equal(nonces.size, 18_000)
  }
})

t.test('one bad record among many fails alone, on whichever thread', async (t) => {
  const lease = cipherLease()
  const texts = many()
  const records = await sealAllAsync(lease, texts)
  const bad = [0, 1, 1499, 1500, 2999]
  for (const i of bad) records[i]![records[i]!.length - 1]! ^= 1
  t.strictSame(
    await openAllAsync(lease, records),
    texts.map((text, i) => (bad.includes(i) ? null : text)),
  )
})

t.test('each record may have additional data of its own', async (t) => {
  const lease = cipherLease()
  const texts = many()
  const aads = {
    arena: crypto.randomBytes(3000 + 9),
    offsets: Uint32Array.from(texts, (_, i) => i),
    lengths: Uint32Array.from(texts, (_, i) => i % 10),
  }
  const of = (i: number) => aads.arena.subarray(i, i + (i % 10))
  for (const records of [sealAll(lease, texts, aads), await sealAllAsync(lease, texts, aads)]) {
    for (const i of [0, 7, 1000, 2999]) t.same(lease.open(records[i]!, of(i)), texts[i])
    t.strictSame(openAll(lease, records, aads), texts)
    t.strictSame(await openAllAsync(lease, records, aads), texts)
    t.equal(openAll(lease, records, aad).filter((text) => text !== null).length, 0)
  }
  for (const wrong of [
    { ...aads, offsets: aads.offsets.subarray(1), lengths: aads.lengths.subarray(1) },
    { ...aads, lengths: Uint32Array.from(texts, () => 3010) },
  ]) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => sealAll(lease, texts, wrong))
    await rejectsCode(t, 'MORTISE_INPUT_INVALID', sealAllAsync(lease, texts, wrong))
  }
})

t.test('bare AES-GCM is what node:crypto makes and opens', async (t) => {
  for (const bits of [128, 192, 256]) {
    const raw = crypto.randomBytes(bits / 8)
    const lease = bare(bits, native.importSecret('AES', raw))
    t.equal(lease.overhead, 28)
    for (const size of [0, 1, 15, 16, 17, 1000]) {
      const text = crypto.randomBytes(size)
      const sealed = lease.seal(text, aad)
      const opener = crypto.createDecipheriv(`aes-${bits as 256}-gcm`, raw, sealed.subarray(0, 12))
      opener.setAAD(aad).setAuthTag(sealed.subarray(-16))
      t.same(Buffer.concat([opener.update(sealed.subarray(12, -16)), opener.final()]), text)
      const iv = crypto.randomBytes(12)
      const sealer = crypto.createCipheriv(`aes-${bits as 256}-gcm`, raw, iv).setAAD(aad)
      const theirs = Buffer.concat([iv, sealer.update(text), sealer.final(), sealer.getAuthTag()])
      t.same(lease.open(theirs, aad), text)
      theirs[12]! ^= 1
      throwsCode(t, 'MORTISE_CRYPTO_DECRYPTION_FAILED', () => lease.open(theirs, aad))
    }
  }
})

t.test('bounds are checked before a thread sees them', async (t) => {
  const lease = cipherLease()
  const arena = Buffer.alloc(100)
  const [offsets, lengths] = [Uint32Array.of(0), Uint32Array.of(100)]
  const out = Buffer.alloc(145)
  const wrong: Parameters<CipherLease['sealBatch']>[] = [
    [arena, Uint32Array.of(1), lengths, out],
    [arena, offsets, lengths, out.subarray(1)],
    [arena, offsets, lengths, arena],
    [arena, offsets, lengths, out, out],
    [arena, offsets, Uint32Array.of(1, 2), out],
  ]
  for (const args of wrong) throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.sealBatchAsync(...args))
  t.equal(lease.used, 0)
  t.equal(await lease.sealBatchAsync(arena, offsets, lengths, out, ...flat(aad)), 145)
  lease.end()
  throwsCode(t, 'MORTISE_LEASE_ENDED', () => lease.sealBatchAsync(arena, offsets, lengths, out))
})

t.test('work that is under way when its lease ends is finished', async (t) => {
  const lease = cipherLease()
  const texts = many()
  const sealing = sealAllAsync(lease, texts)
  lease.end()
  t.equal((await sealing).length, texts.length)
})

t.test('signatures of a batch are each its own, on threads and here', async (t) => {
  const pairs = await Promise.all([
    native.generateKeyPair('RSA', 2048),
    native.generateKeyPair('EC', 'P-256'),
    native.generateKeyPair('Ed25519', null),
  ])
  for (const [i, scheme] of (['RS256', 'ES256', 'EdDSA'] as const).entries()) {
    const { privateKey } = pairs[i]!
    const lease = native.openSignerLease(privateKey, scheme, {}, binding())
    const messages = Array.from({ length: 41 }, () => crypto.randomBytes(100))
    for (const signatures of [lease.signBatch(messages), await lease.signBatchAsync(messages)]) {
      t.equal(signatures.length, messages.length)
      t.ok(messages.every((message, j) => native.verify(privateKey, scheme, message, signatures[j]!, {})))
    }
    t.strictSame(await lease.signBatchAsync([]), [])
    t.equal(lease.used, 82)
  }
})

t.test('a worker may go while its work is on the threads', async (t) => {
  const program = `
    import { native } from ${JSON.stringify(new URL('../../lib/native/index.js', import.meta.url).href)}
    import { parentPort } from 'node:worker_threads'
    const key = native.generateSecret('AES', 256)
    const lease = native.openCipherLease(key, { encrypt: true, decrypt: true },
      { manager: native.newManager(), store: 'w', object: 'o', principal: 'p', keyVersion: 1, uses: 1e9, milliseconds: 6e4 })
    const size = 2 ** 24
    for (let i = 0; i < 8; i++)
      lease.sealBatchAsync(new Uint8Array(size), Uint32Array.of(0), Uint32Array.of(size), new Uint8Array(size + 45))
    for (let i = 0; i < 4; i++) native.generateKeyPair('RSA', 2048)
    parentPort.postMessage('at work')`
  const source = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(source)
    await new Promise((resolve) => worker.once('message', resolve))
    t.equal(await worker.terminate(), 1)
  }
  const lease = cipherLease()
  const texts = many()
  t.strictSame(openAll(lease, await sealAllAsync(lease, texts)), texts, 'the threads are there still')
})

t.test('the threads go behind the event loop', async (t) => {
  await sealAllAsync(cipherLease(256), many())
  const nice = (task: string | number) => {
    const stat = readFileSync(`/proc/self/task/${task}/stat`, 'utf8')
    return {
      name: stat.replace(/^\d+ \((.*)\).*\n$/, '$1'),
      nice: Number(stat.split(') ')[1]?.split(' ')[16]),
    }
  }
  const all = readdirSync('/proc/self/task').map(nice)
  const pool = all.filter(({ name }) => name === 'mortise-pool')
  t.not(pool.length, 0, 'there are such threads')
  const lowered = Math.min(19, nice(process.pid).nice + 10)
  for (const thread of pool) t.equal(thread.nice, lowered)
})
