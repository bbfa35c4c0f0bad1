import { syncBuiltinESMExports } from 'node:module'
import t from 'tap'
import { change, creation, object, record, rejectsWith, verifyChains } from '../contracts/store.js'
import { startNeighbour } from './processes.js'

// Workers are noted as they are made, so that one can be ended from outside.
const workers: import('node:worker_threads').Worker[] = []
const threads = (await import('node:worker_threads')).default
const { Worker } = threads
threads.Worker = class extends Worker {
  constructor(...args: ConstructorParameters<typeof Worker>) {
    super(...args)
    workers.push(this)
  }
}
syncBuiltinESMExports()
const { openSqliteStore } = await import('../../lib/storage/index.js')

t.test('when its thread dies every call fails, and the store opens anew', async (t) => {
  const directory = t.testdir()
  const store = await openSqliteStore({ directory })
  const kept = object()
  await store.apply(creation(kept))
  // Before the calls are made, so that none of them is answered in time.
  const dying = workers.at(-1)?.terminate()
  const pending = [store.apply(change()), store.objects([kept.id])]
  await dying
  for (const call of pending) await rejectsWith(t, 'MORTISE_STORAGE_UNAVAILABLE', call)
  await rejectsWith(t, 'MORTISE_STORAGE_UNAVAILABLE', store.epoch())
  t.match(await store.health(), { name: 'sqlite', up: false, message: /open the store anew/ })
  await store.close()
  await rejectsWith(t, 'MORTISE_CLOSED', store.epoch())

  const again = await openSqliteStore({ directory })
  t.equal((await again.objects([kept.id])).length, 1)
  await again.close()
})

t.test('an idle store does not keep its process alive, an unanswered call does', async (t) => {
  const directory = t.testdir()
  const program = startNeighbour('leave', directory)
  t.equal(await program.ended(), 0)
  t.equal(program.printed, 'applied\n')
  const store = await openSqliteStore({ directory })
  t.ok(await store.record('test', 'left'))
  await store.close()
})

t.test('with sync always, and a mixture of durabilities, nothing differs but the time', async (t) => {
  for (const sync of ['always', 'interval'] as const) {
    const store = await openSqliteStore({ directory: t.testdir(), sync })
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        store.apply(
          change({ records: [{ row: record(`${sync}${i}`) }], durability: i % 2 ? 'written' : 'synced' }),
        ),
      ),
    )
    t.equal(await verifyChains(t, store), 50)
    await store.close()
  }
})
