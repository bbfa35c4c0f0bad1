import t from 'tap'
import { bothWays, json, mortise } from './house.js'

t.test('Principals, tokens, grants and the audit trail as well', async (t) => {
  const { server, directory, url } = await bothWays(t)
  for (const [way, run] of Object.entries({ directory, url })) {
    const who = `${way}@example.org`
    t.match(json(await run(['principal', 'create', who, '--kind', 'service', '--json'])), {
      name: who,
      enabled: true,
    })
    t.match((await run(['principal', 'list'])).stdout.toString(), who)
    await run(['principal', 'password', who], 'correct horse battery\n')
    const login = await mortise(['login', who, '--url', server.url], { input: 'correct horse battery\n' })
    t.match(login.stdout.toString(), /^mrt_/)

    const token = (await run(['token', 'create', '--principal', who, '--days', '1'])).stdout.toString().trim()
    const theirs = (args: readonly string[]) =>
      mortise([...args, '--url', server.url], { env: { MORTISE_TOKEN: token } })
    await run(['keys', 'create', '--name', `for ${who}`])
    t.match(await theirs(['keys', 'get', `for ${who}`]), { code: 1, stderr: /\(MORTISE_KEY_NOT_FOUND\)/ })
    t.match(await run(['grant', 'add', `for ${who}`, 'Get', 'Encrypt', '--principal', who]), { code: 0 })
    t.match(await theirs(['keys', 'get', `for ${who}`]), { code: 0 })
    t.match(
      (await run(['grant', 'list', `for ${who}`])).stdout.toString(),
      new RegExp(`${who} .*Encrypt, Get`),
    )
    t.match(await run(['grant', 'remove', `for ${who}`, '--principal', who]), { code: 0 })
    t.match(await theirs(['keys', 'get', `for ${who}`]), { code: 1 })

    const { tokens } = json(await run(['token', 'list', '--principal', who, '--json']))
    for (const { id } of tokens) t.match(await run(['token', 'revoke', id, '--any']), { code: 0 })
    // What another process revokes, the server hears of when it reads the changes table: every second.
    let listed = await theirs(['keys', 'list'])
    for (let again = 0; listed.code === 0 && again < 20; again++) listed = await theirs(['keys', 'list'])
    t.match(listed, { code: 1, stderr: /\(MORTISE_AUTH_REQUIRED\)/ })
    t.match(json(await run(['principal', 'set', who, '--disable', '--no-permissions', '--json'])), {
      enabled: false,
      permissions: [],
    })
    const { records } = json(
      await run(['audit', 'list', '--operation', 'SetPrincipal', '--limit', '1', '--json']),
    )
    t.match(records, [{ face: way === 'url' ? 'admin' : 'process', principalName: 'admin' }])
    t.match(await run(['audit', 'verify']), { code: 0, stdout: /problems +none/ })
  }
})
