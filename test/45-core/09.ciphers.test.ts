import { createDecipheriv, randomBytes } from 'node:crypto'
import t from 'tap'
import { KeyHouse } from '../support/key_house.js'

const aad = Buffer.from('aad')

t.test('asynchronous forms make and open what the others do, short and long', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const cipher = await ann.openCipher(id)
  for (const count of [0, 1, 5000]) {
    const texts = Array.from({ length: count }, (_, i) => randomBytes(i % 300))
    const records = await cipher.sealBatchAsync(texts, aad)
    t.strictSame(cipher.openBatch(records, aad), texts)
    t.strictSame(await cipher.openBatchAsync(records, aad), texts)
    if (records.length > 0) t.same(await ann.decrypt(id, records.at(-1)!, { aad }), texts.at(-1))
  }
  for (const size of [0, 100, 3 * 2 ** 20]) {
    const text = randomBytes(size)
    const record = await cipher.sealAsync(text, aad)
    t.ok(text.equals(cipher.open(record, aad)))
    t.ok(text.equals(await cipher.openAsync(record, aad)))
    await t.rejects(cipher.openAsync(record), { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' })
  }
  await t.rejects(cipher.openAsync(Buffer.alloc(10)), { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' })
  const large = Array.from({ length: 7 }, () => randomBytes(2 ** 20))
  t.strictSame(await cipher.openBatchAsync(await cipher.sealBatchAsync(large, aad), aad), large)
  await cipher.close()
  t.equal(
    await cipher.sealBatchAsync(large).catch(({ code }) => code),
    'MORTISE_LEASE_ENDED',
    'of several pieces that fail, one is heard of',
  )
  await t.rejects(cipher.sealAsync(randomBytes(10)), { code: 'MORTISE_LEASE_ENDED' })
  await t.rejects(cipher.sealBatchAsync([randomBytes(10)]), { code: 'MORTISE_LEASE_ENDED' })
})

t.test('into memory of the caller', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const cipher = await ann.openCipher((await ann.createKey({ algorithm: 'AES' })).id)
  const text = Buffer.from('plaintext')
  const record = Buffer.alloc(text.length + cipher.overhead + 3)
  const written = cipher.sealInto(text, record, aad)
  t.equal(written, text.length + cipher.overhead)
  const out = Buffer.alloc(text.length)
  t.equal(cipher.openInto(record.subarray(0, written), out, aad), text.length)
  t.same(out, text)
  t.throws(() => cipher.openInto(record, Buffer.alloc(12), aad), { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' })
  t.throws(() => cipher.sealInto(text, Buffer.alloc(3)), { code: 'MORTISE_INPUT_INVALID' })
})

t.test('additional data of each record goes with it through pieces', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const cipher = await ann.openCipher((await ann.createKey({ algorithm: 'AES' })).id)
  const texts = Array.from({ length: 4000 }, () => randomBytes(50))
  const aads = {
    arena: randomBytes(8000),
    offsets: Uint32Array.from(texts, (_, i) => 2 * i),
    lengths: new Uint32Array(texts.length).fill(2),
  }
  const records = await cipher.sealBatchAsync(texts, aads)
  t.same(cipher.open(records[3999]!, aads.arena.subarray(7998)), texts[3999])
  t.strictSame(await cipher.openBatchAsync(records, aads), texts)
})

t.test('a lease on bare AES-GCM is for other systems, and its random IVs are counted', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const raw = randomBytes(32)
  const { id } = await ann.register({ format: 'raw', algorithm: 'AES', material: raw })
  const cipher = await ann.openCipher(id, ['encrypt', 'decrypt'], { format: 'gcm' })
  t.equal(cipher.overhead, 28)
  const sealed = cipher.seal(Buffer.from('text'), aad)
  const opener = createDecipheriv('aes-256-gcm', raw, sealed.subarray(0, 12))
  opener.setAAD(aad).setAuthTag(sealed.subarray(-16))
  t.equal(Buffer.concat([opener.update(sealed.subarray(12, -16)), opener.final()]).toString(), 'text')
  t.same(await ann.decrypt(id, sealed, { aad, format: 'gcm' }), Buffer.from('text'))
  t.same(cipher.open(await ann.encrypt(id, Buffer.from('other'), { format: 'gcm' })), Buffer.from('other'))
  await cipher.close()
  const { records: trail } = await (await house.administrator()).audit({ object: id, limit: 100 })
  const opened = trail.find(({ operation }) => operation === 'OpenCipher')
  t.match(opened?.detail, { format: 'gcm', reserved: 2 ** 20 })
})

t.test('a lease on ChaCha20-Poly1305 has the same shape, where the policy allows it', async (t) => {
  const house = await KeyHouse.build(t, { policy: 'compatible' })
  const ann = await house.as('ann')
  const raw = randomBytes(32)
  const { id } = await ann.register({ format: 'raw', algorithm: 'ChaCha20', material: raw })
  const cipher = await ann.openCipher(id)
  const texts = Array.from({ length: 4000 }, (_, i) => randomBytes(i % 300))
  const sealed = await cipher.sealBatchAsync(texts, aad)
  t.strictSame(cipher.openBatch(sealed, aad), texts)
  const last = sealed.at(-1) as Buffer
  const opener = createDecipheriv('chacha20-poly1305', raw, last.subarray(0, 12), { authTagLength: 16 })
  opener.setAAD(aad, { plaintextLength: last.length - 28 }).setAuthTag(last.subarray(-16))
  t.same(Buffer.concat([opener.update(last.subarray(12, -16)), opener.final()]), texts.at(-1))
  await t.rejects(ann.openCipher(id, ['encrypt'], { format: 'gcm' }), { code: 'MORTISE_CRYPTO_UNSUPPORTED' })
  const { id: aes } = await ann.createKey({ algorithm: 'AES' })
  const wrong = { format: 'chacha20-poly1305' } as const
  await t.rejects(ann.openCipher(aes, ['encrypt'], wrong), { code: 'MORTISE_CRYPTO_UNSUPPORTED' })
  const { id: mac } = await ann.createKey({ algorithm: 'HMAC-SHA-256' })
  await t.rejects(ann.openCipher(mac, ['encrypt']), { code: /MORTISE_/ })
})

t.test('single signatures of one turn are made together, and a bad one fails alone', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC', curve: 'P-256' })
  const signer = await ann.openSigner(privateKey.id, { digested: true })
  const digests = Array.from({ length: 50 }, () => randomBytes(32))
  const signatures = await Promise.all(digests.map((digest) => signer.sign(digest)))
  for (const i of [0, 25, 49])
    t.equal(await ann.verify(publicKey.id, digests[i]!, signatures[i]!, { digested: true }), true)
  t.equal(signer.used, 50)
  const many = Array.from({ length: 2500 }, (_, i) => digests[i % 50]!)
  const made = await signer.signBatch(many)
  t.equal(made.length, 2500, 'more than are copied at once')
  for (const i of [0, 1024, 2499])
    t.equal(await ann.verify(publicKey.id, many[i]!, made[i]!, { digested: true }), true)
  const verifier = await ann.openVerifier(publicKey.id, { digested: true })
  made[1500] = made[0]!
  t.strictSame(
    await verifier.verifyBatch(many, made),
    many.map((digest, i) => i !== 1500 || digest === many[0]),
  )
  await verifier.close()
  const [good, bad] = await Promise.allSettled([signer.sign(digests[0]!), signer.sign(randomBytes(31))])
  t.equal(good.status, 'fulfilled')
  t.match(bad, { status: 'rejected', reason: { code: 'MORTISE_INPUT_INVALID' } })
  await signer.close()
  await t.rejects(signer.sign(digests[0]!), { code: 'MORTISE_LEASE_ENDED' })
})

t.test('the event loop goes on beside much work', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const cipher = await ann.openCipher((await ann.createKey({ algorithm: 'AES' })).id)
  const size = 2 ** 24
  const records = { arena: randomBytes(size), offsets: Uint32Array.of(0), lengths: Uint32Array.of(size) }
  const out = Buffer.alloc(size + cipher.overhead)
  let turns = 0
  const ticking = setInterval(() => turns++, 1)
  await Promise.all(
    Array.from({ length: 20 }, () => cipher.sealArenaAsync(records, Buffer.alloc(out.length))),
  )
  t.ok(turns > 0, `${turns} turns meanwhile`)
  turns = 0
  await cipher.sealBatchAsync([randomBytes(2 ** 25)])
  clearInterval(ticking)
  t.ok(turns > 0, `${turns} turns beside one large record`)
})
