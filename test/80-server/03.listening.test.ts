import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import t from 'tap'
import { mortise, Served, temporary } from './house.js'

t.test('Plain HTTP stays on loopback, unless proxies are named', async (t) => {
  const directory = await temporary(t)
  const beyond = ['--http-host', '0.0.0.0']
  const own = await Served.start(t, directory, beyond)
  t.match(own.url, /^https:/)
  t.equal(await own.stop(), 0)
  const proxied = await Served.start(t, directory, [...beyond, '--http-trusted-proxies', '10.0.0.1'])
  t.match(proxied.url, /^http:/)
  t.equal(await proxied.stop(), 0)
})

t.test('Connections that have asked for nothing do not keep it from stopping', async (t) => {
  const directory = await temporary(t)
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const server = await Served.start(t, directory, ['--http-host', host])
    const { protocol, port } = new URL(server.url)
    const at = { host: '127.0.0.1', port: Number(port) }
    const isTls = protocol === 'https:'
    const silent = isTls ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at)
    await once(silent, isTls ? 'secureConnect' : 'connect')
    silent.resume()
    const ended = once(silent, 'close')
    t.equal(await server.stop(), 0, protocol)
    await ended
  }
})

t.test('Only trusted proxies say who somebody is', async (t) => {
  const refusedFrom = async (args: readonly string[]) => {
    const server = await Served.start(t, await temporary(t), ['--limits-failures', '2', ...args])
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']) {
      await fetch(`${server.url}/admin/v1/me`, {
        headers: { 'x-forwarded-for': address, authorization: 'Bearer mortise_of_nobody' },
      })
    }
    const { status } = await server.ask('GET', '/admin/v1/me')
    const trail = await server.ask('GET', '/admin/v1/audit?operation=Authenticate&outcome=denied')
    const { records = [] } = (await trail.json()) as { records?: { address: string }[] }
    await server.stop()
    return { status, addresses: records.map(({ address }) => address) }
  }
  t.match(await refusedFrom([]), { status: 429 }, 'they are all this machine')
  t.strictSame(
    await refusedFrom(['--http-trusted-proxies', '127.0.0.1']),
    { status: 200, addresses: ['192.0.2.4', '192.0.2.3', '192.0.2.2', '192.0.2.1'] },
    'they are four others, and the trail has where they were',
  )
})

t.test('TLS', async (t) => {
  const directory = await temporary(t)
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')]
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...[
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
  ])
  const server = await Served.start(t, join(directory, 'data'), [
    '--tls-certificate',
    certificate,
    '--tls-key',
    key,
  ])
  t.match(server.url, /^https:/)
  const ask = async (options: object) => {
    const request = get(`${server.url}/health`, { rejectUnauthorized: false, ...options })
    const [response] = await once(request, 'response')
    return { status: response.statusCode, headers: response.headers, body: await text(response) }
  }
  t.match(await ask({}), { status: 200, headers: { 'strict-transport-security': /max-age/ }, body: /"UP"/ })
  await t.rejects(ask({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }))
  const env = { NODE_EXTRA_CA_CERTS: certificate, MORTISE_TOKEN: await server.token() }
  t.match(await mortise(['keys', 'list', '--url', server.url], { env }), { code: 0 })
  await server.stop()

  const half = await mortise(['serve', '--directory', directory, '--tls-certificate', certificate])
  t.match(half, { code: 1, stderr: /needs both tls.certificate and tls.key/ })
})

t.test('Login none is loud, and for this machine only', async (t) => {
  const directory = await temporary(t)
  const beyond = await mortise([
    'serve',
    '--directory',
    directory,
    '--login',
    'none',
    '--http-host',
    '0.0.0.0',
  ])
  t.match(beyond, { code: 1, stderr: /login none .*MORTISE_SERVER_REFUSED/ })
  const server = await Served.start(t, directory, ['--login', 'none'])
  t.match(server.said, /WARNING: login is none/)
  const me = (headers: Record<string, string>) => fetch(`${server.url}/admin/v1/me`, { headers })
  t.match(await (await me({})).json(), { name: 'admin' })
  t.equal((await me({ origin: 'http://localhost:5173' })).status, 200)
  t.equal((await me({ origin: 'https://evil.example' })).status, 403, 'a page of somebody else')
  const { port } = new URL(server.url)
  const rebound = await raw(
    Number(port),
    `GET /admin/v1/me HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
  )
  t.match(rebound, /^HTTP\/1\.1 403 /, 'a name that was made to point here')
  await server.stop()
})

t.test('What is no HTTP, or no end of it, is answered and cut off', async (t) => {
  const server = await Served.start(t, await temporary(t))
  const port = Number(new URL(server.url).port)
  for (const [what, bytes, status] of [
    ['nonsense', 'hello\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['a header without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}`, 431],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(20_000)}\r\n`, 431],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ] as const) {
    t.match(await raw(port, bytes), new RegExp(`^HTTP/1\\.1 ${status} `), what)
  }
  t.match(
    await raw(port, 'GET /admin/v1/me HTTP/1.1\r\nHost: x\r\n'),
    /^HTTP\/1\.1 408 /,
    'a request that does not go on',
  )
  t.equal((await fetch(`${server.url}/health`)).status, 200, 'and the server is well')
  await server.stop()
})

/** What comes back on a socket until it is closed. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(bytes)
  return text(socket).catch(() => '')
}
