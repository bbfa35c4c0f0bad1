import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { json, mortise, Served, temporary } from './house.js'

t.test(
  'The trail is filtered, exported, signed and verified, on a directory and through a server',
  async (t) => {
    const [directory, outside] = [await temporary(t), await temporary(t)]
    const settings = { MORTISE_AUDIT_CHECKPOINT_DIRECTORY: outside }
    const server = await Served.start(t, directory, [], settings)
    const ways = {
      directory: (args: readonly string[]) => mortise([...args, '--directory', directory], { env: settings }),
      url: (args: readonly string[]) =>
        mortise([...args, '--url', server.url], {
          env: { MORTISE_TOKEN_FILE: join(directory, 'admin-token') },
        }),
    }
    for (const [way, run] of Object.entries(ways)) {
      const since = new Date().toISOString()
      await run(['keys', 'create', '--name', way])
      const face = way === 'url' ? 'admin' : 'process'
      const { records } = json(
        await run(['audit', 'list', '--since', since, '--face', face, '--operation', 'Create', '--json']),
      )
      t.match(records, [{ operation: 'Create', face }])
      t.match(await run(['audit', 'list', '--since', 'yesterday']), { code: 2 })
      const checkpoint = await run(['audit', 'checkpoint'])
      const file = join(directory, `${way}.checkpoint`)
      writeFileSync(file, checkpoint.stdout)
      t.match(await run(['audit', 'verify', '--checkpoint', file]), { code: 0, stdout: /problems +none/ })
      const [pem = ''] = readdirSync(outside).filter((name) => name.endsWith('.pem'))
      t.match(await run(['audit', 'verify', '--checkpoint', outside, '--public-key', join(outside, pem)]), {
        code: 0,
        stdout: /problems +none/,
      })
      const exported = join(directory, `${way}.jsonl`)
      writeFileSync(exported, (await run(['audit', 'export'])).stdout)
      t.match(await mortise(['audit', 'verify', '--file', exported, '--checkpoint', file]), {
        code: 0,
        stdout: /problems +none/,
      })
    }
  },
)
