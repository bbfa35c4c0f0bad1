import { randomBytes } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { bothWays, temporary } from './house.js'

t.test(
  'A sealed stream of 10 MB opens the other way round, and not at all when it was touched',
  async (t) => {
    const { directory, url } = await bothWays(t)
    const content = randomBytes(10_000_000)
    await directory(['keys', 'create', '--name', 'backup'])
    const here = await directory(['seal', 'backup'], content)
    const there = await url(['seal', 'backup'], content)
    t.ok(
      (await url(['open'], here.stdout)).stdout.equals(content),
      'sealed on a directory, opened by a server',
    )
    t.ok((await directory(['open'], there.stdout)).stdout.equals(content), 'and the other way')

    const touched = Buffer.from(here.stdout)
    touched[9_000_000] = (touched[9_000_000] ?? 0) ^ 1
    for (const run of [directory, url]) {
      for (const bad of [touched, here.stdout.subarray(0, 9_000_000)]) {
        const { code, stdout, stderr } = await run(['open'], bad)
        t.match(
          { code, stderr },
          { code: 1, stderr: /^mortise: decryption failed \(MORTISE_CRYPTO_DECRYPTION_FAILED\)\n$/ },
        )
        t.ok(stdout.equals(content.subarray(0, stdout.length)), 'only authentic bytes came out')
      }
    }
  },
)

t.test('A file appears under its name only when it is whole', async (t) => {
  const { directory } = await bothWays(t)
  const place = await temporary(t)
  const [plain, sealed, opened] = ['plain', 'sealed', 'opened'].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(plain, randomBytes(600_000))
  await directory(['keys', 'create', '--name', 'k'])
  t.match(await directory(['seal', 'k', plain, '-o', sealed]), { code: 0, stderr: '' })
  t.match(await directory(['open', sealed, '-o', opened]), { code: 0 })
  t.ok((await readFile(opened)).equals(await readFile(plain)))
  t.equal((await stat(opened)).mode & 0o777, 0o600)

  await writeFile(sealed, (await readFile(sealed)).subarray(0, -1))
  const lost = join(place, 'lost')
  t.match(await directory(['open', sealed, '-o', lost]), { code: 1 })
  t.same((await readdir(place)).sort(), ['opened', 'plain', 'sealed'], 'and nothing of it is left')
})
