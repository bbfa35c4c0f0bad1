import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import t from 'tap'
import { buildServer } from '../../lib/server/http.js'
import { loadConfig } from '../../lib/server/index.js'
import { until } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'
import { Face } from './face.js'

t.test('records are pruned over HTTP', async (t) => {
  const face = await Face.open(t)
  const { json: checkpoint } = await face.admin('POST', '/audit/checkpoint')
  const body = { checkpoint: checkpoint.text }
  t.match(await face.admin('POST', '/audit/prune', { body }), {
    status: 409,
    json: { code: 'MORTISE_AUDIT_PRUNE_REFUSED' },
  })
  const exported = []
  for (const head of (await face.admin('GET', '/audit/heads')).json.heads as string[]) {
    const [chain, through, hash] = head.split(':')
    exported.push({ chain, from: 1, through: Number(through), hash })
  }
  const pruned = await face.admin('POST', '/audit/prune', { body: { ...body, exported } })
  t.match(pruned, { status: 200, json: { checkpoint: 1, chains: 1 } })
  t.ok(pruned.json.records > 2)
  t.match((await face.admin('POST', '/audit/verify')).json, { problems: [] })
  t.match(await face.admin('POST', '/audit/prune', { body: { checkpoint: 'x' } }), { status: 400 })
  t.match(await face.admin('POST', '/audit/prune', { body: {} }), { status: 400 })
  const nobody = { body, token: await face.tokenOf('nobody') }
  t.match(await face.admin('POST', '/audit/prune', nobody), { status: 403 })
})

t.test('health and figures tell of sinks and of checkpoints that get nowhere', async (t) => {
  const directory = join(t.testdir({ file: '' }), 'missing')
  const house = await KeyHouse.build(t, {
    auditFile: join(directory, 'audit.jsonl'),
    checkpointDirectory: join(directory, '..', 'file', 'none'),
  })
  const { settings } = loadConfig({ flags: {}, environment: {}, workingDirectory: house.directory })
  const app = await buildServer(house.km, settings, pino({ level: 'silent' }))
  t.teardown(() => app.close())
  const ask = async (url: string) => {
    const { statusCode: status, body } = await app.inject({ method: 'GET', url })
    return { status, body }
  }
  await until(async () => (await house.km.auditHealth()).sinks[0]?.failure !== null)
  const down = await ask('/health')
  t.match(down, { status: 503 })
  t.match(JSON.parse(down.body), {
    status: 'DOWN',
    dependencies: {
      database: { status: 'UP' },
      audit_sinks: [{ name: 'file', status: 'DOWN', message: 'ENOENT' }],
      audit_checkpoints: { status: 'UP' },
    },
  })
  t.ok(JSON.parse(down.body).dependencies.audit_sinks[0].waiting > 0)
  t.notMatch(down.body, 'missing', 'places are not for everybody')
  const figures = (await ask('/metrics')).body
  t.match(figures, /^mortise_audit_sink_failing\{sink="file"\} 1$/m)
  t.match(figures, /^mortise_audit_sink_waiting\{sink="file"\} [1-9]/m)
  t.match(figures, /^mortise_audit_checkpoints_failing 0$/m)

  mkdirSync(directory)
  await until(async () => (await house.km.auditHealth()).sinks[0]?.failure === null)
  t.match(await ask('/health'), { status: 200 })
  t.match((await ask('/metrics')).body, /^mortise_audit_sink_failing\{sink="file"\} 0$/m)
  const administrator = await house.administrator()
  await t.rejects(administrator.checkpoint())
  const lost = await ask('/health')
  t.match(lost, { status: 503 })
  t.match(JSON.parse(lost.body), { dependencies: { audit_checkpoints: { status: 'DOWN', message: /^E/ } } })
  t.match((await ask('/metrics')).body, /^mortise_audit_checkpoints_failing 1$/m)
})
