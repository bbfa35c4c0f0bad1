import t from 'tap'
import { type Inside, KeyHouse } from '../support/key_house.js'

/** What a process reserves first. */
const block = 2 ** 10
const limit = 2 ** 32
const data = Buffer.from('data')

async function reserved(inside: Inside, key: string): Promise<number> {
  const row = await inside.store.record('usage', key)
  return row ? JSON.parse(inside.barrier.openRecord(row).toString('utf8', 1)).randomIv : 0
}

async function setReserved(inside: Inside, key: string, randomIv: number): Promise<void> {
  const before = await inside.store.record('usage', key)
  const identity = { namespace: 'usage', key, version: (before?.version ?? 0) + 1, expires: null, index: {} }
  const value = Buffer.concat([Buffer.of(1), Buffer.from(JSON.stringify({ randomIv, lease: 0 }))])
  await inside.apply({ records: [{ row: inside.barrier.sealRecord(identity, value) }] })
}

t.test('random IVs are reserved in blocks, on disk before the first is used', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const inside = await house.inside()
  const { id } = await ann.createKey({ algorithm: 'AES', length: 128 })
  t.equal(await reserved(inside, id), 0)
  await Promise.all(Array.from({ length: 50 }, () => ann.encrypt(id, data)))
  t.equal(await reserved(inside, id), block, 'one block for all that came at once')
})

t.test('each block of a process is twice as long as the one before', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const inside = await house.inside()
  const { id } = await ann.createKey({ algorithm: 'AES', length: 128 })
  const encrypt = (count: number) => Promise.all(Array.from({ length: count }, () => ann.encrypt(id, data)))
  await encrypt(block)
  t.equal(await reserved(inside, id), block)
  await encrypt(1)
  t.equal(await reserved(inside, id), 3 * block)
})

t.test('a lease that is closed gives back what it did not use', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const inside = await house.inside()
  const { id } = await ann.createKey({ algorithm: 'AES', length: 128 })
  const cipher = await ann.openCipher(id)
  t.equal(await reserved(inside, id), 2 ** 20)
  cipher.sealBatch([data, data, data])
  await cipher.close()
  t.equal(await reserved(inside, id), 3)
})

t.test('a process that died, and any other process, takes a block of its own', async (t) => {
  const house = await KeyHouse.build(t)
  const inside = await house.inside()
  const { id } = await (await house.as('ann')).createKey({ algorithm: 'AES', length: 256 })
  for (let processes = 1; processes <= 3; processes++) {
    const ann = await house.as('ann', await house.open())
    await ann.encrypt(id, data, { format: 'gcm' })
    t.equal(await reserved(inside, id), processes * block)
  }
})

t.test('records of 256-bit keys draw none: each derives a key of its own', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const inside = await house.inside()
  const { id } = await ann.createKey({ algorithm: 'AES', length: 256 })
  await setReserved(inside, id, limit)
  await t.resolves(ann.encrypt(id, data))
  await t.rejects(ann.encrypt(id, data, { format: 'gcm' }), { code: 'MORTISE_CRYPTO_LIMIT_REACHED' })
})

t.test('a key that has drawn 2^32 encrypts no more, and still decrypts', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const inside = await house.inside()
  const { id } = await ann.createKey({ algorithm: 'AES', length: 128, name: 'old' })
  await setReserved(inside, id, limit - block)
  const box = await ann.encrypt(id, data)
  t.equal(await reserved(inside, id), limit, 'the last block')
  const next = await house.as('ann', await house.open())
  const refused = { code: 'MORTISE_CRYPTO_LIMIT_REACHED', details: { object: id }, message: /rekey it/ }
  for (let again = 0; again < 2; again++) await t.rejects(next.encrypt(id, data), refused)
  await t.rejects(next.openCipher(id), refused, 'a lease neither')
  await t.rejects(next.encrypt(id, data, { format: 'gcm' }), refused)
  t.same(await next.decrypt(id, box), data)
  await t.resolves(next.openCipher(id, ['decrypt']).then((cipher) => cipher.close()))
  await next.rekey('old')
  await t.resolves(next.encrypt('old', data), 'its next version does')
  t.equal(await reserved(inside, id), limit, 'a refusal reserves nothing')
})

t.test('several processes that reserve at once lose none of their blocks', async (t) => {
  const house = await KeyHouse.build(t)
  const inside = await house.inside()
  const { id } = await (await house.as('ann')).createKey({ algorithm: 'AES', length: 192 })
  const sessions = await Promise.all(
    Array.from({ length: 4 }, async () => house.as('ann', await house.open())),
  )
  await Promise.all(sessions.map((session) => session.encrypt(id, data)))
  t.equal(await reserved(inside, id), 4 * block)
})
