import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { LogSync } from '../../lib/storage/sqlite/log_sync.js'

t.test('a sync that fails is told, and tried again until it succeeds', async (t) => {
  const file = join(t.testdir(), 'log')
  const log = new LogSync(file)
  log.written()
  while (log.failure === undefined) await sleep(1)
  t.match(log.failure, /ENOENT/)
  writeFileSync(file, 'frames')
  while (log.failure !== undefined) await sleep(1)
  await log.close()
  t.pass('and forgotten when it succeeds')
})

t.test('closing syncs what was only written', async (t) => {
  const log = new LogSync(join(t.testdir(), 'missing'))
  log.written()
  await log.close()
  t.match(log.failure, /ENOENT/, 'it was tried')
})
