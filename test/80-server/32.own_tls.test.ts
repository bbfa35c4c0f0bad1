/** The server's own TLS, by the built-in authority: what clients see that trust its root and nothing else. */
import { execFile, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect, type TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pino from 'pino'
import t, { type Test } from 'tap'
import type { KeyManager, ServerCertificate } from '../../lib/index.js'
import { buildServer } from '../../lib/server/http.js'
import { loadConfig, rootFile } from '../../lib/server/index.js'
import { openTls } from '../../lib/server/tls.js'
import { day, minute, TestClock, until } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'
import { json, mortise, Served, temporary } from './house.js'

/** A clock at which what is made now is valid for whoever looks at the real one, and so is what takes its place 61 days later. */
const earlier = () => new TestClock(new Date(Date.now() - 61 * day).toISOString())

const root = (directory: string) => readFile(join(directory, rootFile), 'utf8')

/** A server of a key manager in this process, by its own TLS. */
async function listening(t: Test, km: KeyManager, directory: string): Promise<number> {
  const flags = { '--directory': directory, '--tls-client-certificates': 'true' }
  const { settings } = loadConfig({ flags, environment: {}, workingDirectory: directory })
  const log = pino({ level: 'silent' })
  const tls = await openTls(km, settings, log)
  const app = await buildServer(km, settings, log, { tls })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    await tls?.stop()
    await app.close()
  })
  return (app.server.address() as AddressInfo).port
}

async function connected(port: number, options: object): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ...options })
  await once(socket, 'secureConnect')
  return socket
}

async function serialAt(port: number, ca: string): Promise<string> {
  const socket = await connected(port, { ca })
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}

/** Asks who one is, over a connection that stays. */
async function whoOver(socket: TLSSocket): Promise<string> {
  socket.write('GET /admin/v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const [answer] = await once(socket, 'data')
  return /"name":"([^"]*)"/.exec(String(answer))?.[1] ?? String(answer)
}

t.test(
  'Two processes that start on a new directory at once share one authority and one certificate',
  async (t) => {
    const directory = join(await temporary(t), 'new')
    const args = ['--http-host', '0.0.0.0', '--tls-names', 'kms.example.org,192.0.2.7', '--log-level', 'info']
    const servers = await Promise.all([Served.start(t, directory, args), Served.start(t, directory, args)])
    t.equal((await stat(join(directory, rootFile))).mode & 0o777, 0o644)
    const shown = new Set<string>()
    for (const { url, said } of servers) {
      t.match(url, /^https:/)
      t.match(said, new RegExp(`root certificate .*${rootFile}`))
      const { port } = new URL(url)
      for (const host of ['localhost', 'kms.example.org', '192.0.2.7']) {
        const { stdout } = await promisify(execFile)('curl', [
          ...['--silent', '--show-error', '--cacert', join(directory, rootFile)],
          ...['--connect-to', `${host}:${port}:127.0.0.1:${port}`, `https://${host}:${port}/health`],
        ])
        t.match(JSON.parse(stdout), { status: 'UP' }, host)
      }
      const strange = connect({
        port: Number(port),
        host: '127.0.0.1',
        servername: 'other.example.org',
        ca: await root(directory),
      })
      t.match(await once(strange, 'error'), [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }])
      shown.add(await serialAt(Number(port), await root(directory)))
    }
    t.equal(shown.size, 1)
    const here = `https://localhost:${new URL(servers[0].url).port}`
    t.match(
      await mortise(['keys', 'list', '--url', here, '--directory', directory]),
      { code: 0 },
      'and so does the command line',
    )
    t.same(await Promise.all(servers.map((server) => server.stop())), [0, 0])
  },
)

t.test('It renews itself under open connections, in every process', async (t) => {
  const clock = earlier()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const { km, directory } = house
  const ports = [
    await listening(t, km, directory),
    await listening(t, await house.open({ clock, scheduler: false }), directory),
  ] as const
  const ca = await root(directory)
  const serials = () => Promise.all(ports.map((port) => serialAt(port, ca)))

  // Whom a certificate of the authority lets in, over TLS both ways.
  await km.ensurePrincipal({ name: 'officer', roles: ['ca-officer'] })
  const admin = await house.administrator()
  await admin.createPrincipal({ name: 'app', certificateSubject: 'CN=app' })
  const officer = await km.as('officer')
  const { request, privateKey } = await officer.createCertificateRequest({ subject: 'CN=app' })
  const issued = await officer.certify('mortise-issuing', { profile: 'client', request })
  const client = { ca, key: privateKey, cert: issued.certificate ?? '' }
  const open = await connected(ports[0], client)
  t.teardown(() => open.destroy())
  t.equal(await whoOver(open), 'app')

  /** Until both show another one: they look each minute. */
  const renewed = (before: string | undefined) =>
    until(async () => {
      clock.pass(minute)
      return (await serials()).every((serial) => serial !== before)
    })

  const [first] = await serials()
  t.same(await serials(), [first, first])
  clock.pass(59 * day)
  t.same(await serials(), [first, first], 'it has time yet')
  clock.pass(day)
  await renewed(first)
  const [second] = await serials()
  t.same(await serials(), [second, second], 'they share the next one')
  t.equal(await whoOver(open), 'app', 'over the connection of before')

  const { certificates } = await admin.certificates('mortise-issuing', { limit: 10 })
  const shown = certificates.find(({ serial }) => serial === second?.toLowerCase())
  await admin.revokeCertificate('mortise-issuing', shown?.id ?? '', 'keyCompromise')
  await renewed(second)
  t.equal(await whoOver(open), 'app')
  t.strictSame((await admin.locate()).items, [], 'its keys are no objects of anybody')
})

t.test('Certificates in files', async (t) => {
  const directory = await temporary(t)
  const here = ['--directory', directory]
  t.match(await mortise(['ca', 'create', '--name', 'short', '--subject', 'CN=short', ...here]), { code: 0 })
  t.match(await mortise(['ca', 'self-sign', 'short', '--days', '20', ...here]), { code: 0 })
  const server = await Served.start(t, directory, ['--tls-client-certificates', 'true'])
  t.match(server.said, /the certificate of short is about to expire/)
  t.notMatch(server.said, /mortise-\w+ is about to expire/)
  const [clients, servers] = [join(directory, 'clients'), join(directory, 'servers')]
  for (const args of [
    ['group', 'add', 'CA Admins', 'admin'],
    ['user', 'create', 'app'],
    ['tls', 'server', 'kms.example.org', '192.0.2.7', '--days', '10', '--out', servers],
    ['tls', 'client', 'app', '--algorithm', 'RSA', '--length', '2048', '--out', clients, '--url', server.url],
  ]) {
    t.match(await mortise([...args, ...here]), { code: 0 }, args.join(' '))
  }
  t.match(json(await mortise(['report', '--json', ...here])), {
    authorities: [{ name: 'short' }],
    certificates: [{ name: 'kms.example.org' }],
  })
  const figures = await promisify(execFile)('curl', [
    ...['--silent', '--show-error', '--cacert', join(clients, 'root.pem'), `${server.url}/metrics`],
  ])
  for (const labels of ['kind="server",authority=""', 'kind="authority",authority="[0-9a-f-]+"'])
    t.match(figures.stdout, new RegExp(`mortise_certificate_expiry_timestamp_seconds{${labels}} \\d{10}`))
  const init = await mortise(['tls', 'init', ...here])
  t.ok(init.stdout.toString().includes(await root(directory)))
  t.equal(await readFile(join(clients, 'root.pem'), 'utf8'), await root(directory))
  const { stdout } = await promisify(execFile)('curl', [
    ...['--silent', '--show-error', '--cacert', join(clients, 'root.pem')],
    ...['--cert', join(clients, 'app.pem'), '--key', join(clients, 'app-key.pem')],
    `${server.url}/admin/v1/me`,
  ])
  t.match(JSON.parse(stdout), { name: 'app' })
  const chain = join(servers, 'kms.example.org.pem')
  for (const names of [
    ['-verify_hostname', 'kms.example.org'],
    ['-verify_ip', '192.0.2.7'],
  ]) {
    const trusted = [
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-CAfile',
      join(servers, 'root.pem'),
      '-untrusted',
      chain,
    ]
    await promisify(execFile)('openssl', ['verify', ...trusted, ...names, chain])
  }
  const own = await promisify(execFile)('openssl', [
    'pkey',
    '-in',
    join(servers, 'kms.example.org-key.pem'),
    '-pubout',
  ])
  const shown = await promisify(execFile)('openssl', ['x509', '-in', chain, '-noout', '-pubkey'])
  t.equal(own.stdout, shown.stdout)
  t.equal((await stat(join(clients, 'app-key.pem'))).mode & 0o777, 0o600)
  t.equal(await server.stop(), 0)
})

t.test('What was cut short is finished', async (t) => {
  const program = fileURLToPath(new URL('cut_short.js', import.meta.url))
  const run = async (house: KeyHouse, ...args: string[]) => {
    const child = spawn(process.execPath, [program, house.directory, house.rootKey, ...args])
    const [stdout, stderr, [code, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    if (code !== 0 && signal !== 'SIGKILL') throw new Error(`${code} ${stderr}`)
    return { stdout, signal }
  }
  const empty = await KeyHouse.build(t)
  const whole = Number((await run(empty)).stdout)
  t.ok(whole > 20, 'it has asked for the time in each of its steps')
  const house = await KeyHouse.build(t)
  // Each time it is cut short a little later than before, on what the times before have left.
  let kills = 0
  for (let times = 3; times < whole; times += Math.ceil(whole / 4)) {
    if ((await run(house, String(times))).signal === 'SIGKILL') kills++
  }
  t.ok(kills >= 3)
  t.equal((await run(house)).signal, null)
  const { authorities } = await (await house.administrator()).authorities()
  t.match(
    authorities.map(({ name, state }) => [name, state]),
    [
      ['mortise-root', 'active'],
      ['mortise-issuing', 'active'],
    ],
  )
  const shown: string[] = []
  const kept = await house.km.keepCertificate(
    { dns: ['localhost'] },
    { changed: ({ chain }) => shown.push(chain), failed: (error) => t.fail(String(error)) },
  )
  await kept.stop()
  const [leaf = '', issuing = ''] = (shown[0] ?? '').split(/(?<=-----END CERTIFICATE-----\n)/)
  t.ok(new X509Certificate(leaf).verify(new X509Certificate(issuing).publicKey))
  t.match(await house.km.verifyAudit(), { problems: [] })
})

t.test('The authority renews itself too, with the same keys', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const shown: ServerCertificate[] = []
  const failures: unknown[] = []
  const kept = await house.km.keepCertificate(
    { dns: ['localhost'] },
    { changed: (certificate) => shown.push(certificate), failed: (error) => failures.push(error) },
  )
  t.teardown(() => kept.stop())
  const admin = await house.administrator()
  const before = await house.km.ownAuthority()
  /** Passes time until so many certificates were shown, and so many attempts have failed. */
  const after = async (days: number, changes: number, faults: number) => {
    clock.pass(days * day)
    await until(() => {
      clock.pass(minute)
      return shown.length === changes && failures.length === faults
    })
  }
  // With the root out of reach the server has its certificate renewed, as long as the one that issues is valid.
  await admin.setAuthority(before.root.id, { enabled: false })
  await after(4 * 365, 2, 1)
  t.match(failures, [{ code: 'MORTISE_CA_STATE' }])
  await admin.setAuthority(before.root.id, { enabled: true })
  await after(1, 3, 1)
  const own = await house.km.ownAuthority()
  t.ok((own.issuing.notAfter ?? '') > (before.issuing.notAfter ?? ''))
  t.equal(own.root.serial, before.root.serial)
  await after(3 * 365, 4, 1)
  const last = await house.km.ownAuthority()
  t.not(last.root.serial, before.root.serial)
  const keyOf = (pem: string | null | undefined) => new X509Certificate(pem ?? '').publicKey
  t.ok(keyOf(last.root.certificate).equals(keyOf(before.root.certificate)))
  t.equal(shown.at(-1)?.root, last.root.certificate)
  // Whoever has the first root goes on.
  t.ok(new X509Certificate(last.issuing.certificate ?? '').verify(keyOf(before.root.certificate)))
})

t.test('What stands in the way is said', async (t) => {
  const house = await KeyHouse.build(t)
  const admin = await house.administrator()
  await admin.createKey({ algorithm: 'AES', name: 'mortise-root' })
  await t.rejects(house.km.ownAuthority(), { code: 'MORTISE_NAME_TAKEN' })
})
