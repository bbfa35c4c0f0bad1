import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import Sqlite, { type Database } from 'better-sqlite3'
import { openKeyManager } from '../lib/index.js'
import type { ObjectRow } from '../lib/operation/index.js'
import { openSqliteStore } from '../lib/storage/index.js'
import { type Contender, type Suite, withScratch } from './harness/index.js'
import { benchName, RawStore, readSample } from './peers/raw_store.js'
import { scale } from './scale.js'

/** How many callers there are in the grouped rows, and rows in a transaction of the peer. */
const group = 16

/** What a key costs that is on the disk when the call returns, and what a recorded use of it costs. */
export const store: Suite = {
  name: 'store',
  run: (contest, quick) =>
    withScratch(async (directory) => {
      const manager = await openKeyManager({ directory: join(directory, 'product') })
      await manager.ensurePrincipal({ name: 'bench' })
      const session = await manager.as('bench')
      const key = await session.createKey({ algorithm: 'AES', length: 256, name: benchName() })
      const product = new Sqlite(join(directory, 'product', 'mortise.db'), { readonly: true })
      const sample = readSample(product)

      const bare = await openSqliteStore({ directory: join(directory, 'store') })
      const stored = new Sqlite(join(directory, 'store', 'mortise.db'), { readonly: true })
      const synced = new RawStore(join(directory, 'synced.db'), sample, 'FULL')
      const written = new RawStore(join(directory, 'written.db'), sample, 'NORMAL')

      const create = async () => {
        await session.createKey({ algorithm: 'AES', length: 256, name: benchName() })
        return 1
      }
      const apply = async () => {
        const id = randomUUID()
        const row = { ...(sample.object as unknown as ObjectRow), id, family: id, name: benchName() }
        await bare.apply({ objects: [{ row }], audit: sample.record, durability: 'synced' })
        return 1
      }
      const insert = { work: () => synced.create(1) }
      const insertGroup = { work: () => synced.create(group) }
      const oneEach = 'better-sqlite3, the same inserts, a transaction each'
      const together = `better-sqlite3, the same inserts, ${group} a transaction`

      await contest({
        name: 'create/single',
        unit: 'creates/s',
        ours: { work: create },
        peer: insert,
        peerName: oneEach,
        check: () => bothAddOneKey(product, create, synced.db, insert.work),
      })
      await contest({
        name: 'create/grouped',
        unit: 'creates/s',
        ours: { work: create, lanes: group },
        peer: insertGroup,
        peerName: together,
        check: () => bothAddOneKey(product, create, synced.db, insert.work),
      })
      await contest({
        name: 'apply/single',
        unit: 'creates/s',
        ours: { work: apply },
        peer: insert,
        peerName: oneEach,
        check: () => bothAddOneKey(stored, apply, synced.db, insert.work),
      })
      await contest({
        name: 'apply/grouped',
        unit: 'creates/s',
        ours: { work: apply, lanes: group },
        peer: insertGroup,
        peerName: together,
        check: () => bothAddOneKey(stored, apply, synced.db, insert.work),
      })

      const plaintext = randomBytes(64)
      await contest({
        name: 'use/grouped',
        unit: 'encryptions/s',
        ours: {
          work: async () => {
            await session.encrypt(key.id, plaintext)
            return 1
          },
          lanes: group,
        },
        peer: { work: () => written.record(group) },
        peerName: `better-sqlite3, the audit record alone, ${group} a transaction, not synced`,
        check: async () => {
          const audit = count(product, 'audit')
          assert.deepEqual(await session.decrypt(key.id, await session.encrypt(key.id, plaintext)), plaintext)
          assert.equal(count(product, 'audit'), audit + 2)
        },
      })

      for (const db of [product, stored, synced, written]) db.close()
      await bare.close()
      await manager.close()
      await scale(contest, directory, quick ? 10_000 : 1_000_000)
    }),
}

/** Both write one row to each of the same tables, seen from outside when the call has returned. */
async function bothAddOneKey(
  our: Database,
  ours: Contender['work'],
  their: Database,
  theirs: Contender['work'],
) {
  for (const [db, work] of [
    [our, ours],
    [their, theirs],
  ] as const) {
    const tables = ['objects', 'changes', 'audit']
    const before = tables.map((table) => count(db, table))
    await work()
    assert.deepEqual(
      tables.map((table) => count(db, table)),
      before.map((rows) => rows + 1),
    )
  }
}

function count(db: Database, table: string): number {
  return db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number
}
