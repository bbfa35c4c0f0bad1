import t from 'tap'
import type { Session } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'

t.test('the next version has everything of the one before, but its key', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const old = await ann.createKey({
    algorithm: 'AES',
    length: 192,
    name: 'invoices',
    description: 'of the year',
    usage: ['Encrypt', 'Decrypt'],
    extractable: true,
  })
  const { replacement, replaced } = await ann.rekey('invoices')
  const { id: _, created: __, activated: ___, ...kept } = old
  t.match(replacement, {
    ...kept,
    keyVersion: 2,
    family: old.id,
    links: { replaced: old.id, replacement: null },
  })
  t.match(replaced, {
    id: old.id,
    state: 'Active',
    name: null,
    keyVersion: 1,
    links: { replacement: replacement.id },
  })
  t.strictSame(await ann.get(old.id), replaced)
  t.strictSame(await ann.get('invoices'), replacement)
  const [one, other] = [await ann.export(old.id), await ann.export(replacement.id)]
  t.notSame(one.material, other.material)
})

t.test('a Deactivated key is replaced by an Active one', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'invoices' })
  await ann.revoke(id)
  const { replacement, replaced } = await ann.rekey(id)
  t.match([replacement.state, replaced.state], ['Active', 'Deactivated'])
})

t.test('only the newest version is rekeyed', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const { replacement } = await ann.rekey(id)
  await t.rejects(ann.rekey(id), { code: 'MORTISE_KEY_STATE', details: { newest: replacement.id } })
  await t.resolves(ann.rekey(replacement.id))
})

t.test('records of every version open by name and by the id of any version', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  for (const length of [128, 256]) {
    const name = `key of ${length} bits`
    const ids = [(await ann.createKey({ algorithm: 'AES', length, name })).id]
    const boxes = [await ann.encrypt(name, Buffer.from('version 1'))]
    for (let version = 2; version <= 6; version++) {
      ids.push((await ann.rekey(name)).replacement.id)
      boxes.push(await ann.encrypt(name, Buffer.from(`version ${version}`)))
    }
    t.strictSame(
      boxes.map((box) => box.readUInt32BE(1)),
      [1, 2, 3, 4, 5, 6],
    )
    for (const [i, box] of boxes.entries()) {
      for (const key of [name, ...ids]) t.equal(`${await ann.decrypt(key, box)}`, `version ${i + 1}`)
    }

    await ann.revoke(ids[0] ?? '', 'Superseded')
    t.equal(`${await ann.decrypt(name, boxes[0] ?? box0)}`, 'version 1', 'Deactivated, it decrypts')
    await ann.destroy(ids[0] ?? '')
    await t.rejects(ann.decrypt(name, boxes[0] ?? box0), { code: 'MORTISE_KEY_STATE' })
    const forged = Buffer.from(boxes[1] ?? box0)
    forged.writeUInt32BE(99, 1)
    await t.rejects(
      ann.decrypt(name, forged),
      { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' },
      'no such version',
    )
    forged.writeUInt32BE(3, 1)
    await t.rejects(
      ann.decrypt(name, forged),
      { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' },
      'another version',
    )
  }
})
const box0 = Buffer.alloc(0)

t.test('a signature outlives the pair that made it', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const old = await ann.createKeyPair({ algorithm: 'EC', name: 'signing', publicName: 'checking' })
  const data = Buffer.from('data')
  const signature = await ann.sign('signing', data)
  const { replacement, replaced } = await ann.rekey('signing')
  t.equal(replaced.id, old.privateKey.id)
  const checking = await ann.get('checking')
  t.match(replacement, { name: 'signing', links: { publicKey: checking.id, replaced: old.privateKey.id } })
  t.match(checking, {
    name: 'checking',
    keyVersion: 2,
    family: old.publicKey.id,
    links: { privateKey: replacement.id, replaced: old.publicKey.id },
  })
  t.match(await ann.get(old.publicKey.id), {
    name: null,
    links: { privateKey: old.privateKey.id, replacement: checking.id },
  })
  t.ok(await ann.verify(old.publicKey.id, data, signature))
  t.notOk(await ann.verify('checking', data, signature))
  t.ok(await ann.verify('checking', data, await ann.sign('signing', data)))
})

t.test('whoever rekeys for the owner does not become one, and grants are on all versions', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob, eve] = [await house.as('ann'), await house.as('bob'), await house.as('eve')]
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'invoices' })
  await ann.grant(id, { principal: 'bob' }, ['Rekey', 'Encrypt'])
  await ann.grant(id, { everyone: true }, ['Get'])
  const { replacement } = await bob.rekey('invoices')
  t.equal(replacement.owner, ann.principal.id)
  t.strictSame(await ann.grants(replacement.id), await ann.grants(id))
  t.strictSame(
    await Promise.all([
      outcome(bob.encrypt('invoices', Buffer.from('x'))),
      outcome(eve.get('invoices')),
      outcome(bob.destroy('invoices')),
      outcome(bob.export('invoices')),
    ]),
    ['ok', 'ok', 'MORTISE_ACCESS_DENIED', 'MORTISE_ACCESS_DENIED'],
  )
  await ann.withdraw('invoices', { principal: 'bob' })
  t.strictSame(
    await Promise.all([id, replacement.id].map((version) => outcome(bob.encrypt(version, Buffer.from('x'))))),
    ['MORTISE_ACCESS_DENIED', 'MORTISE_ACCESS_DENIED'],
    'a right that is withdrawn is gone on the versions before as well',
  )
  t.same(
    (await eve.locate()).items.map((item) => item.id),
    [],
    'Get alone does not locate',
  )
  await ann.grant(id, { principal: 'eve' }, ['Locate'])
  t.strictSame(
    (await eve.locate()).items.map((item) => item.id),
    [id, replacement.id],
  )
})

t.test('of several who rekey one version at once, exactly one does', async (t) => {
  const house = await KeyHouse.build(t)
  const here = await house.as('ann')
  const there = await house.as('ann', await house.open())
  const sessions: Session[] = [here, here, there, here, there, there]
  for (const make of [
    async () => (await here.createKey({ algorithm: 'AES' })).id,
    async () => (await here.createKeyPair({ algorithm: 'EC' })).privateKey.id,
  ]) {
    const id = await make()
    const outcomes = await Promise.all(sessions.map((session) => outcome(session.rekey(id))))
    t.strictSame(outcomes.sort(), [...Array(sessions.length - 1).fill('MORTISE_KEY_STATE'), 'ok'].sort())
    t.equal((await here.locate({ family: id })).items.length, 2)
  }
})

t.test('by name each rekeys what the other made, and none is lost', async (t) => {
  const house = await KeyHouse.build(t)
  const [here, there] = [await house.as('ann'), await house.as('ann', await house.open())]
  const { id } = await here.createKey({ algorithm: 'AES', name: 'invoices' })
  const rekeyed = await Promise.all([here, there, here, there].map((session) => session.rekey('invoices')))
  const versions = rekeyed.map(({ replacement }) => replacement.keyVersion)
  t.strictSame(versions.sort(), [2, 3, 4, 5])
  t.equal((await here.locate({ family: id })).items.length, 5)
})
