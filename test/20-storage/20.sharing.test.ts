import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { openSqliteStore } from '../../lib/storage/index.js'
import { change, record, verifyChains } from '../contracts/store.js'
import { neighbour, startNeighbour } from './processes.js'

t.test('processes that open a new directory at once agree on the store and lose no update', async (t) => {
  const directory = `${t.testdir()}/new`
  const neighbours = Array.from({ length: 4 }, () => startNeighbour('count', directory))
  t.same(await Promise.all(neighbours.map((each) => each.ended())), [0, 0, 0, 0])

  const store = await openSqliteStore({ directory })
  t.equal(Buffer.from((await store.record('test', 'counter'))?.value ?? []).toString(), '400')
  t.equal((await store.chainHeads()).length, 4, 'each wrote a chain')
  t.equal(await verifyChains(t, store), 400)
  await store.close()
})

t.test('a process sees what another writes while both are open', async (t) => {
  const directory = t.testdir()
  const store = await openSqliteStore({ directory })
  await store.apply(change({ records: [{ row: record('counter', { value: Buffer.from('7') }) }] }))
  const { sequence } = await store.notices(0)
  t.equal(await startNeighbour('count', directory).ended(), 0)
  t.equal(Buffer.from((await store.record('test', 'counter'))?.value ?? []).toString(), '107')
  t.equal((await store.notices(sequence)).notices?.length, 100)
  await store.close()
})

t.test('a worker thread may open a store, and end without closing it', async (t) => {
  const directory = t.testdir()
  const worker = new Worker(neighbour, { argv: ['leave', directory] })
  const [code] = await once(worker, 'exit')
  t.equal(code, 0)
  const store = await openSqliteStore({ directory })
  t.ok(await store.record('test', 'left'))
  await store.close()
})
