import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { configurationDocs, entries, loadConfig, showConfig } from '../../lib/server/index.js'
import { packageRoot } from '../support/package_root.js'
import { mortise, temporary } from './house.js'

const nowhere = { flags: {}, environment: {}, workingDirectory: '/nonexistent' }

t.test('Without anything said, the defaults', async (t) => {
  const { settings, origins, warnings } = loadConfig(nowhere)
  t.match(settings, {
    directory: './mortise-data',
    http: { host: '127.0.0.1', port: 9998, trustedProxies: [] },
    login: 'token',
    memory: { lock: 'required' },
    limits: { body: 2 ** 20 },
  })
  t.equal(origins.get('http.port'), 'default')
  t.same(warnings, [])
})

t.test('Flags before environment before .env before file before defaults', async (t) => {
  const workingDirectory = await temporary(t)
  const file = join(workingDirectory, 'mortise.json')
  await writeFile(
    file,
    JSON.stringify({ http: { port: 4 }, lease: { seconds: 4 }, audit: { sync: 'always' } }),
  )
  await writeFile(
    join(workingDirectory, '.env'),
    `MORTISE_HTTP_PORT=3\nMORTISE_LEASE_SECONDS=3\nMORTISE_CONFIG=${file}\n`,
  )
  const environment = { MORTISE_HTTP_PORT: '2' }
  const at = (flags: Record<string, string>, environment: Record<string, string>) => {
    const { settings, origins } = loadConfig({ flags, environment, workingDirectory })
    return [settings.http.port, origins.get('http.port')]
  }
  t.same(at({ '--http-port': '1' }, environment), [1, 'flag --http-port'])
  t.same(at({}, environment), [2, 'environment MORTISE_HTTP_PORT'])
  t.same(at({}, {}), [3, '.env MORTISE_HTTP_PORT'])
  const { settings } = loadConfig({ ...nowhere, file })
  t.match(settings, { http: { port: 4 }, lease: { seconds: 4 }, audit: { sync: 'always' } })
})

t.test('Secrets come from a variable or a file that one names', async (t) => {
  const directory = await temporary(t)
  const file = join(directory, 'password')
  await writeFile(file, 'from a file\n')
  const passwordWith = (environment: Record<string, string>) =>
    loadConfig({ ...nowhere, environment }).settings.admin.password
  t.equal(passwordWith({ MORTISE_ADMIN_PASSWORD_FILE: file }), 'from a file')
  t.equal(passwordWith({ MORTISE_ADMIN_PASSWORD: 'itself', MORTISE_ADMIN_PASSWORD_FILE: file }), 'itself')
  t.throws(() => passwordWith({ MORTISE_ADMIN_PASSWORD_FILE: join(directory, 'missing') }), {
    code: 'MORTISE_CONFIG_INVALID',
    message: /MORTISE_ADMIN_PASSWORD_FILE \(admin.password\).*missing/,
  })
  t.same(
    entries.filter(({ secret, flag }) => secret && flag !== undefined),
    [],
    'no secret has a flag',
  )
})

t.test('A wrong value is refused by entry and source', async (t) => {
  for (const [environment, message] of [
    [
      { MORTISE_HTTP_PORT: 'ninety' },
      'http.port must be a whole number from 0 to 65535: "ninety" (set by environment MORTISE_HTTP_PORT)',
    ],
    [{ MORTISE_HTTP_PORT: '70000' }, /^http.port must be a whole number .*: 70000/],
    [{ MORTISE_LOGIN: 'maybe' }, /^login must be one of token, none: "maybe"/],
    [{ MORTISE_FACES_ADMIN: 'yes' }, /^faces.admin must be true or false/],
    [{ MORTISE_DIRECTORY: '' }, /^directory must be a text/],
  ] as const) {
    t.throws(() => loadConfig({ ...nowhere, environment }), { code: 'MORTISE_CONFIG_INVALID', message })
  }
  const secret = { MORTISE_ROOT_KEY_HEX: '' }
  t.throws(() => loadConfig({ ...nowhere, environment: secret }), { message: /^rootKey.hex [^:]*\(set by/ })
})

t.test('What means nothing is a warning with what was meant', async (t) => {
  const directory = await temporary(t)
  const file = join(directory, 'mortise.json')
  await writeFile(file, '{"http":{"prot":1},"colour":"red"}')
  const environment = {
    MORTISE_HTP_PORT: '1',
    MORTISE_ADMIN_PASWORD: 'x',
    MORTISE_URL: 'http://x',
    HOME: '/',
  }
  t.same(loadConfig({ ...nowhere, environment, file }).warnings, [
    'MORTISE_HTP_PORT (environment) means nothing: did you mean MORTISE_HTTP_PORT?',
    'MORTISE_ADMIN_PASWORD (environment) means nothing: did you mean MORTISE_ADMIN_PASSWORD?',
    `the entry http.prot of ${file} means nothing`,
    `the entry colour of ${file} means nothing`,
  ])
})

t.test('A file that cannot be read, or is none, is refused', async (t) => {
  const directory = await temporary(t)
  const file = join(directory, 'mortise.json')
  t.throws(() => loadConfig({ ...nowhere, file }), {
    code: 'MORTISE_CONFIG_INVALID',
    message: /cannot be read/,
  })
  await writeFile(file, '{')
  t.throws(() => loadConfig({ ...nowhere, file }), { message: /is not valid JSON/ })
})

t.test('Help, documentation and the shown configuration come from the one schema', async (t) => {
  const docs = configurationDocs()
  const help = (await mortise(['serve', '--help'])).stdout.toString()
  for (const { path, flag, variable, schema } of entries) {
    t.ok(schema.description, `${path} says what it is`)
    t.ok(docs.includes(`| \`${path}\` |`) && docs.includes(variable), `${path} is documented`)
    t.ok(help.includes(flag ?? variable), `${path} is in --help`)
  }
  t.equal((await mortise(['config', 'docs'])).stdout.toString(), docs)
  t.equal(await readFile(join(packageRoot, 'docs/configuration.md'), 'utf8'), docs, 'the page is this')

  const environment = { MORTISE_ROOT_KEY_PASSPHRASE: 'swordfish swordfish' }
  const shown = showConfig(loadConfig({ ...nowhere, environment }))
  t.match(
    shown.find(({ entry }) => entry === 'rootKey.passphrase'),
    { value: '********', origin: 'environment MORTISE_ROOT_KEY_PASSPHRASE' },
  )
  const printed = await mortise(['config', 'show'], { env: environment })
  t.notMatch(printed.stdout.toString(), /swordfish/)
})
