import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openKeyManager, restoreBackup } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'
import { mountSmallDisk } from '../support/small_disk.js'

const passphrase = 'correct horse battery staple'
const main = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url))

const disk = mountSmallDisk()
const skip = disk === undefined && 'a small disk cannot be mounted here: needs root and the right to mount'
t.test('Without room for it there is no backup, no restore and nothing left of them', { skip }, async (t) => {
  const full = disk as string
  const house = await KeyHouse.at(t, join(full, 'store'))
  const admin = await house.administrator()
  const keys = Array.from({ length: 200 }, (_, i) => admin.createKey({ algorithm: 'AES', name: `${i}` }))
  await Promise.all(keys)
  const elsewhere = join(t.testdir(), 'one.backup')
  await admin.backup(elsewhere, { passphrase })

  const ballast = join(full, 'ballast')
  const fill = () => {
    try {
      writeFileSync(ballast, Buffer.alloc(2 ** 21))
    } catch {
      // It is as long as there was room.
    }
  }
  const left = () =>
    readdirSync(full, { recursive: true }).filter((name) => /copy-|backup|again/.test(String(name)))
  const inside = join(full, 'inside.backup')
  const directory = join(full, 'again')
  // A little room for the audit record, none for a copy.
  fill()
  truncateSync(ballast, statSync(ballast).size - 80 * 1024)
  t.equal(await outcome(admin.backup(inside, { passphrase })), 'MORTISE_STORAGE_FULL')
  t.equal(await outcome(restoreBackup({ file: elsewhere, passphrase, directory })), 'MORTISE_STORAGE_FULL')
  t.same(left(), [])
  rmSync(ballast)
  t.match((await admin.audit({ operation: 'BackupTaken', limit: 1 })).records, [
    { outcome: 'failed', code: 'MORTISE_STORAGE_FULL' },
  ])
  t.match(await admin.createKey({ algorithm: 'AES' }), { state: 'Active' }, 'the store goes on')
})

t.test('A restore that is killed leaves a whole store under the name, or none', async (t) => {
  const house = await KeyHouse.build(t)
  const admin = await house.administrator()
  await admin.createKey({ algorithm: 'AES', name: 'kept' })
  const file = join(t.testdir(), 'one.backup')
  await admin.backup(file, { passphrase })
  const seen = new Set<string>()
  for (let cycle = 0; cycle < 8; cycle++) {
    const directory = join(t.testdirName, `restored-${cycle}`)
    const child = spawn(process.execPath, [main, 'restore', file, '--directory', directory], {
      env: { MORTISE_BACKUP_PASSPHRASE: passphrase },
      stdio: 'ignore',
    })
    const ended = once(child, 'close')
    // Killed in its first steps, in its last ones, or between: whenever another of its files is there.
    const stage = [
      `${directory}.partial`,
      `${directory}.partial/incomplete`,
      `${directory}.partial/mortise.db`,
      directory,
    ]
    const wanted = stage[cycle % stage.length] as string
    while (child.exitCode === null && !existsSync(wanted))
      await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setTimeout(resolve, cycle * 2))
    child.kill('SIGKILL')
    await ended
    if (!existsSync(directory)) {
      seen.add('none')
      t.ok(existsSync(`${directory}.partial`), 'what it had made has another name')
      continue
    }
    seen.add('whole')
    const km = await openKeyManager({ directory, rootKey: { hex: house.rootKey } })
    const root = await km.as('root')
    t.match(await root.get('kept'), { state: 'Active' })
    t.equal((await root.audit({ operation: 'Restore' })).records.length, 1)
    await km.close()
  }
  t.ok(seen.has('none') && seen.has('whole'), [...seen].join(' and '))
})
