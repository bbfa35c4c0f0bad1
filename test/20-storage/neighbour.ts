import { isMortiseError } from '../../lib/errors/index.js'
import { openSqliteStore } from '../../lib/storage/index.js'
import { change, next, record } from '../contracts/store.js'

/** What another process does with the store of a directory: `node neighbour.js TASK DIRECTORY`. */
const tasks = {
  /** Adds one to the record `counter` a hundred times. */
  async count(directory: string): Promise<void> {
    const store = await openSqliteStore({ directory })
    for (let done = 0; done < 100; ) {
      const present = await store.record('test', 'counter')
      const count = present ? Number(Buffer.from(present.value).toString()) : 0
      const value = Buffer.from(String(count + 1))
      const row = present ? next(present, { value }) : record('counter', { value })
      try {
        await store.apply(change({ records: [{ row }], durability: 'written' }))
        done++
      } catch (error) {
        if (!isMortiseError(error, 'MORTISE_STORAGE_CONFLICT')) throw error
      }
    }
    await store.close()
  },

  /** Writes audit records without end, and says which are acknowledged. */
  async write(directory: string): Promise<void> {
    const store = await openSqliteStore({ directory })
    for (;;) {
      const { sequence } = await store.apply(change({ durability: 'written' }))
      process.stdout.write(`${sequence}\n`)
    }
  },

  /** Applies a Change and comes to its end without waiting for the answer or closing. */
  async leave(directory: string): Promise<void> {
    const store = await openSqliteStore({ directory })
    void store
      .apply(change({ records: [{ row: record('left') }] }))
      .then(() => process.stdout.write('applied\n'))
  },

  /** Opens and closes; says the code of the error if there is one, and its message. */
  async open(directory: string): Promise<void> {
    try {
      const store = await openSqliteStore({ directory })
      await store.close()
    } catch (error) {
      process.stdout.write(isMortiseError(error) ? `${error.code}: ${error.message}\n` : String(error))
    }
  },

  /** Writes records of 10 kB until it is refused; says how many were accepted, and the code of the refusal. */
  async fill(directory: string): Promise<void> {
    const store = await openSqliteStore({ directory })
    let accepted = 0
    try {
      for (;;) {
        await store.apply(
          change({ records: [{ row: record(`${accepted}`, { value: Buffer.alloc(10_000) }) }] }),
        )
        accepted++
      }
    } catch (error) {
      process.stdout.write(`${accepted} ${isMortiseError(error) ? error.code : error}\n`)
    }
    await store.close()
  },
}

const [task, directory] = process.argv.slice(2)
await tasks[task as keyof typeof tasks](directory as string)
