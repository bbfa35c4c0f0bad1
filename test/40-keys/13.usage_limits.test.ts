import t from 'tap'
import type { Session } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const exhausted = 'MORTISE_KEY_USAGE_LIMIT'
const data = Buffer.alloc(100, 7)

async function keyOf(session: Session, total: number, unit: 'Byte' | 'Object', algorithm = 'AES') {
  const { id } = await session.createKey({ algorithm, attributes: { UsageLimits: { total, unit } } })
  return id
}

t.test(
  'a key protects as often as its limits say, and then no more; it opens as often as ever',
  async (t) => {
    const house = await KeyHouse.build(t)
    const ann = await house.as('ann')
    const id = await keyOf(ann, 5, 'Object')
    let record: Buffer = Buffer.alloc(0)
    for (let i = 0; i < 5; i++) {
      record = await ann.encrypt(id, data)
      await ann.decrypt(id, record)
    }
    t.equal(await outcome(ann.encrypt(id, data)), exhausted)
    t.equal(await outcome(ann.openCipher(id, ['encrypt'])), exhausted)
    t.same(await ann.decrypt(id, record), data)
    await (await ann.openCipher(id, ['decrypt'])).close()

    const mac = await keyOf(ann, 2, 'Object', 'HMAC-SHA-256')
    const results = await Promise.all(Array.from({ length: 6 }, () => outcome(ann.mac(mac, data))))
    t.strictSame(results.sort(), [...Array(4).fill(exhausted), 'ok', 'ok'])

    const { privateKey } = await ann.createKeyPair({
      algorithm: 'EC',
      attributes: { UsageLimits: { total: 1, unit: 'Object' } },
    })
    await ann.sign(privateKey.id, data)
    t.equal(await outcome(ann.sign(privateKey.id, data)), exhausted)
  },
)

t.test('a limit in bytes counts what is protected', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const id = await keyOf(ann, 250, 'Byte')
  await ann.encrypt(id, data)
  await ann.encrypt(id, data)
  t.equal(await outcome(ann.encrypt(id, data)), exhausted, '50 are left')
  await ann.encrypt(id, data.subarray(0, 50))
  t.equal(await outcome(ann.encrypt(id, data.subarray(0, 1))), exhausted)
  await ann.encrypt(id, Buffer.alloc(0))
  t.equal(await outcome(ann.openCipher(id)), exhausted, 'a lease does not count bytes')
})

t.test('what fails or is refused takes nothing', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const id = await keyOf(ann, 1, 'Object')
  await t.rejects(bob.encrypt(id, data), { code: 'MORTISE_KEY_NOT_FOUND' })
  await t.rejects(ann.encrypt(id, 'text' as unknown as Buffer), { code: 'MORTISE_INPUT_INVALID' })
  await ann.encrypt(id, data)
})

t.test('a restart, a crash and another process never give out more', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const id = await keyOf(ann, 1000, 'Object')
  let used = 0
  for (let i = 0; i < 10; i++, used++) await ann.encrypt(id, data)

  // Never closed: what it had reserved when it died is gone.
  const other = await (await house.open()).as('ann')
  await other.encrypt(id, data)
  used++

  const orderly = await house.open()
  const third = await orderly.as('ann')
  for (let i = 0; i < 10; i++, used++) await third.encrypt(id, data)
  await orderly.close()

  const last = await (await house.open()).as('ann')
  while ((await outcome(last.encrypt(id, data))) === 'ok') used++
  t.ok(used <= 1000, `${used} in all`)
  t.ok(used >= 1000 - 2 * Math.ceil(1000 / 64), 'no more is lost than two processes have reserved')
})

t.test('a lease takes its block from the limits and gives back what it did not use', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const id = await keyOf(ann, 640, 'Object')
  const cipher = await ann.openCipher(id, ['encrypt'])
  for (let i = 0; i < 3; i++) cipher.seal(data)
  await cipher.close()
  await ann.getUsageAllocation(id, 637)
  t.equal(await outcome(ann.openCipher(id, ['encrypt'])), exhausted)

  const small = await keyOf(ann, 3, 'Object')
  const lease = await ann.openCipher(small, ['encrypt'])
  let sealed = 0
  // What is extended by itself meanwhile is there to be used, too.
  while ((await outcome(() => lease.seal(data))) === 'ok' || (await outcome(lease.reserve())) === 'ok') {
    sealed = lease.used
  }
  while ((await outcome(() => lease.seal(data))) === 'ok') sealed = lease.used
  t.equal(sealed, 3)
  t.equal(await outcome(lease.reserve()), exhausted)
})

t.test('leases on MACs count what they make, and nothing that they verify', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const id = await keyOf(ann, 2, 'Object', 'HMAC-SHA-256')
  const verifier = await ann.openMac(id, ['verify'])
  for (let i = 0; i < 5; i++) verifier.verify(data, data)
  await verifier.close()
  await ann.mac(id, data)
  await ann.mac(id, data)
  t.equal(await outcome(ann.openMac(id)), exhausted)
  await (await ann.openMac(id, ['verify'])).close()
  t.equal(await outcome(ann.openMac(await keyOf(ann, 9, 'Byte', 'HMAC-SHA-256'))), exhausted)
})

t.test(
  'each of many keys that are derived at once is a use of the one that they are derived from',
  async (t) => {
    const ann = await (await KeyHouse.build(t)).as('ann')
    const attributes = { UsageLimits: { total: 5, unit: 'Object' } }
    const { id } = await ann.createKey({ algorithm: 'AES', usage: ['DeriveKey'], attributes })
    const infos = (count: number) => Array.from({ length: count }, (_, i) => Buffer.from(`info ${i}`))
    const derive = (count: number) => outcome(ann.deriveKeys(id, infos(count), { algorithm: 'AES' }))
    t.equal(await derive(6), exhausted)
    t.equal(await derive(4), 'ok')
    t.equal(await derive(2), exhausted)
    t.equal(await derive(1), 'ok')
    t.equal(await outcome(ann.deriveKey(id, { algorithm: 'AES' })), exhausted)
  },
)

t.test('a client takes a part for itself, in the unit of the limits', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const id = await keyOf(ann, 100, 'Byte')
  t.strictSame(await ann.getUsageAllocation(id, 60), { id, count: 60 })
  t.equal(await outcome(ann.getUsageAllocation(id, 41)), exhausted)
  await ann.getUsageAllocation(id, 40)
  t.equal(await outcome(ann.encrypt(id, data)), exhausted)
  for (const count of [0, -1, 0.5, Number.NaN])
    t.equal(await outcome(ann.getUsageAllocation(id, count)), 'MORTISE_INPUT_INVALID')
  const free = await ann.createKey({ algorithm: 'AES' })
  t.equal(await outcome(ann.getUsageAllocation(free.id, 1)), 'MORTISE_ATTRIBUTE_NOT_FOUND')
})

t.test('limits are changed until the key has protected something', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const id = await keyOf(ann, 10, 'Object')
  await ann.modifyAttribute(id, 'UsageLimits', { total: 20, unit: 'Byte' })
  await ann.deleteAttribute(id, 'UsageLimits')
  await ann.encrypt(id, data)
  await ann.addAttribute(id, 'UsageLimits', { total: 2, unit: 'Object' })
  await ann.encrypt(id, data)
  const readOnly = { code: 'MORTISE_ATTRIBUTE_READ_ONLY' }
  await t.rejects(ann.modifyAttribute(id, 'UsageLimits', { total: 20, unit: 'Object' }), readOnly)
  await t.rejects(ann.deleteAttribute(id, 'UsageLimits'), readOnly)
})
