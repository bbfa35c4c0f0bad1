import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { canonical } from '../../lib/barrier/canonical.js'
import { openBarrier } from '../../lib/barrier/index.js'
import { Keyring } from '../../lib/barrier/keyring.js'
import { RootKey } from '../../lib/barrier/root.js'
import { native } from '../../lib/native/index.js'
import { systemClock } from '../../lib/operation/index.js'
import { openSqliteStore } from '../../lib/storage/index.js'
import { openDatabase } from '../support/database.js'

const hex = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
const changed = {
  code: 'MORTISE_BARRIER_INTEGRITY',
  message: 'the keyring was changed outside Mortise or is damaged',
}

/** A directory with a store whose keyring was made. */
async function sealedDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mortise-test-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  await open(directory)
  return directory
}

async function open(directory: string): Promise<void> {
  const store = await openSqliteStore({ directory })
  try {
    const barrier = await openBarrier(store, systemClock, { hex })
    barrier.close()
  } finally {
    await store.close()
  }
}

function edit<Answer>(directory: string, edit: (database: Database.Database) => Answer): Answer {
  const database = openDatabase(join(directory, 'mortise.db'))
  try {
    return edit(database)
  } finally {
    database.close()
  }
}

const keyring = (directory: string) =>
  edit(directory, (db) => db.prepare(`SELECT * FROM records WHERE namespace = 'keyring'`).get()) as {
    key: string
    value: Buffer
  }

t.test('a keyring of which any part was changed does not open', async (t) => {
  const directory = await sealedDirectory(t)
  const { value } = keyring(directory)
  t.notMatch(value.toString('latin1'), 'versions', 'neither keys nor their list stand in the clear')
  const values = [
    Buffer.alloc(0),
    Buffer.of(2),
    value.subarray(0, -1),
    Buffer.concat([Buffer.of(1), value.subarray(1)]),
    Buffer.concat([Buffer.of(3), value.subarray(1)]),
    Buffer.concat([value, Buffer.of(0)]),
  ]
  for (let at = 0; at < value.length; at++) {
    const copy = Buffer.from(value)
    copy.writeUInt8(copy.readUInt8(at) ^ 0x10, at)
    values.push(copy)
  }
  const store = await openSqliteStore({ directory })
  t.teardown(() => store.close())
  for (const damaged of values) {
    edit(directory, (db) =>
      db.prepare(`UPDATE records SET value = ? WHERE namespace = 'keyring'`).run(damaged),
    )
    await t.rejects(openBarrier(store, systemClock, { hex }), changed, damaged.toString('hex'))
  }
  edit(directory, (db) => db.prepare(`UPDATE records SET value = ? WHERE namespace = 'keyring'`).run(value))
  await t.resolves(open(directory), 'put back, it opens')
})

t.test('a keyring without a key does not open', async (t) => {
  const directory = await sealedDirectory(t)
  const empty = Buffer.concat([Buffer.of(1), Buffer.from('{"versions":[]}')])
  edit(directory, (db) => db.prepare(`UPDATE records SET value = ? WHERE namespace = 'keyring'`).run(empty))
  await t.rejects(open(directory), { ...changed, message: 'the keyring is empty' })
})

t.test('the first format of a keyring opens, and the next rotation writes the second', async (t) => {
  const root = new RootKey(native.importSecret('HMAC', Buffer.from(hex, 'hex')))
  const key = native.generateSecret('HMAC', 256)
  const context = canonical(['store', 'keyring', root.id, 1])
  const wrapped = native.sealKey(root.wrappingKey(), key, context).toString('base64')
  const list = JSON.stringify({ versions: [{ version: 1, created: 1, key: wrapped }] })
  const opened = Keyring.open('store', root, Buffer.concat([Buffer.of(1), Buffer.from(list)]))
  t.match(opened.active, { version: 1, created: 1, pending: false })
  const again = opened.wrap('store', root)
  t.equal(again[0], 2)
  t.ok(Keyring.open('store', root, again).equals(opened))
})

t.test('the keyring of another store with the same root key does not open', async (t) => {
  const [here, there] = [await sealedDirectory(t), await sealedDirectory(t)]
  const { value } = keyring(there)
  edit(here, (db) => db.prepare(`UPDATE records SET value = ? WHERE namespace = 'keyring'`).run(value))
  await t.rejects(open(here), changed)
})

t.test('a copy of the whole directory opens with the root key', async (t) => {
  const directory = await sealedDirectory(t)
  const copy = `${directory}-copy`
  t.teardown(() => rm(copy, { recursive: true, force: true }))
  await cp(directory, copy, { recursive: true })
  await t.resolves(open(copy))
})
