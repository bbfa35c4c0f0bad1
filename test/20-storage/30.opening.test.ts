import { chmodSync, cpSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openSqliteStore, type Store } from '../../lib/storage/index.js'
import { change, creation, object, record, rejectsWith, verifyChains } from '../contracts/store.js'
import { openDatabase } from '../support/database.js'
import { packageRoot } from '../support/package_root.js'
import { killWriter, neighbour, Program } from './processes.js'

const mode = (path: string) => statSync(path).mode & 0o777

/** A store with a few hundred pages, closed. */
async function fill(directory: string): Promise<void> {
  const store = await openSqliteStore({ directory })
  const records = Array.from({ length: 300 }, (_, i) => ({
    row: record(`${i}`, { value: Buffer.alloc(3000, i) }),
  }))
  await store.apply(change({ records }))
  await store.close()
}

/** Overwrites the middle half of the file. */
function damage(directory: string): void {
  const file = join(directory, 'mortise.db')
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.fill(0xa5, bytes.length / 4, (3 * bytes.length) / 4))
}

const readAll = (store: Store) => store.records('test', { limit: 1000 })

t.test('only the owner may read the files', async (t) => {
  const directory = join(t.testdir(), 'deep', 'store')
  const before = process.umask(0)
  t.teardown(() => process.umask(before))
  const store = await openSqliteStore({ directory })
  await store.apply(change())
  t.equal(mode(directory), 0o700)
  for (const name of ['mortise.db', 'mortise.db-wal', 'mortise.db-shm'])
    t.equal(mode(join(directory, name)), 0o600, name)
  await store.close()
})

t.test('a directory that cannot be written is named', async (t) => {
  const directory = t.testdir()
  const file = join(directory, 'file')
  writeFileSync(file, '')
  await rejectsWith(t, 'MORTISE_STORAGE_UNAVAILABLE', openSqliteStore({ directory: file }))
  await rejectsWith(t, 'MORTISE_STORAGE_UNAVAILABLE', openSqliteStore({ directory: join(file, 'below') }))
})

t.test('nor is one that another user owns', { skip: process.getuid?.() !== 0 && 'needs root' }, async (t) => {
  const directory = t.testdir()
  chmodSync(directory, 0o755)
  const stranger = [
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    process.execPath,
    neighbour,
    'open',
    directory,
  ]
  const program = new Program('setpriv', stranger)
  await program.ended()
  t.match(program.printed, /^MORTISE_STORAGE_UNAVAILABLE: .*EACCES.*name one that this user may write/)
})

t.test('a store of a newer version is left alone', async (t) => {
  const directory = t.testdir()
  await fill(directory)
  const db = openDatabase(join(directory, 'mortise.db'))
  db.exec('PRAGMA user_version = 999')
  db.close()
  await rejectsWith(t, 'MORTISE_STORAGE_VERSION', openSqliteStore({ directory }))
})

t.test("another application's database is left alone", async (t) => {
  const directory = t.testdir()
  const file = join(directory, 'mortise.db')
  const db = openDatabase(file)
  db.exec('CREATE TABLE theirs (a)')
  db.close()
  const before = readFileSync(file)
  await rejectsWith(t, 'MORTISE_STORAGE_CORRUPT', openSqliteStore({ directory }))
  t.same(readFileSync(file), before)
})

t.test('a file that is not a database is left alone', async (t) => {
  const directory = t.testdir({ 'mortise.db': 'Dear diary, today I lost my keys. '.repeat(300) })
  await rejectsWith(t, 'MORTISE_STORAGE_CORRUPT', openSqliteStore({ directory }))
})

t.test('a truncated file is found when it is opened', async (t) => {
  const directory = t.testdir()
  await fill(directory)
  truncateSync(join(directory, 'mortise.db'), 100 * 4096)
  await rejectsWith(t, 'MORTISE_STORAGE_CORRUPT', openSqliteStore({ directory }))
})

t.test('a rule that is broken inside is found when somebody looks for faults', async (t) => {
  const directory = t.testdir()
  await fill(directory)
  const database = openDatabase(join(directory, 'mortise.db'))
  database.exec('PRAGMA ignore_check_constraints = ON')
  database.exec("INSERT INTO store (one, id, epoch) VALUES (2, 'another', 0)")
  database.close()
  const store = await openSqliteStore({ directory })
  t.match(await store.faults(), [/CHECK constraint failed in store/])
  await store.close()
})

t.test('damaged pages are found when they are read', async (t) => {
  const directory = t.testdir()
  await fill(directory)
  damage(directory)
  const store = await openSqliteStore({ directory })
  await rejectsWith(t, 'MORTISE_STORAGE_CORRUPT', readAll(store))
  await store.close()
})

t.test('after a kill what was acknowledged is there', async (t) => {
  const directory = t.testdir()
  const acknowledged = await killWriter(directory)
  const store = await openSqliteStore({ directory })
  t.ok((await verifyChains(t, store)) >= acknowledged)
  await store.close()
})

t.test('after a kill the file is checked before it is used', async (t) => {
  const directory = t.testdir()
  await fill(directory)
  await killWriter(directory)
  damage(directory)
  await rejectsWith(t, 'MORTISE_STORAGE_CORRUPT', openSqliteStore({ directory }))
})

t.test('a large one is checked while it is used; damage that is found refuses every change', async (t) => {
  const directory = t.testdir()
  const filling = await openSqliteStore({ directory })
  for (let i = 0; i < 20; i++) {
    const row = record(`large ${i}`, { value: Buffer.alloc(2 ** 20, i) })
    await filling.apply(change({ records: [{ row }] }))
  }
  await filling.close()
  const checked = async (store: Store) => {
    for (;;) {
      const health = await store.health()
      if (!health.message?.includes('is being checked')) return health
      await sleep(10)
    }
  }

  await killWriter(directory)
  const sound = await openSqliteStore({ directory })
  t.match(await sound.health(), { up: true, message: /is being checked/ })
  await sound.apply(change({ records: [{ row: record('meanwhile') }] }))
  t.strictSame(await checked(sound), { name: 'sqlite', up: true })
  await sound.close()

  await killWriter(directory)
  damage(directory)
  const damaged = await openSqliteStore({ directory })
  t.match(await checked(damaged), { up: false, message: /the store is damaged: restore it/ })
  await rejectsWith(t, 'MORTISE_STORAGE_CORRUPT', damaged.apply(change()))
  await damaged.close()

  // Closing does not wait for more of the check than it must.
  await killWriter(directory)
  await (await openSqliteStore({ directory })).close()
})

t.test('without a built better-sqlite3 the error says how to build it', async (t) => {
  // A copy of the library beside a copy of better-sqlite3 that can be broken.
  const copy = t.testdir({ 'package.json': '{"type":"module"}' })
  const compiled = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
  cpSync(join(compiled, 'lib', 'errors'), join(copy, 'lib', 'errors'), { recursive: true })
  cpSync(join(compiled, 'lib', 'operation'), join(copy, 'lib', 'operation'), { recursive: true })
  cpSync(join(compiled, 'lib', 'storage'), join(copy, 'lib', 'storage'), { recursive: true })
  cpSync(join(compiled, 'test', 'contracts', 'store.js'), join(copy, 'test', 'contracts', 'store.js'))
  cpSync(neighbour, join(copy, 'test', '20-storage', 'neighbour.js'))
  const modules = (name: string) =>
    [join(packageRoot, 'node_modules', name), join(copy, 'node_modules', name)] as const
  for (const name of ['bindings', 'file-uri-to-path']) cpSync(...modules(name), { recursive: true })
  const [original, broken] = modules('better-sqlite3')
  cpSync(join(original, 'package.json'), join(broken, 'package.json'))
  // Builds for several versions of Node may lie below lib/binding.
  const filter = (source: string) => !source.includes(join('lib', 'binding'))
  cpSync(join(original, 'lib'), join(broken, 'lib'), { recursive: true, filter })
  const open = async () => {
    const args = [join(copy, 'test', '20-storage', 'neighbour.js'), 'open', join(copy, 'store')]
    const program = new Program(process.execPath, args)
    await program.ended()
    return program.printed
  }
  t.match(
    await open(),
    /^MORTISE_STORAGE_UNAVAILABLE: .*`npm rebuild better-sqlite3`.*`npm approve-scripts/,
    'not built',
  )

  const release = join(broken, 'build', 'Release')
  mkdirSync(release, { recursive: true })
  writeFileSync(join(release, 'better_sqlite3.node'), 'built for another machine')
  t.match(
    await open(),
    /^MORTISE_STORAGE_UNAVAILABLE: .*`npm rebuild better-sqlite3`/,
    'built for something else',
  )
})

t.test('a name longer than a page, and a value of megabytes, are kept', async (t) => {
  const store = await openSqliteStore({ directory: t.testdir() })
  const long = object({ name: 'n'.repeat(10_000), material: Buffer.alloc(5_000_000, 1) })
  await store.apply(creation(long))
  t.equal((await store.objectNamed('root', 'n'.repeat(10_000)))?.material?.length, 5_000_000)
  await store.close()
})
