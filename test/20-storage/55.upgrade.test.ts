import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openSqliteStore } from '../../lib/storage/index.js'
import { object } from '../contracts/store.js'
import { openDatabase } from '../support/database.js'

t.test(
  'a store of before there were terms is opened, and its keys are located by digest and link',
  async (t) => {
    const directory = join(t.testdir(), 'old')
    mkdirSync(directory)
    const first = new URL('../../lib/storage/sqlite/migrations/0001_store.sql', import.meta.url)
    const db = openDatabase(join(directory, 'mortise.db'))
    db.exec(readFileSync(first, 'utf8'))
    db.exec("INSERT INTO store (one, id, epoch) VALUES (1, '6f3c8f5e-6f0a-4c67-9c3d-0e7d6a2c1b11', 0)")
    db.exec('PRAGMA user_version = 1')
    const { terms: _, ...row } = object({
      attributes: '{"extractable":true,"links":{"privateKey":"p"},"publicKeyDigest":"abc","sensitive":false}',
    })
    const columns = Object.keys(row)
    db.prepare(`INSERT INTO objects (${columns}) VALUES (${columns.map((name) => `:${name}`)})`).run(row)
    db.close()

    const store = await openSqliteStore({ directory })
    t.teardown(() => store.close())
    const query = { domain: 'root', purpose: 'general', limit: 10 } as const
    const ids = async (...terms: string[]) => (await store.locate({ ...query, terms })).map(({ id }) => id)
    t.same(await ids('["digest","abc"]'), [row.id])
    t.same(await ids('["link","privateKey","p"]', '["digest","abc"]'), [row.id])
    t.equal((await store.objects([row.id]))[0]?.terms, '', 'what its HMAC is over has not changed')
  },
)
