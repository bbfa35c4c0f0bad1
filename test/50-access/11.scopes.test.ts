import t from 'tap'
import type { Session } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const data = Buffer.from('data')
const denied = { code: 'MORTISE_ACCESS_DENIED' }
const invalid = { code: 'MORTISE_INPUT_INVALID' }
const invoices = { namePrefix: 'invoices/' }

async function inhabited(t: Parameters<typeof KeyHouse.build>[0], leaseSeconds = 5) {
  const house = await KeyHouse.build(t, { leaseSeconds })
  const [ann, bob, admin] = [await house.as('ann'), await house.as('bob'), await house.administrator()]
  await admin.createGroup({ name: 'billing', members: ['bob'] })
  return { house, ann, bob, admin }
}

t.test('one grant covers every key of the scope, those to come as well', async (t) => {
  const { ann, bob, admin } = await inhabited(t)
  const before = await ann.createKey({ algorithm: 'AES', name: 'invoices/2025' })
  const grant = await admin.grantOnScope(invoices, { group: 'billing' }, ['Decrypt', 'Encrypt'])
  t.match(grant, { granteeKind: 'group', scope: invoices, permissions: ['Decrypt', 'Encrypt'] })
  const after = await ann.createKey({ algorithm: 'AES', name: 'invoices/2026' })
  const beside = await ann.createKey({ algorithm: 'AES', name: 'Invoices/2026' })
  const nameless = await ann.createKey({ algorithm: 'AES' })
  for (const { id } of [before, after]) {
    t.same(await bob.decrypt(id, await bob.encrypt(id, data)), data)
    t.equal(await outcome(bob.get(id)), 'MORTISE_ACCESS_DENIED')
  }
  for (const { id } of [beside, nameless])
    t.equal(await outcome(bob.encrypt(id, data)), 'MORTISE_KEY_NOT_FOUND')
  t.equal(await outcome(admin.encrypt(after.id, data)), 'MORTISE_ACCESS_DENIED', 'no member')

  const more = await admin.grantOnScope(invoices, { group: 'billing' }, ['Get'])
  t.strictSame(more.permissions, ['Decrypt', 'Encrypt', 'Get'])
  t.match(await bob.get(after.id), { id: after.id })
  const less = await admin.withdrawOnScope(invoices, { group: 'billing' }, ['Encrypt', 'Sign'])
  t.strictSame(less.permissions, ['Decrypt', 'Get'])
  t.equal(await outcome(bob.encrypt(after.id, data)), 'MORTISE_ACCESS_DENIED')
  t.match(await admin.scopedGrants(), {
    grants: [{ name: 'billing', scope: invoices, permissions: ['Decrypt', 'Get'] }],
    next: null,
  })
  t.strictSame((await admin.withdrawOnScope(invoices, { group: 'billing' })).permissions, [])
  t.equal(await outcome(bob.get(after.id)), 'MORTISE_KEY_NOT_FOUND')
  t.strictSame((await admin.scopedGrants()).grants, [])
  t.strictSame((await admin.withdrawOnScope(invoices, { group: 'billing' })).permissions, [], 'again')
})

t.test('rights by name are on the key with all its versions', async (t) => {
  const { house, ann, bob, admin } = await inhabited(t)
  await admin.grantOnScope(invoices, { principal: 'bob' }, ['Decrypt', 'Encrypt'])
  const first = await ann.createKey({ algorithm: 'AES', name: 'invoices/1' })
  const record = await bob.encrypt('invoices/1', data)
  const { replacement } = await ann.rekey('invoices/1')
  t.same(await bob.decrypt('invoices/1', record), data, 'the record names the older version')
  t.same(await bob.decrypt(first.id, record), data)
  t.same(await bob.decrypt(replacement.id, await bob.encrypt('invoices/1', data)), data)
  const there = await house.as('bob', await house.open())
  t.same(await there.decrypt(first.id, record), data, 'with nothing in memory')
  await ann.rekey('invoices/1')
  t.same(await bob.decrypt(first.id, record), data)
  t.same(await there.decrypt(first.id, record), data, 'and with what is not so any more')
  const other = await ann.createKey({ algorithm: 'AES', name: 'other' })
  await ann.rekey('other')
  t.equal(await outcome(bob.decrypt(other.id, record)), 'MORTISE_KEY_NOT_FOUND')
})

t.test('object groups are scopes', async (t) => {
  const { house, ann, bob, admin } = await inhabited(t)
  const { id } = await ann.createKey({ algorithm: 'AES' })
  await admin.grantOnScope({ objectGroup: 'payments' }, { everyone: true }, ['Encrypt', 'Locate'])
  t.equal(await outcome(bob.encrypt(id, data)), 'MORTISE_KEY_NOT_FOUND')
  await putInto(house, id, 'payments')
  await t.resolves(bob.encrypt(id, data))
  t.match((await bob.locate()).items, [{ id }])
  await putInto(house, id, 'payments2')
  t.equal(await outcome(bob.encrypt(id, data)), 'MORTISE_KEY_NOT_FOUND')
  t.strictSame((await bob.locate()).items, [])
})

/** Changes the object group of a key as another process would. */
async function putInto(house: KeyHouse, id: string, group: string): Promise<void> {
  const inside = await house.inside()
  const [row] = await inside.store.objects([id])
  if (!row) throw new Error('there is no such key')
  const attributes = JSON.stringify({ ...JSON.parse(row.attributes), objectGroups: [group] })
  await inside.apply({
    objects: [{ row: inside.barrier.authenticateObject({ ...row, attributes, version: row.version + 1 }) }],
  })
}

t.test(
  'whatever is visible by ownership, grants, groups and scopes is located once, in order, in pages',
  async (t) => {
    const { ann, bob, admin } = await inhabited(t)
    const seen: string[] = []
    for (let i = 0; i < 30; i++) {
      const maker = i % 5 === 0 ? bob : ann
      const name = i % 3 === 0 ? `invoices/${i}` : `other/${i}`
      const { id } = await maker.createKey({ algorithm: 'AES', name })
      if (i % 7 === 0 && maker === ann) await ann.grant(id, { group: 'billing' }, ['Locate'])
      if (i % 5 === 0 || i % 3 === 0 || i % 7 === 0) seen.push(id)
      if (i === 9) seen.push((await ann.rekey('invoices/9')).replacement.id)
    }
    await admin.grantOnScope(invoices, { group: 'billing' }, ['Locate'])
    for (const limit of [1, 4, 100]) {
      const found: string[] = []
      let after: string | undefined
      do {
        const page = await bob.locate({ limit, ...(after !== undefined && { after }) })
        t.ok(page.items.length <= limit)
        found.push(...page.items.map(({ id }) => id))
        after = page.next ?? undefined
      } while (after !== undefined)
      t.strictSame(found, seen, `pages of ${limit}`)
    }
    t.equal((await bob.locate({ name: 'invoices/3' })).items.length, 1)
    t.equal((await bob.locate({ name: 'other/1' })).items.length, 0)
  },
)

t.test('a lease ends with the grant on a scope that it rests on', async (t) => {
  const { ann, bob, admin } = await inhabited(t, 3600)
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'invoices/1' })
  const own = await (await bob.createKey({ algorithm: 'AES' })).id
  await admin.grantOnScope(invoices, { everyone: true }, ['Encrypt'])
  const [lease, other] = [await bob.openCipher(id, ['encrypt']), await bob.openCipher(own)]
  t.ok(lease.seal(data))
  await admin.withdrawOnScope(invoices, { everyone: true })
  t.throws(() => lease.seal(data), { code: 'MORTISE_LEASE_ENDED' })
  t.ok(other.seal(data))
})

t.test('what another process changes of grants on scopes counts at the next operation', async (t) => {
  const { house, ann, bob, admin } = await inhabited(t, 3600)
  const there = await house.administrator(await house.open())
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'invoices/1' })
  await admin.grantOnScope(invoices, { principal: 'bob' }, ['Encrypt'])
  await bob.encrypt(id, data)
  await there.withdrawOnScope(invoices, { principal: 'bob' })
  t.equal(
    await outcome(bob.encrypt(id, data)),
    'MORTISE_KEY_NOT_FOUND',
    'although nothing was polled meanwhile',
  )
  await there.grantOnScope(invoices, { principal: 'bob' }, ['Encrypt'])
  await t.resolves(bob.encrypt(id, data))
})

t.test('who may grant on a scope may grant within it, and nobody else may', async (t) => {
  const { house, ann, bob, admin } = await inhabited(t)
  const everyone = { everyone: true } as const
  await ann.createKey({ algorithm: 'AES', name: 'invoices/1' })
  await t.rejects(ann.grantOnScope(invoices, everyone, ['Get']), denied, 'an owner grants on its keys')
  await admin.createRole({ name: 'officer', objects: ['Grant'], scope: invoices })
  await admin.setPrincipal('bob', { roles: ['officer'] })
  await t.rejects(bob.grantOnScope(invoices, everyone, ['Get']), denied, 'it may not grant on scopes')
  await admin.setPrincipal('bob', { permissions: ['GrantManage'] })
  await t.resolves(bob.grantOnScope(invoices, everyone, ['Get']))
  await t.resolves(bob.grantOnScope({ namePrefix: 'invoices/a' }, everyone, ['Get']))
  for (const scope of [{ namePrefix: 'invoices' }, { namePrefix: 'other' }, { objectGroup: 'invoices/' }]) {
    await t.rejects(bob.grantOnScope(scope, everyone, ['Get']), denied)
    await t.rejects(bob.withdrawOnScope(scope, everyone), denied)
  }
  await admin.setPrincipal('bob', { roles: ['auditor'] })
  await t.rejects(bob.withdrawOnScope(invoices, everyone), denied)
  const eve: Session = await house.as('eve')
  await t.rejects(eve.scopedGrants(), denied)
})

t.test('grants on scopes that cannot be', async (t) => {
  const { admin } = await inhabited(t)
  const everyone = { everyone: true } as const
  for (const permissions of [[], ['Grant'], ['Create'], ['get']]) {
    await t.rejects(admin.grantOnScope(invoices, everyone, permissions as never), invalid)
    await t.rejects(admin.withdrawOnScope(invoices, everyone, permissions as never), invalid)
  }
  await t.rejects(admin.grantOnScope({ namePrefix: '' }, everyone, ['Get']), invalid)
  await t.rejects(admin.grantOnScope(invoices, { group: 'nobody' }, ['Get']), {
    code: 'MORTISE_GROUP_NOT_FOUND',
  })
  await t.rejects(admin.grantOnScope(invoices, { principal: 'nobody' }, ['Get']), {
    code: 'MORTISE_PRINCIPAL_NOT_FOUND',
  })
})

t.test('they are listed in pages, of all or of one grantee', async (t) => {
  const { admin } = await inhabited(t)
  for (const prefix of ['a', 'b', 'c'])
    await admin.grantOnScope({ namePrefix: prefix }, { group: 'billing' }, ['Get'])
  await admin.grantOnScope({ objectGroup: 'a' }, { everyone: true }, ['Get'])
  await admin.grantOnScope({ objectGroup: 'a' }, { principal: 'ann' }, ['Get'])
  t.equal((await admin.scopedGrants()).grants.length, 5)
  const first = await admin.scopedGrants({ grantee: { group: 'billing' }, limit: 2 })
  t.match(first.grants, [{ scope: { namePrefix: 'a' } }, { scope: { namePrefix: 'b' } }])
  t.match(await admin.scopedGrants({ grantee: { group: 'billing' }, limit: 2, after: first.next ?? '' }), {
    grants: [{ scope: { namePrefix: 'c' } }],
    next: null,
  })
  t.match((await admin.scopedGrants({ grantee: { everyone: true } })).grants, [{ name: null }])
  t.match((await admin.scopedGrants({ grantee: { principal: 'ann' } })).grants, [{ name: 'ann' }])
  await admin.deleteGroup('billing')
  t.equal((await admin.scopedGrants()).grants.length, 2, 'those of a group go with it')
})
