import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Test } from 'tap'
import { type ErrorCode, isMortiseError } from '../../lib/errors/index.js'
import {
  type Change,
  type Clock,
  chainHash,
  chainOrigin,
  type GrantRow,
  nameTerm,
  type ObjectRow,
  type ObjectWrite,
  type RecordRow,
  systemClock,
} from '../../lib/operation/index.js'
import { type ChainHead, type ObjectQuery, openSqliteStore, type Store } from '../../lib/storage/index.js'

/** Opens the store of a place, which is empty when it is opened for the first time. Several may be open at once. */
export type OpenStore = (place: string, clock?: Clock) => Promise<Store>

/** An object's row, of version 1 and Active unless told otherwise. */
export function object(values: Partial<ObjectRow> = {}): ObjectRow {
  const id = values.id ?? randomUUID()
  return {
    id,
    version: 1,
    domain: 'root',
    type: 'SymmetricKey',
    state: 'Active',
    purpose: 'general',
    owner: 'alice',
    name: null,
    family: id,
    serial: 1,
    algorithm: 'AES',
    length: 256,
    usage: 12,
    created: 1_700_000_000_000,
    provider: 'software',
    attributes: '{"extractable":false,"sensitive":true}',
    terms: '',
    material: Buffer.from(`sealed ${id}`),
    mac: Buffer.alloc(32, 7),
    ...values,
  }
}

export function grant(of: ObjectRow, values: Partial<GrantRow> = {}): GrantRow {
  return {
    object: of.id,
    granteeKind: 'principal',
    grantee: 'bob',
    version: 1,
    permissions: ['Decrypt', 'Encrypt'],
    mac: Buffer.alloc(32, 8),
    ...values,
  }
}

export function record(key: string, values: Partial<RecordRow> = {}): RecordRow {
  return {
    namespace: 'test',
    key,
    version: 1,
    value: Buffer.from(`value of ${key}`),
    expires: null,
    index: {},
    ...values,
  }
}

/** A Change with an audit record of its own. */
export function change(rows: Partial<Change> = {}): Change {
  return { audit: Buffer.from(`{"about":"${randomUUID()}"}`), durability: 'synced', ...rows }
}

export function creation(...rows: ObjectRow[]): Change {
  return change({ objects: rows.map((row) => ({ row })) })
}

/** The next version of a row. */
export function next<Row extends { readonly version: number }>(row: Row, values: Partial<Row>): Row {
  return { ...row, ...values, version: row.version + 1 }
}

export async function rejectsWith(t: Test, code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  t.ok(isMortiseError(error), `${code} is thrown as a MortiseError`)
  if (isMortiseError(error)) t.equal(error.code, code, error.message)
}

/** Bytes come back as Buffer or Uint8Array: compared as hexadecimal. */
function plain(row: object | undefined): unknown {
  return (
    row &&
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
      ]),
    )
  )
}

/** Recomputes every hash of the store's chains; returns how many records there are. */
export async function verifyChains(t: Test, store: Store): Promise<number> {
  let count = 0
  for (const { chain, sequence, hash } of await store.chainHeads()) {
    let previous = chainOrigin
    const rows = await store.auditChain(chain, 1, sequence + 1)
    rows.forEach((row, i) => {
      const expected = chainHash(chain, i + 1, previous, row.record)
      if (row.sequence !== i + 1 || !expected.equals(row.hash))
        t.fail(`record ${i + 1} of chain ${chain} is broken`)
      previous = row.hash
    })
    t.equal(rows.length, sequence, 'the head counts the records of its chain')
    t.same(Buffer.from(hash), Buffer.from(previous), 'the head is the hash of the last record')
    count += rows.length
  }
  return count
}

/** What every implementation of the storage port must do. */
export function exerciseStore(t: Test, open: OpenStore): void {
  const withStore = (name: string, run: (t: Test, store: Store) => Promise<void>) =>
    t.test(name, async (t) => {
      const store = await open(randomUUID())
      t.teardown(() => store.close())
      await run(t, store)
    })

  t.test('a store', async (t) => {
    const place = randomUUID()
    const store = await open(place)
    t.match(store.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'has a UUID')
    t.match(await store.health(), { name: /^(sqlite|postgresql)$/, up: true })
    const row = object({ name: 'kept' })
    await store.apply(creation(row))
    await store.close()

    const again = await open(place)
    t.equal(again.id, store.id, 'keeps its id')
    t.same(plain(await again.objectNamed('root', 'kept')), plain(row), 'keeps its rows')
    await again.close()
  })

  withStore('objects are written and read back whole', async (t, store) => {
    const full = object({ name: 'invoices', usage: 0xffff, length: 4096, material: Buffer.from([0, 1, 255]) })
    const bare = object({ material: null, created: 0, attributes: '{}', name: 'Rechnungen für Jürgen 🔑' })
    await store.apply(creation(full, bare))
    const rows = await store.objects([bare.id, randomUUID(), full.id])
    t.same(rows.map(plain), [plain(bare), plain(full)], 'in the order asked for, missing ones left out')
    t.same(await store.objects([]), [])
  })

  withStore('a row changes only from the version before', async (t, store) => {
    const first = object()
    await store.apply(creation(first))
    const second = next(first, { state: 'Deactivated', attributes: '{"deactivated":1}' })
    await store.apply(creation(second))
    t.same((await store.objects([first.id])).map(plain), [plain(second)])
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(creation(second)))
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(creation({ ...second, version: 4 })))
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(creation(first)))
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(creation(next(object(), {}))))
    t.same((await store.objects([first.id])).map(plain), [plain(second)], 'what conflicts changes nothing')
  })

  withStore('a Change of many rows is whole or not there, whoever writes beside it', async (t, store) => {
    const many = () => Array.from({ length: 500 }, () => object())
    const [good, bad] = [many(), many()]
    const taken = next(object(), {})
    const beside = Array.from({ length: 20 }, () => object())
    const writes = [
      ...beside.slice(0, 10).map((row) => store.apply(creation(row))),
      store.apply(creation(...bad, taken)),
      store.apply(creation(...good)),
      ...beside.slice(10).map((row) => store.apply(creation(row))),
    ]
    const failed = (await Promise.allSettled(writes)).filter(({ status }) => status === 'rejected')
    t.equal(failed.length, 1)
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', writes[10] as Promise<unknown>)
    const there = async (rows: readonly ObjectRow[]) => (await store.objects(rows.map(({ id }) => id))).length
    t.equal(await there(beside), 20)
    t.equal(await there(good), 500)
    t.equal(await there(bad), 0, 'nothing of the one that conflicts')
    t.equal(await verifyChains(t, store), 21)
  })

  withStore('a Change relies on the versions that were read', async (t, store) => {
    const read = object()
    await store.apply(creation(read))
    await store.apply(change({ relies: [{ object: read.id, version: 1 }], durability: 'written' }))
    await store.apply(creation(next(read, { state: 'Compromised' })))
    const late = change({ relies: [{ object: read.id, version: 1 }], durability: 'written' })
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(late))
    const missing = change({ relies: [{ object: randomUUID(), version: 1 }] })
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(missing))
  })

  withStore('a name is borne by one object of a domain that is not destroyed', async (t, store) => {
    const bearer = object({ name: 'invoices' })
    await store.apply(creation(bearer, object({ name: 'invoices', domain: 'other' })))
    await rejectsWith(t, 'MORTISE_NAME_TAKEN', store.apply(creation(object({ name: 'invoices' }))))
    t.equal((await store.objectNamed('root', 'invoices'))?.id, bearer.id)
    t.equal(await store.objectNamed('root', 'Invoices'), undefined)

    const destroyed = next(bearer, { state: 'Destroyed', material: null })
    await store.apply(creation(destroyed))
    t.equal(await store.objectNamed('root', 'invoices'), undefined, 'a destroyed object gives its name up')
    const heir = object({ name: 'invoices' })
    await store.apply(creation(heir))
    t.equal((await store.objectNamed('root', 'invoices'))?.id, heir.id)
  })

  withStore('further names are as unique as names', async (t, store) => {
    const further = (...names: string[]) => JSON.stringify(names.map(nameTerm).sort())
    const long = 'n'.repeat(255)
    const bearer = object({ name: 'one', terms: further('two', 'th"ree', long) })
    await store.apply(creation(bearer, object({ name: 'two', domain: 'other' })))
    for (const name of ['one', 'two', 'th"ree', long])
      t.equal((await store.objectNamed('root', name))?.id, bearer.id, name)
    const taken = [
      object({ name: 'two' }),
      object({ name: 'own', terms: further('th"ree') }),
      object({ name: 'own', terms: further('one') }),
    ]
    for (const row of taken) await rejectsWith(t, 'MORTISE_NAME_TAKEN', store.apply(creation(row)))
    const other = object({ name: 'own' })
    await store.apply(creation(other))
    await rejectsWith(t, 'MORTISE_NAME_TAKEN', store.apply(creation(next(other, { name: long }))))
    await rejectsWith(t, 'MORTISE_NAME_TAKEN', store.apply(creation(next(other, { terms: further('two') }))))
    const both = await Promise.allSettled([
      store.apply(creation(object({ name: 'new' }))),
      store.apply(creation(next(other, { terms: further('new') }))),
    ])
    t.same(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'], 'one of two at once')
    const located = await store.locate({ domain: 'root', purpose: 'general', name: 'two', limit: 10 })
    t.same(
      located.map(({ id }) => id),
      [bearer.id],
    )
    await store.apply(creation(next(bearer, { state: 'Destroyed', material: null })))
    t.equal(await store.objectNamed('root', 'two'), undefined, 'a destroyed object gives them up')
    await store.apply(creation(object({ name: 'two' })))
  })

  withStore('a rekey moves the name within its family', async (t, store) => {
    const first = object({ name: 'invoices' })
    await store.apply(creation(first))
    const second = object({ name: 'invoices', family: first.id, serial: 2 })
    await store.apply(creation(second, next(first, { name: null })))
    t.equal((await store.objectNamed('root', 'invoices'))?.id, second.id)
    const third = object({ name: null, family: first.id, serial: 3 })
    await store.apply(creation(third, object()))
    t.same(
      (await store.family(first.id)).map(({ id }) => id),
      [third.id, second.id, first.id],
      'all versions, newest first',
    )
    const rival = object({ family: first.id, serial: 3 })
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(creation(rival)))
    t.same(await store.family(randomUUID()), [])
  })

  withStore('locate finds by each attribute and by all of them', async (t, store) => {
    const base = object({ name: 'a', created: 1 })
    const others = [
      object({ created: 2, state: 'PreActive' }),
      object({ created: 3, type: 'SecretData' }),
      object({ created: 4, algorithm: 'HMAC' }),
      object({ created: 5, length: 128 }),
      object({ created: 6, owner: 'carol' }),
      object({ created: 7, family: base.id, serial: 2 }),
      object({ created: 8, name: 'b' }),
    ] as const
    await store.apply(creation(base, ...others, object({ purpose: 'audit' }), object({ domain: 'other' })))
    const ids = async (query: Partial<ObjectQuery>) =>
      (await store.locate({ domain: 'root', purpose: 'general', limit: 100, ...query })).map(({ id }) => id)
    const [preActive, secret, hmac, short, carols, version, b] = others.map(({ id }) => id)
    t.same(await ids({}), [base.id, ...others.map(({ id }) => id)], 'in the order of creation')
    t.same(await ids({ name: 'a' }), [base.id])
    t.same(await ids({ name: 'b', owner: 'alice', state: 'Active' }), [b])
    t.same(await ids({ state: 'PreActive' }), [preActive])
    t.same(await ids({ type: 'SecretData' }), [secret])
    t.same(await ids({ algorithm: 'HMAC' }), [hmac])
    t.same(await ids({ length: 128 }), [short])
    t.same(await ids({ owner: 'carol' }), [carols])
    t.same(await ids({ family: base.id }), [base.id, version])
    t.same(await ids({ owner: 'carol', state: 'PreActive' }), [], 'filters restrict one another')
    t.same(await ids({ limit: 0 }), [])
    t.equal((await ids({ purpose: 'audit' })).length, 1)
    t.equal((await ids({ domain: 'other' })).length, 1)
    await store.apply(
      creation(next(base, { state: 'Destroyed' }), object({ id: randomUUID(), name: 'a', created: 9 })),
    )
    t.equal((await ids({ name: 'a' })).length, 2, 'by name, destroyed objects too')
    t.same(await ids({ name: 'a', state: 'Destroyed' }), [base.id])
  })

  withStore('locate finds by terms, which change with the row, and by none of them', async (t, store) => {
    const terms = (...list: string[]) => JSON.stringify(list)
    const rows = [
      object({ created: 3, terms: terms('["a"]', '["b"]') }),
      object({ created: 2, terms: terms('["a"]'), owner: 'carol', name: 'named' }),
      object({ created: 1, terms: terms('#c') }),
      object({ created: 4 }),
    ] as const
    await store.apply(creation(...rows))
    const [both, a, c, none] = rows.map(({ id }) => id)
    const ids = async (query: Partial<ObjectQuery>) =>
      (await store.locate({ domain: 'root', purpose: 'general', limit: 100, ...query })).map(({ id }) => id)
    t.same(await ids({ terms: ['["a"]'] }), [a, both], 'in the order of creation')
    t.same(await ids({ terms: ['["b"]', '["a"]'] }), [both])
    t.same(await ids({ terms: ['["a"]', '#c'] }), [])
    t.same(await ids({ without: ['["a"]'] }), [c, none])
    t.same(await ids({ terms: ['["a"]'], without: ['["b"]'] }), [a])
    t.same(await ids({ terms: ['["a"]'], owner: 'carol' }), [a])
    t.same(await ids({ terms: ['["a"]'], name: 'named' }), [a])
    t.same(await ids({ terms: ['["b"]'], name: 'named' }), [])
    t.same(await ids({ terms: ['["a"]'], after: { created: 2, id: a as string } }), [both])
    t.same(await ids({ terms: ['["a"]'], limit: 1 }), [a])
    const visibleTo = { principal: 'carol', groups: [] }
    t.same(await ids({ terms: ['["a"]'], visibleTo }), [a])
    await store.apply(change({ grants: [{ row: grant(rows[0], { grantee: 'carol' }) }] }))
    t.same(await ids({ terms: ['["a"]'], visibleTo }), [a, both])

    await store.apply(creation(next(rows[1], { terms: terms('#c', '["d"]') })))
    await store.apply(creation(next(rows[0], { terms: '' }), next(rows[3], { terms: terms('["a"]') })))
    t.same(await ids({ terms: ['["a"]'] }), [none])
    t.same(await ids({ terms: ['#c'] }), [c, a])
    t.same(await ids({ terms: ['["b"]'] }), [])
  })

  withStore('locate finds by usage, dates, and the state that dates have brought about', async (t, store) => {
    const dated = (values: object) => ({ attributes: JSON.stringify(values), terms: '["[\\"dated\\"]"]' })
    const rows = [
      object({ created: 1, usage: 4 }),
      object({ created: 2, state: 'PreActive', ...dated({ activated: 10 }) }),
      object({ created: 3, ...dated({ deactivated: 20 }) }),
      object({ created: 4, state: 'PreActive', ...dated({ activated: 10, deactivated: 20 }) }),
      object({ created: 5, state: 'PreActive' }),
      object({ created: 6, state: 'Destroyed', attributes: '{"deactivated":7}', usage: 6 }),
    ]
    await store.apply(creation(...rows))
    const found = async (query: Partial<ObjectQuery>) =>
      (await store.locate({ domain: 'root', purpose: 'general', limit: 100, ...query })).map(
        ({ created }) => created,
      )
    for (const more of [{}, { visibleTo: { principal: 'alice', groups: [] } }]) {
      const at = (now: number, state: ObjectRow['state']) => found({ ...more, state, now })
      t.same(await at(9, 'PreActive'), [2, 4, 5])
      t.same(await at(9, 'Active'), [1, 3])
      t.same(await at(10, 'PreActive'), [5])
      t.same(await at(10, 'Active'), [1, 2, 3, 4])
      t.same(await at(20, 'Active'), [1, 2])
      t.same(await at(20, 'Deactivated'), [3, 4])
      t.same(await at(20, 'Destroyed'), [6])
      t.same(await found({ ...more, state: 'PreActive' }), [2, 4, 5], 'as it stands in the row')
      t.same(await found({ ...more, destroyed: true }), [6])
      t.same(await found({ ...more, destroyed: false }), [1, 2, 3, 4, 5])
      t.same(await found({ ...more, usage: 4 }), [1, 2, 3, 4, 5, 6])
      t.same(await found({ ...more, usage: 12 }), [2, 3, 4, 5])
      t.same(await found({ ...more, dates: [{ field: 'created', from: 2, to: 4 }] }), [2, 3])
      t.same(await found({ ...more, dates: [{ field: 'deactivated', to: 20 }] }), [6])
      t.same(await found({ ...more, dates: [{ field: 'deactivated', from: 7 }] }), [3, 4, 6])
      t.same(
        await found({
          ...more,
          dates: [
            { field: 'deactivated', from: 8 },
            { field: 'activated', from: 10, to: 11 },
          ],
        }),
        [4],
      )
    }
  })

  withStore('pages follow one another where objects are made in the same millisecond', async (t, store) => {
    const rows = Array.from({ length: 23 }, (_, i) => object({ created: i < 12 ? 5 : 6 }))
    await store.apply(creation(...rows))
    const expected = rows
      .toSorted((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1))
      .map(({ id }) => id)
    for (const more of [{}, { visibleTo: { principal: 'alice', groups: [] } }, { owner: 'alice' }]) {
      const found: string[] = []
      let page: ObjectRow[] = []
      do {
        const after = page.at(-1)
        const query = { domain: 'root', purpose: 'general', limit: 5, ...more } as const
        page = await store.locate(
          after ? { ...query, after: { created: after.created, id: after.id } } : query,
        )
        found.push(...page.map(({ id }) => id))
      } while (page.length > 0)
      t.same(found, expected, Object.keys(more)[0] ?? 'everything')
    }
  })

  withStore('grants are written, changed and withdrawn', async (t, store) => {
    const of = object()
    const everyone = grant(of, { granteeKind: 'everyone', grantee: '', permissions: ['Get'] })
    await store.apply({ ...creation(of), grants: [{ row: grant(of) }, { row: everyone }] })
    t.same((await store.grants(of.id)).map(plain), [plain(everyone), plain(grant(of))])
    t.same(await store.grants(randomUUID()), [])

    const more = next(grant(of), { permissions: ['Decrypt', 'Encrypt', 'Sign'] })
    await store.apply(change({ grants: [{ row: more }] }))
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(change({ grants: [{ row: more }] })))
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(change({ grants: [{ row: grant(of) }] })))
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(change({ grants: [{ remove: grant(of) }] })))
    await store.apply(change({ grants: [{ remove: more }] }))
    t.same((await store.grants(of.id)).map(plain), [plain(everyone)])
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(change({ grants: [{ remove: more }] })))
    const nowhere = change({ grants: [{ row: grant(object()) }] })
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(nowhere))
  })

  withStore('a principal sees what it owns and what it is granted', async (t, store) => {
    const own = object({ owner: 'bob', created: 1, name: 'own' })
    const granted = object({ created: 2, name: 'granted' })
    const byGroup = object({ created: 3 })
    const forAll = object({ created: 4 })
    const hidden = object({ created: 5, name: 'hidden' })
    const manifold = object({ owner: 'bob', created: 6 })
    await store.apply({
      ...creation(own, granted, byGroup, forAll, hidden, manifold),
      grants: [
        { row: grant(granted) },
        { row: grant(byGroup, { granteeKind: 'group', grantee: 'auditors' }) },
        { row: grant(forAll, { granteeKind: 'everyone', grantee: '' }) },
        { row: grant(hidden, { granteeKind: 'group', grantee: 'bob' }) },
        { row: grant(hidden, { grantee: 'auditors' }) },
        { row: grant(manifold) },
        { row: grant(manifold, { granteeKind: 'everyone', grantee: '' }) },
      ],
    })
    const seen = async (query: Partial<ObjectQuery>, groups: string[]) =>
      (
        await store.locate({
          domain: 'root',
          purpose: 'general',
          limit: 100,
          visibleTo: { principal: 'bob', groups },
          ...query,
        })
      ).map(({ id }) => id)
    t.same(await seen({}, ['auditors', 'others']), [own.id, granted.id, byGroup.id, forAll.id, manifold.id])
    t.same(await seen({}, []), [own.id, granted.id, forAll.id, manifold.id])
    t.same(await seen({ limit: 2 }, ['auditors']), [own.id, granted.id])
    t.same(await seen({ owner: 'alice' }, []), [granted.id, forAll.id])
    t.same(await seen({ name: 'granted' }, []), [granted.id])
    t.same(await seen({ name: 'hidden' }, ['auditors']), [])
    const has = (granteeKind: GrantRow['granteeKind'], grantee: string) =>
      store.hasGrants({ granteeKind, grantee })
    t.same(await Promise.all([has('group', 'auditors'), has('everyone', ''), has('principal', 'bob')]), [
      true,
      true,
      true,
    ])
    t.same(await Promise.all([has('group', 'carol'), has('principal', 'nobody'), has('group', '')]), [
      false,
      false,
      false,
    ])
    t.same(await seen({ family: forAll.id }, []), [forAll.id])
    t.same(await seen({ family: hidden.id }, []), [])
  })

  withStore('records are found by several terms', async (t, store) => {
    const people = [
      ['1', { name: 'carol', kind: 'user', until: '5' }],
      ['2', { name: 'ann', kind: 'user', until: '7' }],
      ['3', { name: 'bob', kind: 'client' }],
      ['4', { name: 'ann', kind: 'user' }],
    ] as const
    const rows = [
      ...people.map(([key, index]) => record(key, { namespace: 'people', index })),
      record('nameless', { namespace: 'people' }),
      record('2', { namespace: 'facts', index: { colour: 'red' } }),
      record('3', { namespace: 'facts', index: { colour: 'blue' } }),
      ...['1', '2'].map((key) => record(`ä/${key}`, { namespace: 'members', index: { club: 'ä' } })),
      ...['1', '4'].map((key) => record(`${key}/ü`, { namespace: 'owners', index: { of: 'x' } })),
    ]
    await store.apply(change({ records: rows.map((row) => ({ row })) }))
    type Terms = Omit<Parameters<Store['findRecords']>[1], 'order' | 'skip' | 'limit'>
    const found = async (terms: Terms, skip = 0, limit = 10) => {
      const { rows, total } = await store.findRecords('people', { order: 'name', ...terms, skip, limit })
      return [rows.map(({ key }) => key).join(), total]
    }
    const kind = (...values: string[]) => ({ namespace: 'people', field: 'kind', values })
    const member = { namespace: 'members', field: 'club', values: ['ä'], prefix: 'ä/' }
    t.same(await found({}), ['2,4,3,1', 4], 'in order, the keys where that is the same')
    t.same(await found({}, 1, 2), ['4,3', 4])
    t.same(await found({}, 9), ['', 4])
    t.same(await found({ all: [kind('user')] }), ['2,4,1', 3])
    t.same(await found({ all: [kind('user')] }, 1, 1), ['4', 3])
    t.same(await found({ all: [kind('user', 'client')], none: [kind('client')] }), ['2,4,1', 3])
    t.same(await found({ none: [kind('user')] }), ['3', 1])
    t.same(await found({ all: [{ namespace: 'facts', field: 'colour', values: ['red', 'blue'] }] }), [
      '2,3',
      2,
    ])
    t.same(await found({ all: [kind('user'), { namespace: 'facts', field: 'colour', values: ['red'] }] }), [
      '2',
      1,
    ])
    t.same(await found({ all: [member] }), ['2,1', 2])
    t.same(await found({ none: [member] }), ['4,3', 2])
    const owner = { namespace: 'owners', field: 'of', values: ['x'], suffix: '/ü' }
    t.same(await found({ all: [owner] }), ['4,1', 2])
    t.same(await found({ none: [owner] }), ['2,3', 2])
    t.same(await found({ all: [{ keys: ['1', '3', 'gone'] }] }), ['3,1', 2])
    t.same(await found({ none: [{ keys: ['1', '3'] }] }), ['2,4', 2])
    t.same(await found({ all: [{ keys: [] }] }), ['', 0])
    t.same(await found({ all: [{ namespace: 'people', field: 'until', through: '5' }] }), ['1', 1])
    t.same(await found({ none: [{ namespace: 'people', field: 'until', through: '6' }] }), ['2,4,3', 3])
    t.same(await found({ all: [kind()] }), ['', 0])
    const past = record('past', {
      namespace: 'people',
      index: { name: 'zoe', kind: 'user' },
      expires: Date.now() - 1,
    })
    await store.apply(change({ records: [{ row: past }] }))
    t.same(await found({}), ['2,4,3,1', 4], 'what has expired is gone')
    t.same(await found({ all: [kind('user')] }), ['2,4,1', 3])
  })

  withStore('records are written, changed, found and removed', async (t, store) => {
    const rows = ['b', 'a', 'c/d', 'ä'].map((key) => record(key, { index: { owner: 'alice', kind: key } }))
    const foreign = record('a', { namespace: 'other', index: { owner: 'alice' } })
    await store.apply(change({ records: [...rows, foreign].map((row) => ({ row })) }))
    t.same(plain(await store.record('test', 'c/d')), plain(rows[2] as RecordRow))
    t.equal(await store.record('test', 'nothing'), undefined)
    const keys = async (options: Parameters<Store['records']>[1]) =>
      (await store.records('test', options)).map(({ key }) => key)
    t.same(await keys({ limit: 10 }), ['a', 'b', 'c/d', 'ä'], 'in the order of their keys')
    t.same(await keys({ limit: 2, after: 'a' }), ['b', 'c/d'])
    const byOwner = { field: 'owner', value: 'alice' }
    t.same(await keys({ where: byOwner, limit: 3 }), ['a', 'b', 'c/d'])
    t.same(await keys({ where: byOwner, after: 'c/d', limit: 3 }), ['ä'])
    t.same(await keys({ where: { field: 'kind', value: 'b' }, limit: 3 }), ['b'])

    const changed = next(rows[0] as RecordRow, { value: Buffer.alloc(0), index: { owner: 'bob' } })
    await store.apply(change({ records: [{ row: changed }] }))
    t.same(plain(await store.record('test', 'b')), plain(changed))
    t.same(await keys({ where: byOwner, limit: 9 }), ['a', 'c/d', 'ä'], 'the index follows')
    t.same(await keys({ where: { field: 'owner', value: 'bob' }, limit: 9 }), ['b'])
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(change({ records: [{ row: changed }] })))
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(change({ records: [{ row: record('a') }] })))

    await store.apply(change({ records: [{ remove: changed }] }))
    t.equal(await store.record('test', 'b'), undefined)
    t.same(await keys({ where: { field: 'owner', value: 'bob' }, limit: 9 }), [])
    await store.apply(change({ records: [{ row: record('b') }] }))
    t.equal((await store.record('test', 'b'))?.version, 1, 'a removed key may be used again')

    await store.apply(change({ records: [{ row: next(record('b'), {}) }] }))
    await rejectsWith(
      t,
      'MORTISE_STORAGE_CONFLICT',
      store.apply(change({ records: [{ remove: record('b') }] })),
    )
    const whichever = { remove: { namespace: 'test', key: 'b' } }
    await store.apply(change({ records: [whichever] }))
    t.equal(await store.record('test', 'b'), undefined, 'in whichever version it is')
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(change({ records: [whichever] })))
  })

  t.test('an expired record is gone', async (t) => {
    let now = 1000
    const store = await open(randomUUID(), { ...systemClock, now: () => now })
    t.teardown(() => store.close())
    const code = record('code', { expires: 2000, index: { client: 'c' } })
    const rows = [
      code,
      record('lasting'),
      ...Array.from({ length: 250 }, (_, i) => record(`${i}`, { expires: 1500 })),
    ]
    await store.apply(change({ records: rows.map((row) => ({ row })) }))
    now = 1999
    t.ok(await store.record('test', 'code'))
    now = 2000
    t.equal(await store.record('test', 'code'), undefined)
    t.same(
      (await store.records('test', { limit: 9 })).map(({ key }) => key),
      ['lasting'],
    )
    t.same(await store.records('test', { where: { field: 'client', value: 'c' }, limit: 9 }), [])
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(change({ records: [{ remove: code }] })))
    await rejectsWith(
      t,
      'MORTISE_STORAGE_CONFLICT',
      store.apply(change({ records: [{ row: next(code, {}) }] })),
    )
    const anew = record('code', { expires: 3000, index: { client: 'd' } })
    await store.apply(change({ records: [{ row: anew }] }))
    t.same(plain(await store.record('test', 'code')), plain(anew), 'and its key may be used again')
    t.same(await store.records('test', { where: { field: 'client', value: 'c' }, limit: 9 }), [])
  })

  withStore('a record is consumed once', async (t, store) => {
    const nonce = record('nonce')
    await store.apply(change({ records: [{ row: nonce }] }))
    const attempts = Array.from({ length: 50 }, () => store.apply(change({ records: [{ remove: nonce }] })))
    const results = await Promise.allSettled(attempts)
    t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const result of results) {
      if (result.status === 'rejected') t.ok(isMortiseError(result.reason, 'MORTISE_STORAGE_CONFLICT'))
    }
  })

  withStore('every row written leaves a notice', async (t, store) => {
    t.same(await store.notices(0), { sequence: 0, epoch: await store.epoch(), notices: [] })
    const of = object()
    await store.apply({ ...creation(of), grants: [{ row: grant(of) }], records: [{ row: record('a/b') }] })
    const first = await store.notices(0)
    t.same(
      first.notices?.map(({ kind, key }) => [kind, key]),
      [
        ['object', of.id],
        ['grants', of.id],
        ['record', 'test/a/b'],
      ],
    )
    t.equal(first.notices?.at(-1)?.sequence, first.sequence)
    await store.apply(change({ durability: 'written' }))
    t.same((await store.notices(first.sequence)).notices, [], 'an audit record alone leaves none')
    await store.apply(change({ records: [{ remove: record('a/b') }] }))
    const second = await store.notices(first.sequence)
    t.match(second.notices, [{ kind: 'record', key: 'test/a/b', sequence: second.sequence }])
    t.ok(second.sequence > first.sequence)
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(creation(of)))
    t.equal((await store.notices(0)).sequence, second.sequence, 'what is not applied leaves none')
    t.equal(
      (await store.notices(second.sequence + 1)).notices,
      null,
      'who is ahead of the store forgets everything',
    )
  })

  withStore('who falls too far behind forgets everything', async (t, store) => {
    await store.apply(change({ records: [{ row: record('first') }] }))
    const { sequence } = await store.notices(0)
    let behind = await store.notices(sequence)
    for (let round = 0; behind.notices !== null && round < 300; round++) {
      const rows = Array.from({ length: 1000 }, (_, i) => ({ row: record(`${round}-${i}`) }))
      await store.apply(change({ records: rows, durability: 'written' }))
      if (round % 20 === 19) behind = await store.notices(sequence)
    }
    t.equal(behind.notices, null)
    t.ok(behind.sequence > sequence)
    t.ok((await store.notices(behind.sequence - 10)).notices)
    const kept = (await store.notices(0)).notices
    t.ok(kept && kept.length > 1000, 'from the oldest kept')
  })

  withStore('a new grants epoch refuses what was decided before', async (t, store) => {
    const epoch = await store.epoch()
    await store.apply(change({ epoch, newEpoch: true }))
    t.equal(await store.epoch(), epoch + 1)
    t.equal((await store.notices(0)).epoch, epoch + 1)
    await rejectsWith(t, 'MORTISE_STORAGE_CONFLICT', store.apply(change({ epoch })))
    await store.apply(change({ epoch: epoch + 1, durability: 'written' }))
    const results = await Promise.allSettled([
      store.apply(change({ epoch: epoch + 1, newEpoch: true })),
      store.apply(change({ epoch: epoch + 1 })),
      store.apply(change({ epoch: epoch + 2, newEpoch: true, relies: [{ object: 'none', version: 1 }] })),
      store.apply(change({ epoch: epoch + 2 })),
    ])
    t.same(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
      'among Changes that share a commit too',
    )
  })

  withStore('a Change that fails half-way leaves nothing', async (t, store) => {
    const of = object()
    const taken = object({ name: 'taken' })
    await store.apply(creation(taken))
    const epoch = await store.epoch()
    const { sequence } = await store.notices(0)
    const before = (await store.chainHeads())[0]
    const halves: Change[] = [
      creation(of, object({ name: 'taken' })),
      { ...creation(of), grants: [{ row: grant(of) }], records: [{ remove: record('missing') }] },
      { ...creation(of), newEpoch: true, records: [{ row: record('r') }, { row: record('r') }] },
    ]
    const whole = object()
    const results = await Promise.allSettled([...halves, creation(whole)].map((half) => store.apply(half)))
    t.same(
      results.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected', 'fulfilled'],
      'nor does it take down those that share its commit',
    )
    t.same(
      (await store.objects([of.id, whole.id])).map(({ id }) => id),
      [whole.id],
    )
    t.same(await store.grants(of.id), [])
    t.equal(await store.record('test', 'r'), undefined)
    t.equal(await store.epoch(), epoch)
    t.equal((await store.notices(sequence)).notices?.length, 1)
    t.equal(
      (await store.chainHeads())[0]?.sequence,
      (before?.sequence ?? 0) + 1,
      'no sequence number is used up',
    )
    t.equal(await verifyChains(t, store), 2)
  })

  withStore('audit records form a chain', async (t, store) => {
    t.same(await store.chainHeads(), [], 'which begins with the first record')
    const changes = Array.from({ length: 20 }, () => change({ durability: 'written' }))
    const applied = []
    for (const each of changes) applied.push(await store.apply(each))
    const chain = applied[0]?.chain as string
    t.same(
      applied,
      changes.map((_, i) => ({ chain, sequence: i + 1 })),
    )
    t.equal(await verifyChains(t, store), 20)
    const middle = await store.auditChain(chain, 5, 3)
    t.same(
      middle.map(({ sequence }) => sequence),
      [5, 6, 7],
    )
    t.same(Buffer.from(middle[0]?.record ?? []), changes[4]?.audit)
    t.same(await store.auditChain(chain, 21, 5), [])
    t.same(await store.auditChain(randomUUID(), 1, 5), [])
  })

  t.test('each that opens a store writes a chain of its own', async (t) => {
    const place = randomUUID()
    const [one, other] = [await open(place), await open(place)]
    const order = []
    for (const store of [one, other, other, one]) order.push(await store.apply(change()))
    t.equal(new Set(order.map(({ chain }) => chain)).size, 2)
    t.same(
      order.map(({ sequence }) => sequence),
      [1, 1, 2, 2],
    )
    t.equal(await verifyChains(t, one), 4)

    const newest = await one.auditTail(3)
    const oldest = await one.auditTail(3, newest.cursor)
    t.same(
      [...newest.rows, ...oldest.rows].map(({ chain, sequence }) => ({ chain, sequence })),
      order.toReversed(),
      'the tail is that of all chains, newest first',
    )
    t.same((await one.auditTail(3, oldest.cursor)).rows, [])
    await one.close()
    await other.close()
  })

  t.test(
    'records follow in the order in which they were committed, each with the hash before it',
    async (t) => {
      const place = randomUUID()
      const [one, other] = [await open(place), await open(place)]
      const order = []
      for (const store of [one, other, other, one, one]) order.push(await store.apply(change()))
      const first = await other.auditAfter(0, 3)
      const second = await other.auditAfter(first.cursor, 3)
      const rows = [...first.rows, ...second.rows]
      t.same(
        rows.map(({ chain, sequence }) => ({ chain, sequence })),
        order,
      )
      for (const { chain, sequence, previous, record, hash } of rows)
        t.ok(chainHash(chain, sequence, previous, record).equals(hash))
      t.same(await one.auditAfter(second.cursor, 3), { rows: [], cursor: second.cursor })
      await one.close()
      await other.close()
    },
  )

  t.test('the first records of chains are pruned, and the chains go on', async (t) => {
    const place = randomUUID()
    const [one, other] = [await open(place), await open(place)]
    const chains: string[] = []
    for (const store of [one, other, one, other, one]) chains.push((await store.apply(change())).chain)
    const [a = '', b = ''] = chains
    const [cut] = await one.auditChain(a, 2, 1)
    const whole = await one.chainHeads()
    t.same(
      whole.map(({ origin }) => [origin.sequence, Buffer.from(origin.hash)]),
      [0, 0].map((sequence) => [sequence, Buffer.from(chainOrigin)]),
    )
    await rejectsWith(
      t,
      'MORTISE_STORAGE_CONFLICT',
      one.apply(change({ prunes: [{ chain: a, through: 9 }] })),
    )
    await rejectsWith(
      t,
      'MORTISE_STORAGE_CONFLICT',
      one.apply(change({ prunes: [{ chain: randomUUID(), through: 1 }] })),
    )
    await other.apply(change({ prunes: [{ chain: a, through: 2 }] }))
    const heads = await one.chainHeads()
    const of = (chain: string) => heads.find((head) => head.chain === chain)
    t.match(of(a), { sequence: 3, origin: { sequence: 2 } })
    t.same(Buffer.from(of(a)?.origin.hash ?? []), Buffer.from(cut?.hash ?? []))
    t.match(of(b), { sequence: 3, origin: { sequence: 0 } })
    t.same(
      (await one.auditChain(a, 1, 9)).map(({ sequence }) => sequence),
      [3],
    )
    const { rows } = await one.auditAfter(0, 9)
    t.ok(
      rows.every(({ chain, sequence, previous, record, hash }) =>
        chainHash(chain, sequence, previous, record).equals(hash),
      ),
      'what is kept follows what was pruned',
    )

    const third = of(a) as ChainHead
    await other.apply(change({ prunes: [{ chain: a, through: 3 }] }))
    t.same((await one.auditChain(a, 1, 9)).length, 0)
    t.match(
      (await one.chainHeads()).at(-1),
      { chain: a, sequence: 3, position: 0 },
      'a whole chain has its head',
    )
    const { sequence } = await one.apply(change())
    t.equal(sequence, 4)
    const [fourth] = await one.auditChain(a, 1, 9)
    t.ok(
      chainHash(a, 4, third.hash, fourth?.record ?? Buffer.alloc(0)).equals(fourth?.hash ?? Buffer.alloc(0)),
    )
    await one.close()
    await other.close()
  })

  t.test('one store at a time holds a name', async (t) => {
    const place = randomUUID()
    const [one, other] = [await open(place), await open(place)]
    t.ok(await one.hold('x'))
    t.notOk(await one.hold('x'), 'not twice')
    t.notOk(await other.hold('x'))
    t.ok(await other.hold('y'), 'another name')
    await one.letGo('x')
    t.ok(await other.hold('x'))
    t.notOk(await one.hold('x'))
    await other.close()
    t.ok(await one.hold('x'), 'whoever closes lets go')
    await one.letGo('x')
    await one.letGo('x')
    await one.close()
  })

  t.test('what one has written the other sees', async (t) => {
    const place = randomUUID()
    const [one, other] = [await open(place), await open(place)]
    const row = object({ name: 'shared' })
    await one.apply(creation(row))
    t.equal((await other.objectNamed('root', 'shared'))?.id, row.id)
    const results = await Promise.allSettled(
      [one, other].map((store, i) => store.apply(creation(next(row, { usage: i })))),
    )
    t.equal(
      results.filter(({ status }) => status === 'fulfilled').length,
      1,
      'one of two rival writers succeeds',
    )
    await one.apply(change({ newEpoch: true }))
    t.equal(await other.epoch(), await one.epoch())
    await one.close()
    await other.close()
  })

  withStore('many Changes at once are each applied once', async (t, store) => {
    const rows = Array.from({ length: 200 }, (_, i) => object({ created: i }))
    const applied = await Promise.all(
      rows.map((row, i) => store.apply({ ...creation(row), durability: i % 3 ? 'synced' : 'written' })),
    )
    t.equal(new Set(applied.map(({ sequence }) => sequence)).size, 200)
    t.equal((await store.objects(rows.map(({ id }) => id))).length, 200)
    t.equal(await verifyChains(t, store), 200)

    const counter = record('counter', { value: Buffer.from('0') })
    await store.apply(change({ records: [{ row: counter }] }))
    const increment = async (): Promise<void> => {
      const present = (await store.record('test', 'counter')) as RecordRow
      const value = Buffer.from(String(Number(Buffer.from(present.value).toString()) + 1))
      try {
        await store.apply(change({ records: [{ row: next(present, { value }) }], durability: 'written' }))
      } catch (error) {
        if (!isMortiseError(error, 'MORTISE_STORAGE_CONFLICT')) throw error
        return increment()
      }
    }
    await Promise.all(Array.from({ length: 20 }, increment))
    t.equal(
      Buffer.from((await store.record('test', 'counter'))?.value ?? []).toString(),
      '20',
      'no update is lost',
    )
  })

  withStore('a malformed Change harms none of those that share its commit', async (t, store) => {
    const rows = [object(), object()] as const
    const epoch = await store.epoch()
    const malformed = [
      change({ objects: [{ row: object() }, {} as ObjectWrite] }),
      change({ objects: [{ row: { ...object(), mac: undefined as unknown as Uint8Array } }] }),
      change({ objects: [{ row: object({ id: undefined as unknown as string, owner: {} as string }) }] }),
      { durability: 'synced', newEpoch: true } as Change,
    ]
    const results = await Promise.allSettled(
      [creation(rows[0]), ...malformed, { ...creation(rows[1]), epoch }].map((each) => store.apply(each)),
    )
    t.equal(results[0]?.status, 'fulfilled')
    t.ok(results.slice(1, -1).every(({ status }) => status === 'rejected'))
    t.equal(results.at(-1)?.status, 'fulfilled')
    t.same((await store.objects(rows.map(({ id }) => id))).map(plain), rows.map(plain))
    t.equal(await verifyChains(t, store), 2)
  })

  withStore('the caller may reuse its buffers at once', async (t, store) => {
    const row = object({ material: Buffer.from('sealed') })
    const audit = Buffer.from('{"before":1}')
    const applying = store.apply({ ...creation(row), audit })
    audit.fill(0)
    row.material?.fill(0)
    const { chain } = await applying
    t.equal(Buffer.from((await store.objects([row.id]))[0]?.material ?? []).toString(), 'sealed')
    t.equal(Buffer.from((await store.auditChain(chain, 1, 1))[0]?.record ?? []).toString(), '{"before":1}')
  })

  withStore('a copy has what was committed, and nothing of what comes after', async (t, store) => {
    const [before, after] = [object(), object()]
    await store.apply(creation(before))
    const copy = await store.copy()
    await store.apply(creation(after))
    const again = await openSqliteStore({ directory: copy.directory })
    t.equal(again.id, store.id)
    t.same((await again.objects([before.id, after.id])).map(plain), [plain(before)])
    t.equal(await verifyChains(t, again), 1)
    t.same(await again.faults(), [])
    await again.close()
    await copy.remove()
    t.notOk(existsSync(copy.directory))
  })

  t.test('a closed store has applied what it accepted, and accepts no more', async (t) => {
    const place = randomUUID()
    const store = await open(place)
    const rows = Array.from({ length: 100 }, () => object())
    const applying = rows.map((row) => store.apply(creation(row)))
    await Promise.all([store.close(), store.close()])
    await Promise.all(applying)
    const late: Promise<unknown>[] = [
      store.apply(change()),
      store.objects([]),
      store.objectNamed('root', 'x'),
      store.family('x'),
      store.locate({ domain: 'root', purpose: 'general', limit: 1 }),
      store.grants('x'),
      store.hasGrants({ granteeKind: 'group', grantee: 'x' }),
      store.epoch(),
      store.record('test', 'x'),
      store.records('test', { limit: 1 }),
      store.findRecords('test', { order: 'x', skip: 0, limit: 1 }),
      store.notices(0),
      store.chainHeads(),
      store.auditChain('x', 1, 1),
      store.auditTail(1),
      store.auditAfter(0, 1),
      store.hold('x'),
      store.letGo('x'),
      store.copy(),
      store.faults(),
      store.health(),
    ]
    for (const call of late) await rejectsWith(t, 'MORTISE_CLOSED', call)
    await store.close()

    const again = await open(place)
    t.equal((await again.objects(rows.map(({ id }) => id))).length, 100)
    await again.close()
  })
}
