import assert from 'node:assert/strict'
import { join } from 'node:path'
import { openBarrier } from '../lib/barrier/index.js'
import { keySpec } from '../lib/crypto/index.js'
import { SoftwareProvider } from '../lib/hsm/index.js'
import { newId } from '../lib/keys/row.js'
import { encodeSystemRecord, systemClock } from '../lib/operation/index.js'
import { openSqliteStore } from '../lib/storage/index.js'

/** Objects in a Change, and Changes under way at once. */
const together = 500
const lanes = 4

/**
 * Makes keys like one that is there: generated, sealed and authenticated each by itself, and applied by the store in large
 * Changes, because a million single ones would take half an hour. Nobody else has the directory open.
 *
 * @returns their ids
 */
export async function fill(directory: string, like: string, names: readonly string[]): Promise<string[]> {
  const store = await openSqliteStore({ directory })
  const barrier = await openBarrier(store, systemClock, { file: join(directory, 'root-key') })
  const provider = new SoftwareProvider(barrier)
  const [template] = await store.objects([like])
  assert.ok(template)
  const spec = keySpec('AES', 256)
  const row = async (name: string) => {
    const id = newId()
    const { mac: _, ...columns } = template
    const material = await provider.generateSecret(spec, { id, type: template.type, serial: 1 })
    return barrier.authenticateObject({ ...columns, id, family: id, name, created: Date.now(), material })
  }
  const ids: string[] = []
  let made = 0
  const lane = async () => {
    while (made < names.length) {
      const part = names.slice(made, made + together)
      made += part.length
      const through = made
      const rows = await Promise.all(part.map(row))
      for (const { id } of rows) ids.push(id)
      const audit = encodeSystemRecord(Date.now(), 'BenchFilled', { objects: rows.length })
      await store.apply({ objects: rows.map((one) => ({ row: one })), audit, durability: 'written' })
      if (through % 100_000 === 0)
        process.stderr.write(`mortise: made ${through.toLocaleString('en-US')} objects\n`)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  await provider.close()
  barrier.close()
  await store.close()
  return ids
}
