import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Cipher, Mac, Session, Signer, Verifier } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'
import { Remote } from '../support/remote.js'

const data = Buffer.from('data')
const aad = Buffer.from('aad')
const ended = { code: 'MORTISE_LEASE_ENDED' }

/** Waits for what must come; the time limit of the test file is the only one. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5)
}

t.test(
  'one by one or in a batch, a lease makes what decrypt opens, and opens what encrypt makes',
  async (t) => {
    const house = await KeyHouse.build(t)
    const ann = await house.as('ann')
    for (const length of [128, 192, 256]) {
      const { id } = await ann.createKey({ algorithm: 'AES', length })
      const cipher = await ann.openCipher(id)
      t.match(cipher, { keyId: id, keyVersion: 1, overhead: length === 256 ? 45 : 33, ended: false, used: 0 })
      const plaintexts = [0, 1, 16, 1000, 70_000].map((size) => Buffer.alloc(size, size % 251))
      const records = [
        ...plaintexts.map((one) => cipher.seal(one, aad)),
        ...cipher.sealBatch(plaintexts, aad),
      ]
      for (const [i, record] of records.entries()) {
        const plaintext = plaintexts[i % plaintexts.length]
        t.same(await ann.decrypt(id, record, { aad }), plaintext)
        t.same(cipher.open(record, aad), plaintext)
        t.throws(() => cipher.open(record), { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' }, 'without the aad')
      }
      t.same(cipher.openBatch(records, aad), [...plaintexts, ...plaintexts])
      t.same(cipher.open(await ann.encrypt(id, data)), data)
      const broken = records.map((record, i) =>
        i === 1 ? Buffer.alloc(record.length) : i === 2 ? data : record,
      )
      t.same(
        cipher.openBatch(broken, aad).map((one) => one === null),
        broken.map((_, i) => i === 1 || i === 2),
        'one that does not open leaves the others alone',
      )
      t.ok(cipher.used > 30)
      await cipher.close()
      t.throws(() => cipher.seal(data), ended)
      await cipher.close()
    }
  },
)

t.test('the form without allocation', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const cipher = await ann.openCipher((await ann.createKey({ algorithm: 'AES' })).id)
  const lengths = Uint32Array.of(3, 0, 5)
  const plain = { arena: Buffer.from('abcdefgh'), offsets: Uint32Array.of(0, 3, 3), lengths }
  const sealed = Buffer.alloc(8 + 3 * cipher.overhead)
  t.equal(cipher.sealArena(plain, sealed), sealed.length)
  const sizes = lengths.map((length) => length + cipher.overhead)
  const offsets = Uint32Array.of(0, sizes[0] ?? 0, (sizes[0] ?? 0) + (sizes[1] ?? 0))
  const out = Buffer.alloc(8)
  const status = new Uint8Array(3)
  sealed.writeUInt8(sealed.readUInt8(sealed.length - 1) ^ 1, sealed.length - 1)
  t.equal(cipher.openArena({ arena: sealed, offsets, lengths: sizes }, out, status), 8)
  t.strictSame([out.toString('latin1'), ...status], ['abc\0\0\0\0\0', 1, 1, 0])
})

t.test('a lease does what it was opened for', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const record = await ann.encrypt(id, data)
  const sealer = await ann.openCipher(id, ['encrypt'])
  const opener = await ann.openCipher(id, ['decrypt'])
  t.throws(() => sealer.open(record), { name: 'MortiseError' })
  t.throws(() => opener.seal(data), { name: 'MortiseError' })
  t.same(opener.open(sealer.seal(data)), data)
})

t.test('a signer signs as sign does', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC' })
  const signer = await ann.openSigner(privateKey.id, { encoding: 'p1363' })
  const messages = Array.from({ length: 20 }, (_, i) => Buffer.from(`message ${i}`))
  const signatures = [...(await signer.signBatch(messages)), ...signer.signBatchSync(messages)]
  for (const [i, signature] of signatures.entries()) {
    const message = messages[i % 20] ?? data
    t.ok(await ann.verify(publicKey.id, message, signature, { encoding: 'p1363' }))
  }
  t.match(signer, { scheme: 'ES256', keyId: privateKey.id, used: 40 })
  await signer.close()
  t.throws(() => signer.signBatchSync(messages), ended)
  await t.rejects(async () => signer.signBatch(messages), ended)
})

t.test('a verifier verifies as verify does', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  for (const [algorithm, scheme] of [
    ['EC', 'ES256'],
    ['RSA', 'PS256'],
    ['Ed25519', 'EdDSA'],
  ] as const) {
    const { privateKey, publicKey } = await ann.createKeyPair({ algorithm })
    const verifier = await ann.openVerifier(publicKey.id, { encoding: 'p1363' })
    const messages = Array.from({ length: 10 }, (_, i) => Buffer.from(`message ${i}`))
    const signatures = await Promise.all(
      messages.map((message) => ann.sign(privateKey.id, message, { encoding: 'p1363' })),
    )
    signatures[3] = Buffer.alloc(64)
    const expected = messages.map((_, i) => i !== 3)
    t.strictSame(await verifier.verifyBatch(messages, signatures), expected)
    t.strictSame(verifier.verifyBatchSync(messages, signatures), expected)
    const single = messages.map((message, i) => verifier.verify(message, signatures[i] ?? data))
    t.strictSame(await Promise.all(single), expected)
    t.match(verifier, { scheme, keyId: publicKey.id, used: 30 })
    await verifier.close()
    t.throws(() => verifier.verifyBatchSync(messages, signatures), ended)
    await t.rejects(verifier.verify(data, data), ended)
  }
})

t.test('single verifications of one turn are made together, and what is no digest fails alone', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC' })
  const digest = Buffer.alloc(32, 1)
  const signature = await ann.sign(privateKey.id, digest, { digested: true })
  const verifier = await ann.openVerifier(publicKey.id, { digested: true })
  const [good, bad, none] = await Promise.allSettled([
    verifier.verify(digest, signature),
    verifier.verify(digest, data),
    verifier.verify(data, signature),
  ])
  t.match(good, { status: 'fulfilled', value: true })
  t.match(bad, { status: 'fulfilled', value: false })
  t.match(none, { status: 'rejected', reason: { code: 'MORTISE_INPUT_INVALID' } })
})

t.test('a lease on a MAC key makes what mac makes, and verifies it', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const usage = ['MACGenerate', 'MACVerify'] as const
  for (const [key, macLength] of [
    [{ algorithm: 'HMAC-SHA-384' }, 48],
    [{ algorithm: 'AES', usage }, 16],
  ] as const) {
    const { id } = await ann.createKey(key)
    const lease = await ann.openMac(id)
    t.match(lease, { keyId: id, macLength, ended: false, used: 0 })
    const messages = Array.from({ length: 3000 }, (_, i) => Buffer.alloc(i % 300, i % 251))
    const macs = lease.macBatch(messages)
    t.same(macs[77], await ann.mac(id, messages[77] ?? data))
    t.same(lease.mac(messages[78] ?? data), macs[78])
    t.strictSame(await lease.macBatchAsync(messages), macs)
    macs[5] = Buffer.alloc(macLength)
    macs[6] = macs[6]?.subarray(1) ?? data
    const expected = messages.map((_, i) => i !== 5 && i !== 6)
    t.strictSame(lease.verifyBatch(messages, macs), expected)
    t.strictSame(await lease.verifyBatchAsync(messages, macs), expected)
    t.equal(lease.verify(messages[7] ?? data, macs[7] ?? data), true)
    await t.rejects(lease.verifyBatchAsync(messages, macs.slice(1)), { code: 'MORTISE_INPUT_INVALID' })
    await t.rejects(lease.verifyBatchAsync([], macs), { code: 'MORTISE_INPUT_INVALID' })

    for (const size of [100, 2 ** 20]) {
      const message = Buffer.alloc(size, 3)
      const mac = lease.mac(message)
      t.same(await lease.macAsync(message), mac)
      t.equal(await lease.verifyAsync(message, mac), true)
      t.equal(await lease.verifyAsync(message, mac.subarray(1)), false)
      t.equal(await lease.verifyAsync(data, mac), false)
      const arena = {
        arena: message,
        offsets: Uint32Array.of(0, 1, 0),
        lengths: Uint32Array.of(size, 50, 0),
      }
      const out = Buffer.alloc(3 * macLength)
      t.equal(lease.macArena(arena, out), out.length)
      t.same(out, Buffer.concat([mac, lease.mac(message.subarray(1, 51)), lease.mac(Buffer.alloc(0))]))
      t.equal(await lease.macArenaAsync(arena, Buffer.alloc(out.length)), out.length)
      out.writeUInt8(out.readUInt8(macLength) ^ 1, macLength)
      for (const how of ['verifyArena', 'verifyArenaAsync'] as const) {
        const status = new Uint8Array(3).fill(9)
        await lease[how](arena, out, status)
        t.strictSame([...status], [1, 0, 1])
      }
    }
    await lease.close()
    t.throws(() => lease.mac(data), ended)
    await t.rejects(lease.macAsync(data), ended)
  }
  const maker = await ann.openMac((await ann.createKey({ algorithm: 'HMAC-SHA-256' })).id, ['generate'])
  t.throws(() => maker.verify(data, maker.mac(data)), { code: 'MORTISE_CRYPTO_UNSUPPORTED' })
})

/** bob's leases on ann's keys, and what takes their ground away. */
async function leased(house: KeyHouse) {
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'key' })
  const pair = await ann.createKeyPair({ algorithm: 'EC', name: 'pair', publicName: 'public' })
  await ann.createKey({ algorithm: 'HMAC-SHA-256', name: 'mac' })
  await ann.grant('key', { principal: 'bob' }, ['Encrypt', 'Decrypt'])
  await ann.grant('pair', { principal: 'bob' }, ['Sign'])
  await ann.grant('public', { principal: 'bob' }, ['SignatureVerify'])
  await ann.grant('mac', { principal: 'bob' }, ['MAC', 'MACVerify'])
  const open = async (who: Session): Promise<[Cipher, Signer, Verifier, Mac]> => [
    await who.openCipher('key'),
    await who.openSigner('pair'),
    await who.openVerifier('public'),
    await who.openMac('mac'),
  ]
  return { ann, bob, id, privateId: pair.privateKey.id, his: await open(bob), hers: await open(ann) }
}

const leasedKeys = ['key', 'pair', 'public', 'mac']

const ends: Record<string, { readonly hers: boolean; readonly work: (who: Session) => Promise<unknown> }> = {
  'a revocation': { hers: true, work: (who) => Promise.all(leasedKeys.map((key) => who.revoke(key))) },
  'a compromise': {
    hers: true,
    work: (who) => Promise.all(leasedKeys.map((key) => who.revoke(key, 'KeyCompromise'))),
  },
  'a rotation': {
    hers: true,
    work: (who) => Promise.all(['key', 'pair', 'mac'].map((key) => who.rekey(key))),
  },
  'a withdrawal': {
    hers: false,
    work: (who) => Promise.all(leasedKeys.map((key) => who.withdraw(key, { principal: 'bob' }))),
  },
}

for (const [what, { hers, work }] of Object.entries(ends)) {
  t.test(`${what} in this process ends the leases that rest on it at once`, async (t) => {
    const house = await KeyHouse.build(t, { leaseSeconds: 3600 })
    const scene = await leased(house)
    await work(scene.ann)
    t.ok(scene.his.every(({ ended }) => ended))
    t.throws(() => scene.his[0].seal(data), ended)
    t.throws(() => scene.his[0].sealBatch([data]), ended)
    t.throws(() => scene.his[1].signBatchSync([data]), ended)
    t.throws(() => scene.his[2].verifyBatchSync([data], [data]), ended)
    await t.rejects(scene.his[2].verify(data, data), ended)
    t.throws(() => scene.his[3].mac(data), ended)
    t.throws(() => scene.his[3].verify(data, data), ended)
    await t.rejects(scene.his[3].macBatchAsync([data]), ended)
    t.ok(
      scene.hers.every(({ ended }) => ended === hers),
      'and no others',
    )
  })

  t.test(`${what} in another process ends them when the changes are read next`, async (t) => {
    const house = await KeyHouse.build(t)
    const scene = await leased(house)
    await work(await house.as('ann', await house.open()))
    await until(() => scene.his.every(({ ended }) => ended))
    t.throws(() => scene.his[0].seal(data), ended)
    await sleep(0)
    t.ok(
      scene.hers.every(({ ended }) => ended === hers),
      'and no others',
    )
  })
}

t.test('whoever is disabled loses its leases at once, and nobody else', async (t) => {
  const house = await KeyHouse.build(t, { leaseSeconds: 3600 })
  const { his, hers } = await leased(house)
  await (await house.administrator()).setPrincipal('bob', { enabled: false })
  t.ok(his.every(({ ended }) => ended))
  t.notOk(hers.some(({ ended }) => ended))
})

t.test('a lease that is opened while others are decided again is ended only if it must be', async (t) => {
  const house = await KeyHouse.build(t, { leaseSeconds: 3600 })
  const { ann, bob } = await leased(house)
  const admin = await house.administrator()
  await admin.createPrincipal({ name: 'eve' })
  const ids: string[] = []
  for (let i = 0; i < 300; i++) ids.push((await ann.createKey({ algorithm: 'AES' })).id)
  const opened: Cipher[] = []
  const opening = async () => {
    for (let id = ids.pop(); id; id = ids.pop()) opened.push(await ann.openCipher(id))
  }
  const deciding = async () => {
    for (let i = 0; ids.length > 0; i++) await admin.setPrincipal('eve', { enabled: i % 2 === 1 })
  }
  await Promise.all([opening(), opening(), deciding()])
  t.notOk(
    opened.some(({ ended }) => ended),
    'eve has nothing to do with them',
  )
  for (let i = 0; i < 30; i++) {
    const { id } = await ann.createKey({ algorithm: 'AES' })
    await ann.grant(id, { principal: 'bob' }, ['Encrypt', 'Decrypt'])
    const [his] = await Promise.allSettled([
      bob.openCipher(id),
      ann.withdraw(id, { principal: 'bob' }, ['Encrypt']),
    ])
    t.ok(his.status === 'rejected' || his.value.ended, 'what it rests on is gone')
  }
})

t.test('another thread of this process ends them at once', async (t) => {
  const house = await KeyHouse.build(t, { leaseSeconds: 3600 })
  const { his, hers, id } = await leased(house)
  const thread = await Remote.thread(t, house)
  await thread.call('ann', 'revoke', id)
  t.ok(his[0].ended && hers[0].ended)
  t.notOk(his[1].ended)
  await thread.close()
})

t.test('another process ends them within their life', async (t) => {
  const house = await KeyHouse.build(t)
  const { his, hers, id } = await leased(house)
  const other = await Remote.process(t, house)
  await other.call('ann', 'revoke', id)
  await until(() => his[0].ended && hers[0].ended)
  t.notOk(his[1].ended)
  await other.close()
})

t.test('a lease lives on while the changes are read, and ends by itself when they are not', async (t) => {
  const house = await KeyHouse.build(t, { leaseSeconds: 2 })
  const { his } = await leased(house)
  const opened = performance.now()
  await until(() => performance.now() - opened > 3000)
  t.notOk(his[0].ended, 'longer than its first deadline')
  house.edit((database) => database.exec('ALTER TABLE changes RENAME TO changes_away'))
  await until(() => his.every(({ ended }) => ended))
  t.throws(() => his[0].seal(data), ended)
  house.edit((database) => database.exec('ALTER TABLE changes_away RENAME TO changes'))
  const bob = await house.km.as('bob')
  const again = await bob.openCipher('key')
  t.same(again.open(again.seal(data)), data, 'a new one is to be had')
  t.ok(his[0].ended, 'the old one does not come back')
})

t.test('a change that could not be looked into at first is not forgotten', async (t) => {
  const house = await KeyHouse.build(t, { leaseSeconds: 10 })
  const { his, hers, id } = await leased(house)
  house.edit((database) => {
    database.exec('BEGIN')
    database.prepare('DELETE FROM grants WHERE object = ?').run(id)
    database.prepare(`INSERT INTO changes (kind, key) VALUES ('grants', ?)`).run(id)
    database.exec('ALTER TABLE objects RENAME TO objects_away')
    database.exec('COMMIT')
  })
  // Long enough for the changes to be read, not so long that the lease runs out.
  await sleep(1500)
  house.edit((database) => database.exec('ALTER TABLE objects_away RENAME TO objects'))
  await until(() => his[0].ended)
  t.notOk(hers[0].ended)
})

t.test('uses are reserved before they are made, and more of them in good time', async (t) => {
  const house = await KeyHouse.build(t, { leaseSeconds: 60 })
  const ann = await house.as('ann')
  const inside = await house.inside()
  const reserved = async () => {
    const row = await inside.store.record('usage', id)
    return row && JSON.parse(inside.barrier.openRecord(row).toString('utf8', 1))
  }
  const { id } = await ann.createKey({ algorithm: 'AES', length: 128 })
  const block = 2 ** 20
  const cipher = await ann.openCipher(id, ['encrypt'])
  t.match(await reserved(), { randomIv: block })
  const half = {
    arena: Buffer.alloc(1),
    offsets: new Uint32Array(block / 2 + 1),
    lengths: new Uint32Array(block / 2 + 1),
  }
  const out = Buffer.alloc(half.lengths.length * cipher.overhead)
  cipher.sealArena(half, out)
  await until(async () => (await reserved())?.randomIv === 2 * block)
  await until(() => {
    try {
      cipher.sealArena(half, out)
      return true
    } catch {
      return false
    }
  })
  await cipher.close()
  const { records } = await (await house.administrator()).audit({ object: id, operation: 'LeaseClosed' })
  t.match(
    records,
    [{ principal: ann.principal.id, detail: { used: block + 2 } }],
    'its total is on the trail',
  )
})

t.test('a block that is used up is renewed on demand', async (t) => {
  const house = await KeyHouse.build(t, { leaseSeconds: 3600 })
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', length: 128 })
  const cipher = await ann.openCipher(id, ['encrypt'])
  const block = 2 ** 20
  const all = { arena: Buffer.alloc(1), offsets: new Uint32Array(block), lengths: new Uint32Array(block) }
  const out = Buffer.alloc((block + 1) * cipher.overhead)
  const tooMany = { ...all, offsets: new Uint32Array(block + 1), lengths: new Uint32Array(block + 1) }
  t.throws(() => cipher.sealArena(tooMany, out), { code: 'MORTISE_LEASE_EXHAUSTED' })
  t.equal(cipher.used, 0, 'what is refused is not counted')
  cipher.sealArena(all, out)
  t.throws(() => cipher.seal(data), { code: 'MORTISE_LEASE_EXHAUSTED' })
  t.notOk(cipher.ended)
  await cipher.reserve()
  t.doesNotThrow(() => cipher.seal(data))
})
