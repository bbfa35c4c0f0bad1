import { randomUUID } from 'node:crypto'
import t from 'tap'
import { KeyHouse } from '../support/key_house.js'

t.test('a name finds the key that bears it', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'invoices' })
  t.equal((await ann.get('invoices')).id, id)
  t.equal(
    (await (await house.as('ann', await house.open())).get('invoices')).id,
    id,
    'in another process too',
  )
  await t.rejects(ann.get('Invoices'), { code: 'MORTISE_KEY_NOT_FOUND' })
  await t.rejects(ann.get(' invoices'), { code: 'MORTISE_KEY_NOT_FOUND' })
})

t.test('a name is taken until its key is destroyed', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'invoices' })
  const taken = { code: 'MORTISE_NAME_TAKEN' }
  await t.rejects(ann.createKey({ algorithm: 'AES', name: 'invoices' }), taken)
  await t.rejects(bob.createKey({ algorithm: 'AES', name: 'invoices' }), taken, "somebody else's too")
  await t.rejects(ann.createKeyPair({ algorithm: 'EC', publicName: 'invoices' }), taken)
  await t.rejects(ann.createKeyPair({ algorithm: 'EC', name: 'both', publicName: 'both' }), taken)
  await t.rejects(ann.get('both'), { code: 'MORTISE_KEY_NOT_FOUND' }, 'of a pair none or both are made')
  await ann.revoke(id)
  await t.rejects(
    ann.createKey({ algorithm: 'AES', name: 'invoices' }),
    taken,
    'a revoked key keeps its name',
  )
  await ann.destroy(id)
  const next = await ann.createKey({ algorithm: 'AES', name: 'invoices' })
  t.equal((await ann.get('invoices')).id, next.id)
  t.match(
    await ann.get(id),
    { name: 'invoices', state: 'Destroyed' },
    'the old one still says what it was called',
  )
})

t.test('of many who want one name at once, one gets it', async (t) => {
  const house = await KeyHouse.build(t)
  const sessions = [await house.as('ann'), await house.as('bob', await house.open())]
  const made = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => sessions[i % 2]?.createKey({ algorithm: 'AES', name: 'one' })),
  )
  t.equal(made.filter(({ status }) => status === 'fulfilled').length, 1)
  const refused = made.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
  t.strictSame(new Set(refused), new Set(['MORTISE_NAME_TAKEN']))
})

t.test('a name that could be taken for something else is refused', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const id = randomUUID()
  for (const name of [id, id.toUpperCase(), '', 'x'.repeat(256), 'two\nlines', '\u0000', 'rub\u007fout']) {
    await t.rejects(
      ann.createKey({ algorithm: 'AES', name }),
      { code: 'MORTISE_INPUT_INVALID' },
      JSON.stringify(name),
    )
  }
  for (const name of [
    'x',
    'x'.repeat(255),
    `${id}.`,
    'Schlüssel für Rechnungen',
    "'; DROP TABLE objects; --",
  ]) {
    const made = await ann.createKey({ algorithm: 'AES', name })
    t.equal((await ann.get(name)).id, made.id, name)
  }
})

t.test('a name means the newest version, and falls back to no older one when that is revoked', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  await ann.createKey({ algorithm: 'AES', name: 'invoices' })
  const { replacement } = await ann.rekey('invoices')
  t.equal((await ann.get('invoices')).id, replacement.id)
  await ann.revoke('invoices', 'KeyCompromise')
  t.match(await ann.get('invoices'), { id: replacement.id, state: 'Compromised' })
  await t.rejects(ann.encrypt('invoices', Buffer.from('x')), { code: 'MORTISE_KEY_STATE' })
})
