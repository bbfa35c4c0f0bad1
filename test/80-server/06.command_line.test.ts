import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { buildProgram } from '../../lib/cli/program.js'
import { packageRoot } from '../support/package_root.js'
import { bothWays, json, mortise, Served, temporary, untilSaid } from './house.js'

t.test('Every command works on a directory and against a server alike', async (t) => {
  const { directory, url } = await bothWays(t)
  for (const [way, run] of Object.entries({ directory, url })) {
    const name = `${way}/key`
    t.match(json(await run(['keys', 'create', '--name', name, '--inactive', '--json'])), {
      state: 'PreActive',
    })
    t.match(json(await run(['keys', 'activate', name, '--json'])), { name, state: 'Active' })
    t.match(json(await run(['keys', 'list', '--name', name, '--json'])), { items: [{ name }], next: null })
    t.match((await run(['keys', 'list'])).stdout.toString(), /^ID +NAME +TYPE/, 'a table for people')

    const ciphertext = (await run(['encrypt', name, '--aad', 'context'], 'hello')).stdout
    t.equal((await run(['decrypt', name, '--aad', 'context'], ciphertext)).stdout.toString(), 'hello')
    t.match(await run(['decrypt', name], ciphertext), {
      code: 1,
      stderr: /\(MORTISE_CRYPTO_DECRYPTION_FAILED\)/,
    })

    const parts = json(await run(['encrypt', name, '--mode', 'GCM', '--aad', 'x', '--json'], 'hello'))
    const given = ['--mode', 'GCM', '--aad', 'x', '--iv', parts.iv, '--tag', parts.tag]
    t.equal((await run(['decrypt', name, ...given], parts.ciphertext)).stdout.toString(), 'hello')
    const jwe = (await run(['encrypt', name, '--format', 'jwe'], 'hello')).stdout
    t.equal((await run(['decrypt', name, '--format', 'jwe'], jwe)).stdout.toString(), 'hello')

    t.match(json(await run(['keys', 'rekey', name, '--json'])), { replacement: { keyVersion: 2 } })
    const revoked = json(await run(['keys', 'revoke', name, '--reason', 'Superseded', '--json']))
    t.match(revoked, { state: 'Deactivated' })
    t.match(json(await run(['keys', 'destroy', revoked.id, '--json'])), { state: 'Destroyed' })

    await run(['keys', 'create-pair', '--name', `${way}/signer`, '--public-name', `${way}/public`])
    const signature = (await run(['sign', `${way}/signer`], 'a document')).stdout.toString().trim()
    t.match(await run(['verify', `${way}/public`, signature], 'a document'), { code: 0 })
    t.match(await run(['verify', `${way}/public`, signature], 'another'), { code: 1 })
    const pem = (await run(['keys', 'export', `${way}/public`])).stdout
    t.match(pem.toString(), /^-----BEGIN PUBLIC KEY-----\n/)
    t.match(json(await run(['keys', 'import', '--format', 'spki', '--json'], pem)), { type: 'PublicKey' })

    const material = randomBytes(32)
    const mac = ['--format', 'raw', '--algorithm', 'HMAC-SHA-256', '--name', `${way}/mac`, '--extractable']
    t.match(json(await run(['keys', 'import', ...mac, '--json'], material)), { algorithm: 'HMAC-SHA-256' })
    t.equal(
      (await run(['keys', 'export', `${way}/mac`])).stdout.toString().trim(),
      material.toString('base64'),
    )
    t.equal(Buffer.from(json(await run(['mac', `${way}/mac`, '--json'], 'x')).mac, 'base64').length, 32)
    const tag = json(await run(['mac', `${way}/mac`, '--json'], 'x')).mac
    t.match(await run(['mac-verify', `${way}/mac`, tag], 'x'), { code: 0 })
    t.match(await run(['mac-verify', `${way}/mac`, tag], 'y'), { code: 1 })
    t.match(await run(['hash', '--hash', 'SHA-1'], 'x'), { code: 1, stderr: /MORTISE_CRYPTO_POLICY/ })
    t.equal(
      Buffer.from((await run(['hash', '--hash', 'SHA3-384'], 'x')).stdout.toString(), 'base64').length,
      48,
    )
    t.equal(Buffer.from((await run(['random', '24'])).stdout.toString(), 'base64').length, 24)
  }
})

t.test('A command that is loaded alone is that of the whole program', async (t) => {
  const { commands } = await buildProgram()
  t.ok(commands.length > 20)
  for (const whole of commands) {
    const alone = (await buildProgram(whole.name())).commands
    t.ok(alone.length < commands.length, `${whole.name()} comes with few others`)
    const same = alone.find((command) => command.name() === whole.name())
    t.equal(same?.helpInformation(), whole.helpInformation())
  }
})

t.test('Exit codes: 0 done, 1 failed, 2 asked wrongly; only results on standard output', async (t) => {
  const { directory } = await bothWays(t)
  for (const [args, code] of [
    [['keys', 'list'], 0],
    [['--version'], 0],
    [['keys', 'get', 'nothing'], 1],
    [['keys', 'list', '--as', 'nobody'], 1],
    [['open', '/nonexistent'], 1],
    [['keys', 'list', '--url', 'http://127.0.0.1:1', '--token', 'x'], 1],
    [['nonsense'], 2],
    [['keys', 'list', '--limit', 'ten'], 2],
    [['keys', 'get'], 2],
    [['grant', 'add', 'k', 'Get'], 2],
    [['keys', 'import', '--format', 'cbor'], 2],
  ] as const) {
    const ran = args[0] === '--version' ? await mortise(args) : await directory(args)
    t.equal(ran.code, code, args.join(' '))
    if (code !== 0) {
      t.equal(ran.stdout.length, 0)
      t.match(ran.stderr, /^mortise: .+\n/)
    }
  }
  const invalid = await mortise(['keys', 'list'], { env: { MORTISE_HTTP_PORT: 'x' } })
  t.match(invalid, { code: 2, stderr: /\(MORTISE_CONFIG_INVALID\)\n$/ })
})

t.test('On this machine the administrator’s token is found in the data directory', async (t) => {
  const { server } = await bothWays(t)
  t.match(await mortise(['keys', 'list', '--url', server.url, '--directory', server.directory]), { code: 0 })
  const without = await mortise(['keys', 'list', '--url', server.url, '--directory', '/nonexistent'])
  t.match(without, { code: 1, stderr: /a token is missing/ })
})

t.test('A new data directory is made, and said to be', async (t) => {
  const directory = join(await temporary(t), 'new')
  const made = await mortise(['keys', 'create', '--name', 'k', '--directory', directory])
  t.match(made, { code: 0, stderr: /made a new store in / })
  t.match(await mortise(['keys', 'get', 'k', '--directory', directory]), { code: 0, stderr: '' })
})

t.test('The self-test passes, one line a test', async (t) => {
  const results = json(await mortise(['self-test', '--json']))
  t.ok(results.length > 10)
  t.ok(results.every(({ passed }: { passed: boolean }) => passed))
})

/** Breaks a known answer, in every process that the program starts: at once, or when the signal comes. */
const broken = (when: string) => {
  const native = new URL('../../lib/native/index.js', import.meta.url).href
  const program = `
    import { native } from ${JSON.stringify(native)}
    import { isMainThread } from 'node:worker_threads'
    if (isMainThread) ${when}`
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` }
}

t.test('A self-test that fails is named, the exit code says so, and nothing else is done', async (t) => {
  const ran = await mortise(['self-test'], { env: broken(`native.breakSelfTest('AES-KW', 1)`) })
  t.equal(ran.code, 1)
  t.strictSame(ran.stdout.toString().match(/^.* FAILED .*$/gm)?.length, 1)
  t.match(ran.stdout.toString(), /^AES-KW +FAILED /m)
  const failed = broken(`{ native.breakSelfTest('AES-KW', 1); native.selfTest() }`)
  t.match(await mortise(['keys', 'list', '--directory', await temporary(t)], { env: failed }), {
    code: 1,
    stderr: /\(MORTISE_SELFTEST_FAILED\)\n$/,
  })
})

t.test('A server whose self-test fails refuses everything from then on', async (t) => {
  const onSignal = `process.on('SIGUSR2', () => { native.breakSelfTest('AES-KW', 1); native.selfTest(); console.log('broken') })`
  const server = await Served.start(t, await temporary(t), [], broken(onSignal))
  const encrypt = () => server.ask('POST', '/admin/v1/keys/k/encrypt', { plaintext: 'aGVsbG8=' })
  t.equal((await server.ask('POST', '/admin/v1/keys', { algorithm: 'AES', name: 'k' })).status, 201)
  t.equal((await encrypt()).status, 200)
  server.signal('SIGUSR2')
  await untilSaid(server, /^broken$/m)
  const refused = await encrypt()
  t.equal(refused.status, 500)
  t.match(await refused.json(), { code: 'MORTISE_SELFTEST_FAILED' })
})

t.test('The policies are printed as docs/policies.md has them', async (t) => {
  const docs = (await mortise(['policy', 'docs'])).stdout.toString()
  t.equal(await readFile(join(packageRoot, 'docs/policies.md'), 'utf8'), docs, 'the page is this')
  const { table, faces } = json(await mortise(['policy', '--json']))
  const text = (await mortise(['policy'])).stdout.toString()
  for (const { name } of table) t.ok(text.includes(name) && docs.includes(`| ${name} |`), name)
  for (const { face, effect } of faces) t.ok(text.includes(effect) && docs.includes(effect), face)
})

t.test('A command obeys the policy that is set', async (t) => {
  const { directory } = await bothWays(t)
  const create = ['keys', 'create', '--algorithm', 'HMAC-SHA-1']
  t.match(await directory(create), { code: 1, stderr: /\(MORTISE_CRYPTO_POLICY\)/ })
})
