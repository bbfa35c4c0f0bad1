import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openSqliteStore, type Store } from '../../lib/storage/index.js'
import { change, record, rejectsWith, verifyChains } from '../contracts/store.js'
import { mountSmallDisk } from '../support/small_disk.js'
import { neighbour, Program } from './processes.js'

const put = (store: Store, key: string, length = 10_000) =>
  store.apply(change({ records: [{ row: record(key, { value: Buffer.alloc(length) }) }] }))

const disk = mountSmallDisk()
const skip = disk === undefined && 'a small disk cannot be mounted here: needs root and the right to mount'
t.test('on a full disk what does not fit is refused whole, and the rest goes on', { skip }, async (t) => {
  const directory = disk as string
  const ballast = join(directory, 'ballast')
  writeFileSync(ballast, Buffer.alloc(600_000))

  const store = await openSqliteStore({ directory: join(directory, 'store') })
  t.teardown(() => store.close())
  const accepted: string[] = []
  const fill = async () => {
    for (;;) {
      const key = `${accepted.length}`
      await put(store, key)
      accepted.push(key)
    }
  }
  await rejectsWith(t, 'MORTISE_STORAGE_FULL', fill())
  t.ok(accepted.length > 0)
  t.equal(await store.record('test', `${accepted.length}`), undefined)
  t.equal(await verifyChains(t, store), accepted.length, 'the chain stands where it stood')
  const together = await Promise.allSettled(['x', 'y', 'z'].map((key) => put(store, key, 1_500_000)))
  t.same(
    together.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  )
  t.equal(await verifyChains(t, store), accepted.length)

  rmSync(ballast)
  await put(store, 'room again')
  t.ok(await store.record('test', 'room again'))
  t.equal((await store.records('test', { limit: 1000 })).length, accepted.length + 1)
  t.equal(await verifyChains(t, store), accepted.length + 1)
})

t.test('a disk that fails to write leaves the old state', async (t) => {
  const directory = t.testdir()
  // A limit on the size of files makes write() fail with EFBIG.
  const program = new Program('bash', [
    '-c',
    'ulimit -f 600; exec "$@"',
    'bash',
    process.execPath,
    neighbour,
    'fill',
    directory,
  ])
  t.equal(await program.ended(), 0)
  const [accepted, code] = program.printed.trim().split(' ')
  t.equal(code, 'MORTISE_STORAGE_UNAVAILABLE')
  const store = await openSqliteStore({ directory })
  t.equal((await store.records('test', { limit: 1000 })).length, Number(accepted))
  t.equal(await verifyChains(t, store), Number(accepted))
  await store.close()
})
