import { copyFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { bothWays, json, mortise, temporary } from './house.js'

const passphrase = 'correct horse battery staple'
const env = { MORTISE_BACKUP_PASSPHRASE: passphrase }

t.test('A backup is taken beside the server and from it, and either restores', async (t) => {
  const { server, directory: here, url: there } = await bothWays(t)
  const place = await temporary(t)
  await here(['keys', 'create', '--name', 'kept'])
  const ciphertext = (await here(['encrypt', 'kept'], 'hello')).stdout
  for (const [way, run] of Object.entries({ here, there })) {
    const file = join(place, `${way}.backup`)
    const made = json(await run(['backup', file, '--json'], `${passphrase}\n`))
    t.match(made, { file, auditProblems: 0 })
    t.equal((await stat(file)).mode & 0o777, 0o600)
    t.match(json(await mortise(['restore', file, '--check', '--json'], { env })), { backup: made.backup })

    const directory = join(place, way)
    t.match(json(await mortise(['restore', file, '--directory', directory, '--json'], { env })), {
      directory,
    })
    t.match(await mortise(['keys', 'list', '--directory', directory]), {
      code: 1,
      stderr: /MORTISE_BARRIER_ROOT_KEY_MISSING/,
    })
    await copyFile(join(server.directory, 'root-key'), join(directory, 'root-key'))
    t.equal(
      (await mortise(['decrypt', 'kept', '--directory', directory], { input: ciphertext })).stdout.toString(),
      'hello',
    )
    t.match(await mortise(['audit', 'verify', '--directory', directory]), { code: 0 })
    t.match(await mortise(['restore', file, '--directory', directory], { env }), {
      code: 1,
      stderr: /MORTISE_RESTORE_REFUSED/,
    })
  }
  t.same(
    (await readdir(place)).sort(),
    ['here', 'here.backup', 'there', 'there.backup'],
    'nothing else is left',
  )
})

t.test('What fails leaves no file, and says why', async (t) => {
  const { url, directory } = await bothWays(t)
  const place = await temporary(t)
  const file = join(place, 'one.backup')
  for (const run of [url, directory]) {
    t.match(await run(['backup', file], 'short\n'), { code: 1, stderr: /12 characters/ })
    t.match(await run(['backup', join(place, 'nowhere', 'x')], `${passphrase}\n`), {
      code: 1,
      stderr: /ENOENT/,
    })
  }
  await directory(['principal', 'create', 'ann'])
  t.match(await directory(['backup', file, '--as', 'ann'], `${passphrase}\n`), {
    code: 1,
    stderr: /MORTISE_ACCESS_DENIED/,
  })
  t.match(await mortise(['restore', '/etc/hostname', '--check'], { env }), {
    code: 1,
    stderr: /this is not a backup of Mortise/,
  })
  t.same(await readdir(place), [])
})

t.test('An answer that breaks off is no backup', async (t) => {
  const { server } = await bothWays(t)
  const answer = await server.ask('POST', '/admin/v1/backup', { passphrase })
  t.match(answer.headers.get('content-disposition'), /^attachment; filename="mortise-2.*\.backup"$/)
  const bytes = Buffer.from(await answer.arrayBuffer())
  const file = join(await temporary(t), 'cut')
  await writeFile(file, bytes.subarray(0, -1000))
  t.match(await mortise(['restore', file, '--check'], { env }), { code: 1, stderr: /MORTISE_BACKUP_INVALID/ })
  await writeFile(file, bytes)
  t.match(await mortise(['restore', file, '--check'], { env }), { code: 0 })
})
