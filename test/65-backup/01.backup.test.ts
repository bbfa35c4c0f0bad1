import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openKeyManager, readManifest, restoreBackup, type Session, verifyBackup } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const passphrase = 'correct horse battery staple'

/** A house with its administrator, and a place for backups. */
async function build(t: Test) {
  const house = await KeyHouse.build(t)
  const place = t.testdir()
  return { house, place, admin: await house.administrator(), file: join(place, 'one.backup') }
}

async function reopen(t: Test, directory: string, house: KeyHouse) {
  const km = await openKeyManager({ directory, rootKey: { hex: house.rootKey } })
  t.teardown(() => km.close())
  return km
}

const copies = async (directory: string) => (await readdir(directory)).filter((name) => /^copy-/.test(name))

t.test('A backup that is taken under load has all that was acknowledged before it began', async (t) => {
  const { house, place, admin, file } = await build(t)
  const ann = await house.as('ann')
  let working = true
  const acknowledged: { id: string; record: Buffer }[] = []
  const work = async (session: Session) => {
    while (working) {
      const { id } = await session.createKey({ algorithm: 'AES' })
      acknowledged.push({ id, record: await session.encrypt(id, Buffer.from(id)) })
    }
  }
  const workers = [work(ann), work(ann), work(ann)]
  while (acknowledged.length < 100) await new Promise((resolve) => setTimeout(resolve, 5))
  const before = [...acknowledged]
  const { manifest, auditProblems } = await admin.backup(file, { passphrase })
  const during = acknowledged.length - before.length
  working = false
  await Promise.all(workers)
  t.ok(during > 0, `${during} keys were made meanwhile`)
  t.equal(auditProblems, 0)
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.same(await readManifest(file), manifest)
  t.same(await copies(house.directory), [], 'nothing is left beside the store')

  const directory = join(place, 'restored')
  t.same(await restoreBackup({ file, passphrase, directory }), { manifest, auditProblems: 0 })
  t.same(await readdir(directory), ['mortise.db'], 'and nothing else: no root key')
  t.equal((await stat(directory)).mode & 0o777, 0o700)
  const km = await reopen(t, directory, house)
  const again = await km.as('ann')
  const missing = []
  for (const { id, record } of before) {
    const plaintext = await again.decrypt(id, record).catch(() => undefined)
    if (plaintext?.toString() !== id) missing.push(id)
  }
  t.same(missing, [])
  t.same((await km.verifyAudit()).problems, [])
})

t.test('The trail of what is restored goes on from the backup and says so', async (t) => {
  const { house, place, admin, file } = await build(t)
  const { manifest } = await admin.backup(file, { passphrase })
  await admin.createKey({ algorithm: 'AES', name: 'made after it' })
  const taken = (await admin.audit({ limit: 10 })).records
  t.match(
    taken.find(({ operation }) => operation === 'BackupTaken'),
    { outcome: 'success', principalName: 'root', detail: { backup: manifest.backup, head: manifest.head } },
  )

  const directory = join(place, 'restored')
  await restoreBackup({ file, passphrase, directory, clock: { now: () => 1_800_000_000_000 } })
  const km = await reopen(t, directory, house)
  const { records } = await (await km.as('root')).audit()
  const at = records.findIndex(({ operation }) => operation === 'Restore')
  t.match(records[at], {
    time: 1_800_000_000_000,
    face: 'system',
    detail: {
      backup: manifest.backup,
      created: manifest.created,
      head: manifest.head,
      heads: manifest.heads,
    },
  })
  t.match(records[at + 1], { operation: 'AuditChainOpened', chain: records[at]?.chain })
  t.equal(
    (records[at + 1]?.detail['heads'] as string[] | undefined)?.[0],
    manifest.head,
    'it registers the head of the backup',
  )
  t.match(records[at + 2], { operation: 'Backup', detail: { backup: manifest.backup } }, 'the last of before')
  t.equal(await outcome(km.as('root').then((root) => root.get('made after it'))), 'MORTISE_KEY_NOT_FOUND')
})

t.test('A checkpoint that is younger than the backup shows what is lost', async (t) => {
  const { house, place, admin, file } = await build(t)
  const { text: before } = await admin.checkpoint()
  await admin.backup(file, { passphrase })
  await admin.createKey({ algorithm: 'AES', name: 'lost' })
  const { text: after } = await admin.checkpoint()
  const directory = join(place, 'restored')
  await restoreBackup({ file, passphrase, directory })
  const km = await reopen(t, directory, house)
  t.same((await km.verifyAudit({ checkpoints: [before] })).problems, [], 'what the backup has is whole')
  t.ok((await km.verifyAudit({ checkpoints: [after] })).problems.length > 0)
})

t.test('A backup that was touched, cut off or has another passphrase restores nothing', async (t) => {
  const { place, admin, file } = await build(t)
  await admin.backup(file, { passphrase })
  const whole = await readFile(file)
  const directory = join(place, 'restored')
  const attempt = async (bytes: Buffer, phrase = passphrase) => {
    const attacked = join(place, 'attacked')
    await writeFile(attacked, bytes)
    const found = await outcome(restoreBackup({ file: attacked, passphrase: phrase, directory }))
    return existsSync(directory) || existsSync(`${directory}.partial`) ? 'something is left' : found
  }
  t.equal(await attempt(whole, 'another passphrase'), 'MORTISE_BACKUP_INVALID')
  t.equal(await attempt(whole, 'short'), 'MORTISE_INPUT_INVALID')
  const sealed = whole.indexOf('\x03mortise', 40, 'latin1')
  for (const length of [0, 7, 39, 60, sealed, sealed + 44, whole.length - 40_000, whole.length - 1]) {
    t.equal(await attempt(whole.subarray(0, length)), 'MORTISE_BACKUP_INVALID', `${length} bytes of it`)
  }
  // Format, magic, salt, lanes, length and text of the manifest, header, records.
  for (const at of [
    0,
    3,
    8,
    35,
    39,
    60,
    sealed - 3,
    sealed,
    sealed + 10,
    sealed + 30,
    sealed + 50,
    whole.length - 1,
  ]) {
    const touched = Buffer.from(whole)
    touched[at] = (touched[at] ?? 0) ^ 1
    t.equal(await attempt(touched), 'MORTISE_BACKUP_INVALID', `a bit at ${at}`)
  }
  const greedy = Buffer.from(whole)
  greedy.writeUInt32BE(2 ** 31, 24)
  t.equal(await attempt(greedy), 'MORTISE_BACKUP_INVALID', 'more memory than any backup needs')
  t.equal(await attempt(Buffer.concat([whole, Buffer.of(0)])), 'MORTISE_BACKUP_INVALID', 'a byte more')
  t.equal(await attempt(whole), 'something is left', 'and untouched it restores')
})

t.test('Nothing is overwritten', async (t) => {
  const { house, place, admin, file } = await build(t)
  await admin.backup(file, { passphrase })
  const before = await readFile(file)
  t.equal(await outcome(admin.backup(file, { passphrase })), 'MORTISE_INPUT_INVALID')
  t.ok((await readFile(file)).equals(before), 'an older backup stays')

  const restore = (directory: string) => outcome(restoreBackup({ file, passphrase, directory }))
  t.equal(await restore(house.directory), 'MORTISE_RESTORE_REFUSED', 'a store in use')
  const busy = join(place, 'busy')
  await mkdir(`${busy}.partial`)
  t.equal(await restore(busy), 'MORTISE_RESTORE_REFUSED', 'another restore may be under way')
  t.same(await readdir(`${busy}.partial`), [], 'whose files are left alone')
  const empty = join(place, 'empty')
  await mkdir(empty)
  t.equal(await restore(empty), 'ok', 'an empty directory is as good as none')
})

t.test('With a root key, it is proved to be the right one first', async (t) => {
  const { house, place, admin, file } = await build(t)
  await admin.backup(file, { passphrase })
  const directory = join(place, 'restored')
  const restore = (hex: string) => outcome(restoreBackup({ file, passphrase, directory, rootKey: { hex } }))
  t.equal(await restore('0'.repeat(64)), 'MORTISE_BARRIER_WRONG_ROOT_KEY')
  t.notOk(existsSync(directory))
  t.equal(await restore(house.rootKey), 'ok')
})

t.test('Only who has the right takes backups; a refusal is recorded', async (t) => {
  const { house, admin, file } = await build(t)
  const ann = await house.as('ann')
  t.equal(await outcome(ann.backup(file, { passphrase })), 'MORTISE_ACCESS_DENIED')
  t.notOk(existsSync(file))
  t.match((await admin.audit({ operation: 'Backup' })).records, [{ outcome: 'denied', principalName: 'ann' }])
  t.equal(await outcome(admin.openBackup({ passphrase: 'short' })), 'MORTISE_INPUT_INVALID')
})

t.test('A backup that nobody reads leaves no copy, and neither does a killed process for ever', async (t) => {
  const { house, admin } = await build(t)
  const { content } = await admin.openBackup({ passphrase })
  await content[Symbol.asyncIterator]().return?.()
  t.same(await copies(house.directory), [])
  const [old, young] = ['copy-Abc123', 'copy-Xyz789'].map((name) => join(house.directory, name)) as [
    string,
    string,
  ]
  for (const directory of [old, young]) await mkdir(directory)
  await utimes(old, 0, 0)
  await admin.openBackup({ passphrase }).then(({ content }) => content[Symbol.asyncIterator]().return?.())
  t.same(await copies(house.directory), ['copy-Xyz789'], 'what may be another process’s at work stays')
})

t.test('A damaged trail is no reason to be without a backup, but is said', async (t) => {
  const { house, file } = await build(t)
  const km = await house.breakIn((database) => database.exec('DELETE FROM audit WHERE sequence = 2'))
  const { auditProblems } = await (await km.as('root')).backup(file, { passphrase })
  t.ok(auditProblems > 0)
  t.equal((await verifyBackup(file, passphrase)).auditProblems, auditProblems)
})
