import { join } from 'node:path'
import t from 'tap'
import { bothWays, json, mortise, Served } from './house.js'

t.test(
  'Root key and keyring are rotated while the server goes on, on the directory and through it',
  async (t) => {
    const { server, directory, url } = await bothWays(t)
    await url(['keys', 'create', '--name', 'k'])
    const { stdout: box } = await url(['encrypt', 'k'], 'plain')
    const opens = async () =>
      t.same((await url(['decrypt', 'k'], box)).stdout.toString(), 'plain', 'the server goes on')
    for (const run of [directory, url]) {
      const { root, kept } = json(await run(['root', 'rotate', '--in-place', '--json']))
      t.match(kept, join(server.directory, 'root-key.'))
      const status = json(await run(['keyring', 'show', '--json']))
      t.strictSame(status.roots, [root])
      await opens()
      const { version, retired } = json(await run(['keyring', 'rotate', '--reseal', '--json']))
      t.equal(version, run === directory ? 2 : 3)
      t.strictSame(retired, [version - 1])
      await opens()
    }
    t.match(await url(['root', 'rotate']), { code: 1, stderr: /say where the new root key is to be/ })
    t.match(await url(['root', 'rotate', '--file', join(server.directory, 'root-key')]), {
      code: 1,
      stderr: /MORTISE_INPUT_INVALID/,
    })
    const passphrase = 'correct horse battery'
    t.match(await url(['root', 'rotate', '--passphrase'], `${passphrase}\n`), {
      code: 0,
      stderr: /set rootKey.passphrase/,
    })
    await opens()
    await server.stop()
    t.match(await directory(['keys', 'list']), { code: 1, stderr: /MORTISE_BARRIER_WRONG_ROOT_KEY/ })
    const again = await Served.start(t, server.directory, [], { MORTISE_ROOT_KEY_PASSPHRASE: passphrase })
    const env = { MORTISE_TOKEN_FILE: join(server.directory, 'admin-token') }
    const opened = await mortise(['decrypt', 'k', '--url', again.url], { env, input: box })
    t.equal(opened.stdout.toString(), 'plain')
  },
)
