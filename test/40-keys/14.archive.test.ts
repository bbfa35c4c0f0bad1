import t from 'tap'
import { KeyHouse, outcome } from '../support/key_house.js'

const data = Buffer.from('data')
const archived = 'MORTISE_KEY_ARCHIVED'

t.test('an archived object serves nothing but what is known of it, until it is recovered', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'k', extractable: true })
  const record = await ann.encrypt(id, data)
  const cipher = await ann.openCipher(id)
  t.match(await ann.archive('k'), { id, state: 'Active', archived: String })
  t.throws(() => cipher.seal(data), { code: 'MORTISE_LEASE_ENDED' })

  const refused = {
    encrypt: () => ann.encrypt(id, data),
    decrypt: () => ann.decrypt(id, record),
    openCipher: () => ann.openCipher(id),
    export: () => ann.export(id),
    rekey: () => ann.rekey(id),
    archive: () => ann.archive(id),
    addAttribute: () => ann.addAttribute(id, 'Comment', 'x'),
  }
  for (const [name, work] of Object.entries(refused)) t.equal(await outcome(work()), archived, name)
  t.match(await ann.attributes(id), { ArchiveDate: String, State: 'Active' })
  await ann.grant(id, { everyone: true }, ['Get'])
  t.strictSame(
    (await ann.locate({ storage: 'archived' })).items.map((one) => one.id),
    [id],
  )
  t.strictSame((await ann.locate({ storage: 'online' })).items, [])

  t.match(await ann.recover('k'), { id, archived: null })
  t.same(await ann.decrypt(id, record), data)
  t.notOk('ArchiveDate' in (await ann.attributes(id)))
  t.equal(await outcome(ann.recover(id)), 'MORTISE_KEY_STATE')
  t.equal((await ann.locate({ storage: 'online' })).items.length, 1)
  t.strictSame((await ann.locate({ storage: 'archived' })).items, [])
})

t.test('a key that leaks while it is archived is revoked and destroyed there', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  await ann.archive(id)
  await ann.revoke(id, 'KeyCompromise')
  await ann.destroy(id)
  t.equal(await outcome(ann.recover(id)), 'MORTISE_KEY_STATE')
  t.strictSame((await ann.locate({ storage: 'archived' })).items, [], 'nothing of it is stored')
  t.equal((await ann.locate({ storage: 'destroyed' })).items.length, 1)
})

t.test('each needs its own right', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const { id } = await ann.createKey({ algorithm: 'AES' })
  await ann.grant(id, { principal: 'bob' }, ['Archive'])
  await bob.archive(id)
  await t.rejects(bob.recover(id), { code: 'MORTISE_ACCESS_DENIED' })
  await ann.withdraw(id, { principal: 'bob' })
  await ann.grant(id, { principal: 'bob' }, ['Recover'])
  await bob.recover(id)
  await t.rejects(bob.archive(id), { code: 'MORTISE_ACCESS_DENIED' })
})
