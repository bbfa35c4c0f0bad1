import { createHash, randomBytes } from 'node:crypto'
import t from 'tap'
import { hashNames } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'

const data = Buffer.from('data')

t.test('a MAC verifies whole, of its key and its data', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const usage = ['MACGenerate', 'MACVerify'] as const
  for (const input of [{ algorithm: 'HMAC-SHA3-512' }, { algorithm: 'AES', usage }]) {
    const { id } = await ann.createKey(input)
    const mac = await ann.mac(id, data)
    t.ok(await ann.macVerify(id, data, mac))
    t.notOk(await ann.macVerify(id, Buffer.from('other'), mac))
    t.notOk(await ann.macVerify(id, data, mac.subarray(1)))
    t.notOk(await ann.macVerify(id, data, Buffer.alloc(0)))
    t.notOk(
      await ann.macVerify(
        id,
        data,
        mac.map((byte, at) => (at === 3 ? byte ^ 1 : byte)),
      ),
    )
    const other = await ann.createKey(input)
    t.notOk(await ann.macVerify(other.id, data, mac))
    await ann.revoke(id)
    t.ok(await ann.macVerify(id, data, mac), 'of a key that makes none any more')
    await t.rejects(ann.mac(id, data), { code: 'MORTISE_KEY_STATE' })
  }
  const { records } = await (await house.administrator()).audit({ principal: ann.principal.id })
  t.match(
    records.find(({ operation }) => operation === 'MACVerify'),
    { detail: { valid: true } },
  )
})

t.test('an AES key makes CMACs only when it was made for that (RFC 4493 section 4)', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const material = Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex')
  const register = (usage?: readonly ['MACGenerate']) =>
    ann.register({ format: 'raw', algorithm: 'AES', material, ...(usage && { usage }) })
  await t.rejects(ann.mac((await register()).id, data), { code: 'MORTISE_KEY_USAGE' })
  const { id } = await register(['MACGenerate'])
  await t.rejects(ann.encrypt(id, data), { code: 'MORTISE_KEY_USAGE' })
  const message = Buffer.from(
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
    'hex',
  )
  for (const [size, mac] of [
    [0, 'bb1d6929e95937287fa37d129b756746'],
    [16, '070a16b46b4d4144f79bdd9dd04a287c'],
    [40, 'dfa66747de9ae63030ca32611497c827'],
    [64, '51f0bebf7e3b9d92fc49741779363cfe'],
  ] as const) {
    t.equal((await ann.mac(id, message.subarray(0, size))).toString('hex'), mac, `${size} bytes`)
  }
})

t.test('to verify is a permission of its own', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const bob = await house.as('bob')
  const { id } = await ann.createKey({ algorithm: 'HMAC-SHA-256' })
  const mac = await ann.mac(id, data)
  await t.rejects(bob.macVerify(id, data, mac), { code: 'MORTISE_KEY_NOT_FOUND' })
  await ann.grant(id, { principal: 'bob' }, ['MACVerify'])
  t.ok(await bob.macVerify(id, data, mac))
  await t.rejects(bob.mac(id, data), { code: 'MORTISE_ACCESS_DENIED' })
})

t.test('every hash is what node:crypto does; SHA-1 under compatible only', async (t) => {
  const house = await KeyHouse.build(t, { policy: 'compatible' })
  const ann = await house.as('ann')
  const bytes = randomBytes(1000)
  for (const name of hashNames) {
    const theirs = createHash(name.replace('SHA-', 'sha').replace('/', '-').toLowerCase())
    t.same(await ann.hash(bytes, name), theirs.update(bytes).digest(), name)
  }
  t.same(await ann.hash(bytes), createHash('sha256').update(bytes).digest())
  const approved = await house.as('ann', await house.open({ policy: 'approved' }))
  await t.rejects(approved.hash(bytes, 'SHA-1'), { code: 'MORTISE_CRYPTO_POLICY' })
  await t.rejects(approved.hash(bytes, 'toString' as 'SHA-1'), { code: 'MORTISE_CRYPTO_UNSUPPORTED' })
})

t.test('many hashes are recorded once', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const messages = Array.from({ length: 3000 }, (_, i) => randomBytes(i % 900))
  const theirs = messages.map((message) => createHash('sha384').update(message).digest())
  t.strictSame(await ann.hashBatch(messages, 'SHA-384'), theirs)
  t.strictSame(await ann.hashBatch([]), [])
  const arena = {
    arena: Buffer.concat(messages.slice(0, 2)),
    offsets: Uint32Array.of(0, 0),
    lengths: Uint32Array.of(0, 1),
  }
  const [empty, one] = [Buffer.alloc(0), arena.arena.subarray(0, 1)]
  t.same(
    await ann.hashArena(arena),
    Buffer.concat([empty, one].map((message) => createHash('sha256').update(message).digest())),
  )
  const { records } = await (await house.administrator()).audit({ operation: 'HashBatch' })
  t.strictSame(
    records.map(({ detail }) => detail),
    [2, 0, 3000].map((messages, i) => ({ hash: i === 2 ? 'SHA-384' : 'SHA-256', messages })),
  )
  for (const wrong of ['text', ['text'], undefined, { ...arena, lengths: [1] }, { ...arena, arena: 'text' }])
    await t.rejects(ann.hashArena(wrong as unknown as typeof arena), { code: 'MORTISE_INPUT_INVALID' })
  await t.rejects(ann.hashArena({ ...arena, offsets: Uint32Array.of(0, 2000) }), {
    code: 'MORTISE_INPUT_INVALID',
  })
  const large = new Uint8Array(2 ** 26)
  await t.rejects(ann.hashBatch([large, data]), { code: 'MORTISE_INPUT_TOO_LARGE' })
  await t.rejects(ann.hashBatch([data], 'SHA-1'), { code: 'MORTISE_CRYPTO_POLICY' })
  await t.rejects(ann.hashBatch([data], 'MD5' as 'SHA-1'), { code: 'MORTISE_CRYPTO_UNSUPPORTED' })
})

t.test('who may only make MACs with a key opens no record of it', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const usage = ['Encrypt', 'Decrypt', 'MACGenerate', 'MACVerify'] as const
  const { id } = await ann.createKey({ algorithm: 'AES', usage })
  await ann.grant(id, { principal: 'bob' }, ['MAC'])
  const record = await ann.encrypt(id, Buffer.from('secret'))
  // XAES-256-GCM (C2SP) derives the key of a record as CMAC of these two blocks.
  const prefix = record.subarray(5, 17)
  for (const counter of [1, 2]) {
    const label = Buffer.concat([Buffer.of(0, counter, 0x58, 0), prefix])
    await t.rejects(bob.mac(id, label), { code: 'MORTISE_INPUT_INVALID' })
    await t.rejects(bob.macVerify(id, label, Buffer.alloc(16)))
    t.equal((await bob.mac(id, label.subarray(1))).length, 16)
    const lease = await bob.openMac(id, ['generate'])
    t.throws(() => lease.mac(label), { code: 'MORTISE_INPUT_INVALID' })
    t.throws(() => lease.macBatch([data, label]), { code: 'MORTISE_INPUT_INVALID' })
    await t.rejects(lease.macBatchAsync([data, label]), { code: 'MORTISE_INPUT_INVALID' })
    t.equal(lease.used, 1, 'batches are refused before any work')
  }
})
