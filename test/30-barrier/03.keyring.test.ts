import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { openBarrier } from '../../lib/barrier/index.js'
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
  const stored = JSON.parse(value.toString('utf8', 1))
  t.strictSame(Object.keys(stored.versions[0]), ['version', 'created', 'key'], 'no clear key is stored')
  const [version] = stored.versions
  const wrapped = Buffer.from(version.key, 'base64')
  const values = [
    Buffer.alloc(0),
    Buffer.of(1),
    value.subarray(0, -1),
    Buffer.concat([Buffer.of(2), value.subarray(1)]),
    ...[
      { versions: [{ ...version, version: 2 }] },
      { versions: [{ ...version, key: wrapped.subarray(0, -1).toString('base64') }] },
      { versions: [{ ...version, key: '' }] },
      { versions: [version, { ...version, version: 2 }] },
    ].map((json) => Buffer.concat([Buffer.of(1), Buffer.from(JSON.stringify(json))])),
  ]
  for (let at = 0; at < wrapped.length; at++) {
    const copy = Buffer.from(wrapped)
    copy.writeUInt8(copy.readUInt8(at) ^ 0x10, at)
    const json = JSON.stringify({ versions: [{ ...version, key: copy.toString('base64') }] })
    values.push(Buffer.concat([Buffer.of(1), Buffer.from(json)]))
  }
  const store = await openSqliteStore({ directory })
  t.teardown(() => store.close())
  for (const damaged of values) {
    edit(directory, (db) =>
      db.prepare(`UPDATE records SET value = ? WHERE namespace = 'keyring'`).run(damaged),
    )
    await t.rejects(openBarrier(store, systemClock, { hex }), changed, damaged.toString('latin1'))
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
