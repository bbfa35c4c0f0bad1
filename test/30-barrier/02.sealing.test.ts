import { randomUUID } from 'node:crypto'
import t from 'tap'
import { native } from '../../lib/native/index.js'
import type { GrantRow, ObjectRow, RecordRow } from '../../lib/operation/index.js'
import { TestHouse } from '../support/store.js'

const broken = { code: 'MORTISE_BARRIER_INTEGRITY' }

/** Each copy of the bytes in which one bit is another, and the bytes cut short and made longer. */
function* damaged(bytes: Uint8Array): Generator<[string, Buffer]> {
  for (let at = 0; at < bytes.length; at++) {
    const copy = Buffer.from(bytes)
    copy.writeUInt8(copy.readUInt8(at) ^ (1 << (at % 8)), at)
    yield [`byte ${at}`, copy]
  }
  for (const length of [0, 1, 5, bytes.length - 1]) {
    yield [`cut to ${length}`, Buffer.from(bytes.subarray(0, length))]
  }
  yield ['one byte more', Buffer.concat([bytes, Buffer.of(0)])]
}

t.test('material opens as it was sealed, for its own object alone', async (t) => {
  const { barrier } = await TestHouse.build(t)
  const identity = { id: randomUUID(), type: 'SymmetricKey', serial: 1 } as const
  const key = native.generateSecret('AES', 256)
  const material = barrier.sealMaterial(key, identity)
  t.same(native.exportKey(barrier.openMaterial(material, identity)), native.exportKey(key))
  t.same(barrier.openSecret(material, identity), native.exportKey(key))
  t.notOk(Buffer.from(material).includes(native.exportKey(key)), 'no clear key in what is stored')
  t.notSame(barrier.sealMaterial(key, identity), material, 'it is sealed anew each time')

  const message = (id: string) =>
    `object ${id} fails its integrity check: it was changed outside Mortise or is damaged; restore it from a backup`
  for (const other of [
    { ...identity, id: randomUUID() },
    { ...identity, type: 'SecretData' as const },
    { ...identity, serial: 2 },
  ]) {
    t.throws(() => barrier.openMaterial(material, other), { ...broken, message: message(other.id) })
    t.throws(() => barrier.openSecret(material, other), { ...broken, message: message(other.id) })
  }
  for (const [what, copy] of damaged(material)) {
    t.throws(() => barrier.openMaterial(copy, identity), { ...broken, message: message(identity.id) }, what)
  }
})

t.test('a record opens as it was sealed, under its own identity alone', async (t) => {
  const { barrier } = await TestHouse.build(t)
  const identity = { namespace: 'things', key: 'one', version: 3, expires: 5, index: { a: '1', b: '2' } }
  const value = Buffer.from('the value')
  const row = barrier.sealRecord(identity, value)
  t.same(barrier.openRecord(row), value)
  t.same(barrier.openRecord({ ...row, index: { b: '2', a: '1' } }), value, 'the order of fields is no matter')
  t.same(barrier.openRecord(barrier.sealRecord(identity, Buffer.alloc(0))), Buffer.alloc(0), 'an empty value')

  const changes: Partial<RecordRow>[] = [
    { namespace: 'thing' },
    { key: 'two' },
    { version: 4 },
    { expires: 6 },
    { expires: null },
    { index: {} },
    { index: { a: '1' } },
    { index: { a: '2', b: '1' } },
    { index: { a: '1', b: '2', c: '3' } },
    { index: { a1: '', b: '2' } },
  ]
  for (const change of changes) {
    t.throws(() => barrier.openRecord({ ...row, ...change }), broken, JSON.stringify(change))
  }
  for (const [what, copy] of damaged(row.value)) {
    t.throws(
      () => barrier.openRecord({ ...row, value: copy }),
      { ...broken, message: /^record things\/one fails its integrity check: / },
      what,
    )
  }
})

t.test('every column of an object stands under its HMAC', async (t) => {
  const house = await TestHouse.build(t)
  const row = await house.makeObject(randomUUID())
  t.doesNotThrow(() => house.barrier.checkObject(row))

  const changes: { [column in Exclude<keyof ObjectRow, 'mac'>]: ObjectRow[column] } = {
    id: randomUUID(),
    version: 2,
    domain: 'other',
    type: 'SecretData',
    state: 'PreActive',
    purpose: 'token',
    owner: randomUUID(),
    name: 'a name',
    family: randomUUID(),
    serial: 2,
    algorithm: 'HMAC-SHA-256',
    length: 128,
    usage: 1,
    created: 1,
    provider: 'other',
    attributes: '{"extractable":true,"sensitive":false}',
    terms: '["x"]',
    material: Buffer.alloc(1),
  }
  t.strictSame(
    [...Object.keys(changes), 'mac'].sort(),
    Object.keys(row).sort(),
    'no column was forgotten here',
  )
  for (const [column, value] of Object.entries(changes)) {
    t.throws(
      () => house.barrier.checkObject({ ...row, [column]: value }),
      { ...broken, message: /^object \S+ fails its integrity check: / },
      column,
    )
  }
  for (const [what, mac] of damaged(row.mac)) {
    t.throws(() => house.barrier.checkObject({ ...row, mac }), broken, what)
  }
})

t.test('a null is not an empty text, and no field can lend to its neighbour', async (t) => {
  const house = await TestHouse.build(t)
  const { mac: _, ...row } = await house.makeObject(randomUUID())
  const named = house.barrier.authenticateObject({ ...row, name: '' })
  t.throws(() => house.barrier.checkObject({ ...named, name: null }), broken)
  const one = house.barrier.authenticateObject({ ...row, name: 'ab', family: 'c' })
  t.throws(() => house.barrier.checkObject({ ...one, name: 'a', family: 'bc' }), broken)
})

t.test('every column of a grant stands under its HMAC', async (t) => {
  const { barrier } = await TestHouse.build(t)
  const row = barrier.authenticateGrant({
    object: randomUUID(),
    granteeKind: 'principal',
    grantee: randomUUID(),
    version: 1,
    permissions: ['Encrypt'],
  })
  t.doesNotThrow(() => barrier.checkGrant(row))
  const changes: { [column in Exclude<keyof GrantRow, 'mac'>]: GrantRow[column] } = {
    object: randomUUID(),
    granteeKind: 'everyone',
    grantee: '',
    version: 2,
    permissions: ['Decrypt', 'Encrypt'],
  }
  t.strictSame(
    [...Object.keys(changes), 'mac'].sort(),
    Object.keys(row).sort(),
    'no column was forgotten here',
  )
  for (const [column, value] of Object.entries(changes)) {
    t.throws(
      () => barrier.checkGrant({ ...row, [column]: value }),
      { ...broken, message: /^grant on \S+ fails its integrity check: / },
      column,
    )
  }
  for (const [what, mac] of damaged(row.mac))
    t.throws(() => barrier.checkGrant({ ...row, mac }), broken, what)
})

t.test('nothing of one store is good in another', async (t) => {
  const [here, there] = [await TestHouse.build(t), await TestHouse.build(t)]
  const row = await here.makeObject(randomUUID())
  t.throws(() => there.barrier.checkObject(row), broken)
  const identity = { namespace: 'things', key: 'one', version: 1, expires: null, index: {} }
  t.throws(() => there.barrier.openRecord(here.barrier.sealRecord(identity, Buffer.from('value'))), broken)
  const key = native.generateSecret('AES', 256)
  t.throws(() => there.barrier.openMaterial(here.barrier.sealMaterial(key, row), row), broken)
})

t.test('a barrier that was closed says so, and does not blame the store', async (t) => {
  const house = await TestHouse.build(t)
  const { barrier } = house
  const row = await house.makeObject(randomUUID())
  const record = barrier.sealRecord(
    { namespace: 'a', key: 'b', version: 1, expires: null, index: {} },
    row.mac,
  )
  barrier.close()
  const closed = { code: 'MORTISE_CLOSED' }
  t.throws(() => barrier.checkObject(row), closed)
  t.throws(() => barrier.openRecord(record), closed)
  t.throws(() => barrier.openMaterial(record.value, row), closed)
  t.throws(() => barrier.authenticateObject(row), closed)
  t.doesNotThrow(() => barrier.close(), 'closing twice')
})
