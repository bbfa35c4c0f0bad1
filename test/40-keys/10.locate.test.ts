import t from 'tap'
import type { LocateInput, Session } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'

async function names(session: Session, query: LocateInput = {}): Promise<(string | null)[]> {
  return (await session.locate(query)).items.map(({ name }) => name)
}

t.test('each attribute is matched exactly, and all of them must match', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const first = await ann.createKey({ algorithm: 'AES', length: 128, name: 'a' })
  await ann.createKey({ algorithm: 'AES', length: 256, name: 'b', activate: false })
  await ann.createKey({ algorithm: 'HMAC-SHA-256', name: 'c' })
  await ann.createKeyPair({ algorithm: 'EC', name: 'd', publicName: 'e' })
  await ann.revoke('a')
  const queries: [LocateInput, string[]][] = [
    [{}, ['a', 'b', 'c', 'd', 'e']],
    [{ name: 'a' }, ['a']],
    [{ name: 'A' }, []],
    [{ algorithm: 'AES' }, ['a', 'b']],
    [{ length: 256 }, ['b', 'c', 'd', 'e']],
    [{ state: 'PreActive' }, ['b']],
    [{ state: 'Deactivated' }, ['a']],
    [{ type: 'PublicKey' }, ['e']],
    [{ type: 'SymmetricKey', state: 'Active' }, ['c']],
    [{ algorithm: 'AES', length: 256 }, ['b']],
    [{ algorithm: 'AES', state: 'Active' }, []],
    [{ family: first.id }, ['a']],
    [{ owner: ann.principal.id, algorithm: 'EC' }, ['d', 'e']],
    [{ owner: first.id }, []],
  ]
  for (const [query, expected] of queries) {
    t.strictSame((await names(ann, query)).sort(), expected, JSON.stringify(query))
  }
})

t.test('pages come oldest first, without gap or repetition', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  for (let i = 0; i < 23; i++) await ann.createKey({ algorithm: 'AES', name: `key ${i}` })
  const all = Array.from({ length: 23 }, (_, i) => `key ${i}`)
  for (const limit of [1, 5, 22, 23, 24, 1000]) {
    const found: (string | null)[] = []
    let after: string | null | undefined
    do {
      const page = await ann.locate({ limit, ...(after && { after }) })
      t.ok(page.items.length <= limit && page.items.length > 0)
      found.push(...page.items.map(({ name }) => name))
      after = page.next
    } while (after)
    t.strictSame(found.sort(), all.sort(), `pages of ${limit}`)
  }
  t.equal((await ann.locate({ limit: 23 })).next, null, 'no page follows that would be empty')
})

t.test('what is no limit or no cursor is refused', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const queries = [
    { limit: 0 },
    { limit: -1 },
    { limit: 1.5 },
    { limit: 1001 },
    { after: '' },
    { after: 'x' },
  ]
  for (const query of queries) {
    await t.rejects(ann.locate(query), { code: 'MORTISE_INPUT_INVALID' }, JSON.stringify(query))
  }
})

t.test('everybody sees its own, what it has a grant of Locate on, and no more', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob, eve] = [await house.as('ann'), await house.as('bob'), await house.as('eve')]
  for (const name of ['mine', 'shared', 'public', 'usable']) await ann.createKey({ algorithm: 'AES', name })
  await ann.grant('shared', { principal: 'bob' }, ['Locate'])
  await ann.grant('public', { everyone: true }, ['Locate'])
  await ann.grant('usable', { principal: 'bob' }, ['Encrypt', 'Get'])
  await bob.createKey({ algorithm: 'AES', name: "bob's" })
  const sees = async (session: Session) => (await names(session)).sort()
  t.strictSame(await sees(ann), ['mine', 'public', 'shared', 'usable'])
  t.strictSame(await sees(bob), ["bob's", 'public', 'shared'])
  t.strictSame(await sees(eve), ['public'])
  t.strictSame(await sees(await house.administrator()), ["bob's", 'mine', 'public', 'shared', 'usable'])
  t.strictSame(await names(bob, { name: 'mine' }), [], 'a name that is guessed tells nothing')
  t.strictSame((await names(bob, { owner: ann.principal.id })).sort(), ['public', 'shared'])

  await ann.withdraw('shared', { principal: 'bob' })
  t.strictSame(await sees(bob), ["bob's", 'public'])
})

t.test('pages are full although not everything on them may be seen', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const located: string[] = []
  for (let i = 0; i < 30; i++) {
    const name = `key ${i}`
    await ann.createKey({ algorithm: 'AES', name })
    const seen = i % 10 === 9
    await ann.grant(name, { principal: 'bob' }, [seen ? 'Locate' : 'Encrypt'])
    if (seen) located.push(name)
  }
  const first = await bob.locate({ limit: 2 })
  const second = await bob.locate({ limit: 2, after: first.next ?? '' })
  t.strictSame(
    [...first.items, ...second.items].map(({ name }) => name),
    located,
  )
  t.equal(first.items.length, 2)
  t.equal(second.next, null)
})

t.test('older versions are left out, and what there is is counted', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  for (const name of ['a', 'b', 'c']) await ann.createKey({ algorithm: 'AES', name })
  await ann.rekey('a')
  t.match(await ann.locate({ count: true, limit: 1 }), { total: 4, items: [{}] })
  const newest = await ann.locate({ newest: true, count: true, offset: 1, limit: 1 })
  t.strictSame([newest.total, newest.items.length, newest.items[0]?.name], [3, 1, 'c'])
  t.strictSame(await names(ann, { newest: true }), ['b', 'c', 'a'])
  t.match(await (await house.as('bob')).locate({ count: true }), { total: 0, items: [] })
  t.notOk('total' in (await ann.locate()))
})
