import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { mortise, temporary } from './house.js'
import { onTerminal } from './terminal.js'

t.test('A bar is drawn on a terminal while a file is sealed, and nowhere else', async (t) => {
  const place = await temporary(t)
  const [directory, plain, sealed] = ['data', 'plain', 'sealed'].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(plain, Buffer.alloc(3 * 2 ** 20))
  await mortise(['keys', 'create', '--name', 'k', '--directory', directory])
  const { screen, code } = await onTerminal(['seal', 'k', plain, '-o', sealed, '--directory', directory])
  t.equal(code, 0)
  const lines = screen.split('\r').filter((line) => line.startsWith('['))
  t.match(lines.at(-1), /^\[#{30}\] 100 % {2}3\.0 MiB {2}\d+\.\d MiB\/s\n?$/, 'it ends full')
  t.ok(screen.endsWith('\r\n'), 'and leaves the line')
  const quiet = await mortise(['open', sealed, '-o', join(place, 'opened'), '--directory', directory])
  t.match(quiet, { code: 0, stderr: '' })
})

t.test('A secret is typed without being shown', async (t) => {
  const directory = join(await temporary(t), 'data')
  const password = 'a password that nobody sees'
  await mortise(['keys', 'create', '--name', 'k', '--directory', directory])
  const { screen, code } = await onTerminal(
    ['principal', 'password', 'admin', '--directory', directory],
    [['New password: ', password]],
  )
  t.equal(code, 0)
  t.match(screen, 'New password: ')
  t.notMatch(screen, password)
  t.notMatch(screen, /nobody/)

  const file = join(directory, '..', 'one.backup')
  const backup = (second: string) =>
    onTerminal(
      ['backup', file, '--directory', directory],
      [
        ['Passphrase of the backup: ', password],
        ['Once more: ', second],
      ],
    )
  t.match(await backup('another password'), { code: 1, screen: /the two passphrases differ/ })
  const taken = await backup(password)
  t.equal(taken.code, 0)
  t.notMatch(taken.screen, /nobody/)
  t.match(
    await mortise(['restore', file, '--check'], { env: { MORTISE_BACKUP_PASSPHRASE: password } }),
    { code: 0 },
    'it was what was typed',
  )
})
