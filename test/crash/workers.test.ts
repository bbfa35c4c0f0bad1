/**
 * Worker threads come and go, each with the add-on and work on its threads, and leave nothing behind. MORTISE_CRASH_WORKERS sets how
 * many (default 200).
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import t from 'tap'

const together = 4
const rounds = Number(process.env['MORTISE_CRASH_WORKERS'] ?? 200) / together

const program = `
  import { native } from ${JSON.stringify(new URL('../../lib/native/index.js', import.meta.url).href)}
  const binding = { manager: native.newManager(), store: 's', object: 'o', principal: 'p', keyVersion: 1, uses: 9, milliseconds: 9999 }
  const key = native.generateSecret('AES', 256)
  const lease = native.openCipherLease(key, { encrypt: true, decrypt: true }, binding)
  const text = new Uint8Array(1000)
  await lease.sealBatchAsync(text, Uint32Array.of(0), Uint32Array.of(1000), new Uint8Array(1045))
  native.importSecret('HMAC', text.subarray(0, 32))
  lease.sealBatchAsync(text, Uint32Array.of(0), Uint32Array.of(1000), new Uint8Array(1045))
  process.exit()`
const source = new URL(`data:text/javascript,${encodeURIComponent(program)}`)

async function round(): Promise<void> {
  const workers = Array.from({ length: together }, () => new Worker(source))
  for (const [code] of await Promise.all(workers.map((worker) => once(worker, 'exit')))) {
    if (code !== 0) throw new Error(`a worker ended with ${code}`)
  }
}

/** Bytes. */
function lockedMemory(): number {
  return 1024 * Number(/^VmLck:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
}

t.test('workers leave nothing behind', async (t) => {
  await round()
  const locked = lockedMemory()
  for (let i = 1; i < rounds; i++) await round()
  // The add-on is loaded by workers alone here: their last one takes nothing with it that the next has to make again.
  t.equal(lockedMemory(), locked, 'no page of keys is left locked')
})
