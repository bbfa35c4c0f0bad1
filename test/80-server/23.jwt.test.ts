import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../lib/server/index.js'
import { Issuer } from '../support/issuer.js'
import { bothWays, json, mortise, Served, temporary } from './house.js'

t.test('issuers of the configuration', async (t) => {
  const one = await Issuer.start(t)
  const two = await Issuer.start(t)
  const three = await Issuer.start(t)
  const { url: three3 } = three
  const whoami = async ({ url }: Served, token: string) => {
    const response = await fetch(`${url}/admin/v1/me`, { headers: { authorization: `Bearer ${token}` } })
    return response.ok ? ((await response.json()) as { name: string }).name : response.status
  }

  const directory = await temporary(t)
  const server = await Served.start(
    t,
    directory,
    ['--jwt-auth-provider', one.url, '--jwt-auth-provider', `${two.url},,mortise`],
    { MORTISE_JWT_AUTH_PROVIDER: three3 },
  )
  t.equal(await whoami(server, await one.token({ audience: 'anybody' })), 'ann@example.org')
  t.equal(await whoami(server, await two.token({ claims: { email: 'bob@example.org' } })), 'bob@example.org')
  t.equal(await whoami(server, await two.token({ audience: 'anybody' })), 401)
  t.equal(await whoami(server, await three.token()), 401, 'flags come first')
  t.match(server.said, /every token of http:\S+ lets its bearer in/)
  t.match(server.said, /unexpected \\"aud\\" claim value/, 'the log has the reason')
  t.match(
    await mortise(['connection', 'list', '--url', server.url], {
      env: { MORTISE_TOKEN: await server.token() },
    }),
    {
      stdout: new RegExp(`${one.url} +oidc +configuration`),
    },
  )
  await server.stop()

  for (const name of ['MORTISE_JWT_AUTH_PROVIDER', 'KMS_JWT_AUTH_PROVIDER']) {
    const again = await Served.start(t, directory, [], {
      [name]: `${one.url};${three3},${three3}/jwks,mortise`,
    })
    t.equal(await whoami(again, await one.token()), 'ann@example.org', 'the same as before')
    t.equal(await whoami(again, await three.token({ claims: { email: `${name}@x.org` } })), `${name}@x.org`)
    t.equal(await whoami(again, await two.token()), 401, 'whoever is not named any more')
    await again.stop()
  }
})

t.test('where they are from, and what they must be', async (t) => {
  const directory = await temporary(t)
  const load = (environment: Record<string, string>, flags = {}) =>
    loadConfig({ flags, environment, workingDirectory: directory })
  const a = 'https://a.example.org'
  const both = load({ MORTISE_JWT_AUTH_PROVIDER: `${a},,x ; ${a}/2;`, KMS_JWT_AUTH_PROVIDER: 'other' })
  t.strictSame(both.settings.jwt.authProvider, [`${a},,x`, `${a}/2`])
  t.equal(both.origins.get('jwt.authProvider'), 'environment MORTISE_JWT_AUTH_PROVIDER')
  await writeFile(join(directory, '.env'), `KMS_JWT_AUTH_PROVIDER=${a}\nMORTISE_JWT_MAXIMUM_BYTES=2000\n`)
  const dotenv = load({})
  t.strictSame(dotenv.settings.jwt, { authProvider: [a], maximumBytes: 2000 })
  t.equal(dotenv.origins.get('jwt.authProvider'), '.env KMS_JWT_AUTH_PROVIDER')
  t.strictSame(dotenv.warnings, [])

  for (const [wrong, why] of [
    ['http://id.example.org', /http: on this machine alone/],
    [',,mortise', /issuer ""/],
    ['https://a.example.org;https://a.example.org', /twice/],
  ] as const) {
    const args = ['serve', '--directory', join(directory, 'data'), '--jwt-auth-provider', wrong]
    t.match(await mortise([...args, '--memory-lock', 'preferred']), { code: 2, stderr: why })
  }
})

t.test('a connection is tried from the command line', async (t) => {
  const issuer = await Issuer.start(t)
  const { directory, url } = await bothWays(t)
  for (const [name, run] of Object.entries({ directory, url })) {
    const create = ['connection', 'create', name, '--kind', 'oidc', '--setting', `issuer=${issuer.url}`]
    t.match(await run([...create, '--registers']), { code: 0 })
    t.match(json(await run(['connection', 'test', name, '--json'])), {
      works: true,
      facts: { keys: [/RS256/] },
    })
    await run(['connection', 'set', name, '--setting', 'issuer=http://127.0.0.1:1'])
    t.match(await run(['connection', 'test', name]), { code: 1, stdout: /cannot be had/ })
    await run(['user', 'link', 'admin', name, 'x'])
    t.match(await run(['connection', 'delete', name]), { code: 1, stderr: /force/ })
    t.match(await run(['connection', 'delete', name, '--force']), { code: 0 })
    t.strictSame(json(await run(['user', 'identities', 'admin', '--json'])), { identities: [], next: null })
  }
})
