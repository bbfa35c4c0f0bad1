import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../support/clock.js'
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

t.test('The trail is delivered to a file by the server, and pruned with it or with an export', async (t) => {
  const [directory, outside] = [await temporary(t), await temporary(t)]
  const file = join(outside, 'audit.jsonl')
  const checkpoints = join(outside, 'checkpoints')
  const env = { MORTISE_AUDIT_CHECKPOINT_DIRECTORY: checkpoints }
  const server = await Served.start(t, directory, ['--audit-file', file], env)
  const run = (args: readonly string[]) => mortise([...args, '--directory', directory], { env })
  const url = (args: readonly string[]) =>
    mortise([...args, '--url', server.url], { env: { MORTISE_TOKEN_FILE: join(directory, 'admin-token') } })
  await url(['keys', 'create', '--name', 'a'])
  await run(['audit', 'checkpoint'])
  await until(async () => /"waiting":0/.test(await (await server.ask('GET', '/health')).text()))
  t.match(await mortise(['audit', 'verify', '--file', file]), { code: 0, stdout: /problems +none/ })
  const pruned = json(await url(['audit', 'prune', '--checkpoint', checkpoints, '--json']))
  t.ok(pruned.records > 3)
  t.match(await run(['audit', 'verify', '--checkpoint', checkpoints]), { code: 0, stdout: /problems +none/ })
  const before = ['audit', 'prune', '--checkpoint', checkpoints, '--before', '2020-01-01']
  t.match(await run(before), { code: 1, stderr: /no such checkpoint/ })
  await server.stop()

  const missing = ['audit', 'prune', '--checkpoint', checkpoints, '--retired', 'file:/none']
  t.match(await run(missing), { code: 1, stderr: /MORTISE_AUDIT_PRUNE_REFUSED/ })
  const exported = join(outside, 'export.jsonl')
  const checkpoint = join(
    checkpoints,
    readdirSync(checkpoints)
      .sort()
      .findLast((name) => name.endsWith('t')) ?? '',
  )
  const text = (await run(['audit', 'export'])).stdout.toString()
  writeFileSync(exported, text.replace('"success"', '"denied"'))
  const prune = ['audit', 'prune', '--checkpoint', checkpoint, '--exported', exported]
  t.match(await run(prune), { code: 1, stderr: /does not verify/ })
  writeFileSync(exported, text)
  t.match(await run(prune), { code: 0, stdout: /^records +\d+$/m })
  t.match(await run(['audit', 'verify', '--checkpoint', checkpoints]), { code: 0, stdout: /problems +none/ })
})
