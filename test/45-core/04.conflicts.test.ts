import t from 'tap'
import { KeyHouse, outcome } from '../support/key_house.js'
import { Remote } from '../support/remote.js'

const data = Buffer.from('data')
const methods = [
  'Activate',
  'Decrypt',
  'Destroy',
  'Encrypt',
  'Export',
  'Get',
  'Locate',
  'MAC',
  'Rekey',
  'Revoke',
  'Sign',
] as const

t.test('of many who change rights at once, each gets through', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const people = Array.from({ length: 60 }, (_, i) => `person ${i}`)
  for (const person of people) await house.as(person)
  await Promise.all(people.map((principal) => ann.grant(id, { principal }, ['Encrypt'])))
  t.equal((await ann.grants(id)).length, people.length)
})

t.test('permissions that two managers add to one grant at once all count', async (t) => {
  const house = await KeyHouse.build(t)
  await house.as('bob')
  const sessions = [await house.as('ann'), await house.as('ann', await house.open())]
  const { id } = await sessions[0]!.createKey({ algorithm: 'AES' })
  await Promise.all(methods.map((one, i) => sessions[i % 2]!.grant(id, { principal: 'bob' }, [one])))
  const [grant] = await sessions[0]!.grants(id)
  t.strictSame(grant?.permissions, methods)
})

t.test('uses go on while rights and keys change, here and in another process', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  await house.as('bob')
  const other = await Remote.process(t, house)
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'key' })
  const elsewhere = await ann.createKey({ algorithm: 'AES', name: 'elsewhere' })
  const work = [
    ...Array.from({ length: 100 }, () => ann.encrypt('key', data)),
    ...Array.from({ length: 20 }, () => other.call('ann', 'encrypt', 'key', data)),
    ...Array.from({ length: 5 }, () => ann.rekey('key')),
    ...Array.from({ length: 5 }, () => other.call('ann', 'rekey', 'key')),
    ...Array.from({ length: 20 }, () =>
      other.call('ann', 'grant', 'elsewhere', { principal: 'bob' }, ['Get']),
    ),
    ...Array.from({ length: 20 }, () => ann.withdraw('elsewhere', { principal: 'bob' })),
  ]
  t.strictSame(new Set(await Promise.all(work.map(outcome))), new Set(['ok']))
  t.equal((await ann.get('key')).keyVersion, 11)
  t.equal((await ann.locate({ family: id })).items.length, 11)
  t.equal((await ann.get(elsewhere.id)).keyVersion, 1)
  await other.close()
  t.strictSame((await house.km.verifyAudit()).problems, [])
})

t.test('a key that is revoked by one and destroyed by all is destroyed once', async (t) => {
  const house = await KeyHouse.build(t)
  const [here, there] = [await house.as('ann'), await house.as('ann', await house.open())]
  const { id } = await here.createKey({ algorithm: 'AES' })
  const revoked = await Promise.all([here, there, here, there].map((one) => outcome(one.revoke(id))))
  t.strictSame(revoked.sort(), [...Array(3).fill('MORTISE_KEY_STATE'), 'ok'])
  const destroyed = await Promise.all([here, there, here, there].map((one) => outcome(one.destroy(id))))
  t.strictSame(destroyed.sort(), [...Array(3).fill('MORTISE_KEY_STATE'), 'ok'])
})

t.test('nobody uses a key after its revocation was answered, wherever it was', async (t) => {
  const house = await KeyHouse.build(t, { leaseSeconds: 3600 })
  const ann = await house.as('ann')
  const other = await Remote.process(t, house, { leaseSeconds: 3600 })
  for (let i = 0; i < 10; i++) {
    const { id } = await ann.createKey({ algorithm: 'AES' })
    t.equal(await outcome(ann.encrypt(id, data)), 'ok')
    await other.call('ann', 'revoke', id)
    t.equal(await outcome(ann.encrypt(id, data)), 'MORTISE_KEY_STATE')
  }
  await other.close()
})

t.test('what another process has changed counts here at once, for and against', async (t) => {
  const house = await KeyHouse.build(t, { leaseSeconds: 3600 })
  const ann = await house.as('ann', await house.open())
  const [here, bob] = [await house.as('ann'), await house.as('bob')]
  const { id } = await ann.createKey({ algorithm: 'AES', activate: false })
  t.equal(await outcome(here.encrypt(id, data)), 'MORTISE_KEY_STATE')
  await ann.activate(id)
  t.equal(await outcome(here.encrypt(id, data)), 'ok', 'an activation')
  t.equal(await outcome(bob.encrypt(id, data)), 'MORTISE_KEY_NOT_FOUND')
  await ann.grant(id, { principal: 'bob' }, ['Encrypt'])
  t.equal(await outcome(bob.encrypt(id, data)), 'ok', 'a grant')
  await ann.withdraw(id, { principal: 'bob' })
  t.equal(await outcome(bob.encrypt(id, data)), 'MORTISE_KEY_NOT_FOUND', 'a withdrawal')
  await ann.revoke(id)
  t.equal(await outcome(here.encrypt(id, data)), 'MORTISE_KEY_STATE', 'a revocation')
})
