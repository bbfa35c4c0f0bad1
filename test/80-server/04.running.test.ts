import type { Worker } from 'node:worker_threads'
import t from 'tap'
import { Face } from '../70-faces/face.js'
import { Served, temporary, untilSaid } from './house.js'

t.test('SIGTERM lets what is under way finish, and takes nothing new', async (t) => {
  const server = await Served.start(t, await temporary(t))
  const slow = server.ask('POST', '/admin/v1/key-pairs', { algorithm: 'RSA', length: 4096, name: 'slow' })
  // Another answer on another connection: the slow request has been taken by now.
  await server.ask('GET', '/health')
  server.signal('SIGTERM')
  t.equal((await slow).status, 201)
  t.equal(await server.ended(), 0)
  await t.rejects(fetch(`${server.url}/health`))

  const again = await Served.start(t, server.directory)
  t.equal((await again.ask('GET', '/admin/v1/keys/slow')).status, 200, 'what was answered is there')
  t.equal(await again.stop(), 0)
})

t.test('A second signal ends it at once', async (t) => {
  const server = await Served.start(t, await temporary(t))
  const cut = server.ask('POST', '/admin/v1/key-pairs', { algorithm: 'RSA', length: 4096 })
  const lost = t.rejects(cut)
  await server.ask('GET', '/health')
  server.signal('SIGINT')
  await untilSaid(server, /"stopping"/)
  server.signal('SIGINT')
  t.equal(await server.ended(), 1)
  await lost
})

t.test(
  'The log has neither keys nor plaintexts nor tokens nor passwords, even when it has everything',
  async (t) => {
    const directory = await temporary(t)
    const server = await Served.start(t, directory, ['--log-level', 'debug'])
    const secrets = ['c3dvcmRmaXNoIHN3b3JkZmlzaCBzd29yZGZpc2ggISE=', 'opensesame opensesame']
    const [material, password] = secrets as [string, string]
    await server.ask('POST', '/admin/v1/keys/import', {
      format: 'raw',
      algorithm: 'AES',
      material,
      name: 'k',
      extractable: true,
    })
    await server.ask('POST', '/admin/v1/keys/k/encrypt', { plaintext: material })
    await server.ask('POST', '/admin/v1/keys/k/encrypt', { plaintext: material, wrong: material })
    await server.ask('POST', '/admin/v1/keys/k/export')
    await server.ask('PUT', '/admin/v1/principals/admin/password', { password: 'x' })
    await server.ask('POST', '/admin/v1/login', { name: 'admin', password })
    await server.ask('POST', '/admin/v1/principals', { name: 'bob' })
    await server.ask('PUT', '/admin/v1/principals/bob/password', { password })
    const issued = (await (await server.ask('POST', '/admin/v1/tokens', {})).json()) as { text: string }
    await server.stop()
    t.match(server.said, /"status":201/, 'each request has its line')
    for (const secret of [
      ...secrets,
      Buffer.from(material, 'base64').toString(),
      issued.text,
      await server.token(),
    ]) {
      t.notOk(server.said.includes(secret))
    }
  },
)

t.test('By default a request has no line in the log', async (t) => {
  const server = await Served.start(t, await temporary(t))
  await server.ask('GET', '/admin/v1/me')
  await server.stop()
  t.notMatch(server.said, /admin\/v1\/me/)
})

t.test('A warning of the configuration is in the log', async (t) => {
  const server = await Served.start(t, await temporary(t), [], { MORTISE_HTP_PORT: '1' })
  await server.stop()
  t.match(server.said, /did you mean MORTISE_HTTP_PORT/)
})

t.test('Health is 503 when the store is gone, and says so', async (t) => {
  const workers: Worker[] = []
  const collect = (worker: Worker) => workers.push(worker)
  process.on('worker', collect)
  const face = await Face.open(t)
  process.off('worker', collect)
  t.match(await face.ask('GET', '/health', { token: null }), {
    status: 200,
    json: { status: 'UP', latency_ms: Number, dependencies: { database: { name: 'sqlite', status: 'UP' } } },
  })
  const [store] = workers
  await store?.terminate()
  t.match(await face.ask('GET', '/health', { token: null }), {
    status: 503,
    json: {
      status: 'DOWN',
      dependencies: { database: { name: 'sqlite', status: 'DOWN', message: /thread/ } },
    },
  })
  t.match(
    await face.admin('POST', '/random', { body: { bytes: 1 } }),
    { status: 503 },
    'what cannot be recorded is refused',
  )
})

t.test('Version and metrics', async (t) => {
  const face = await Face.open(t)
  const version = await face.ask('GET', '/version', { token: null })
  t.match(version.json, /^\d+\.\d+\.\d+ \(OpenSSL 3\./)
  await face.admin('GET', '/keys/some-name')
  await face.ask('GET', '/no/such/path')
  const { text } = await face.ask('GET', '/metrics', { token: null })
  t.match(
    text,
    /mortise_http_request_duration_seconds_count\{method="GET",route="\/admin\/v1\/keys\/:id",status="404"\} 1/,
  )
  t.match(text, /route="none",status="404"/)
  t.notMatch(text, /some-name|no\/such/, 'names are no labels')
  t.match(text, /process_cpu_seconds_total/)
})
