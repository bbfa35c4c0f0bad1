import t from 'tap'
import { bothWays, json, mortise } from './house.js'

t.test('Users, identities, connections, policies and sessions', async (t) => {
  const { server, directory, url } = await bothWays(t)
  for (const [way, run] of Object.entries({ directory, url })) {
    const who = `${way}@example.org`
    const made = ['user', 'create', who, '--full-name', `Of ${way}`, '--email', who, '--password', '--json']
    t.match(json(await run(made, 'correct horse battery\n')), { name: who })
    t.match(json(await run(['user', 'list', '--email', who.toUpperCase(), '--json'])), {
      total: 1,
      users: [{ name: who, fullName: `Of ${way}` }],
    })
    t.match(await run(['user', 'list', '--limit', '1']), { code: 0, stderr: /--skip 1/ })
    const set = ['--expires', '2100-01-01', '--method', 'password', '--user-metadata', '{"a":1}']
    t.match(await run(['user', 'set', who, ...set]), { code: 0 })
    t.match(await run(['user', 'get', who]), { stdout: /expires +2100-01-01T00:00:00.000Z/ })
    t.match(await run(['user', 'set', who, '--user-metadata', '[]']), { code: 2 })

    const corp = `${way}-corp`
    const settings = ['--setting', 'issuer=https://id.example.org', '--setting', 'audiences=["a"]']
    const create = ['connection', 'create', corp, '--kind', 'oidc', ...settings, '--registers', '--json']
    t.match(json(await run([...create, '--map', 'cn=clerks,dc=x=Audit Admins'])), {
      registers: true,
      settings: { issuer: 'https://id.example.org', audiences: ['a'] },
      groups: { 'cn=clerks,dc=x': /^00000000-/ },
    })
    t.match(json(await run(['connection', 'set', corp, '--no-registers', '--json'])), { registers: false })
    t.match(await run(['connection', 'list']), { stdout: new RegExp(`local_account[\\s\\S]*${corp} +oidc`) })
    t.match(await run(['user', 'link', who, corp, 'x|1']), { code: 0 })
    t.match(await run(['user', 'identities', who]), { stdout: new RegExp(`${corp} +x\\|1`) })
    t.match(await run(['connection', 'delete', corp]), { code: 1, stderr: /\(MORTISE_CONNECTION_IN_USE\)/ })
    t.match(await run(['user', 'unlink', corp, 'x|1']), { code: 0 })
    t.match(await run(['connection', 'delete', corp]), { code: 0 })

    const policy = `${way}-policy`
    const fields = ['--minimum-length', '20', '--history', '3', '--lockout', '5in15', '--json']
    t.match(json(await run(['password-policy', 'create', policy, ...fields])), {
      minimumLength: 20,
      history: 3,
      lockoutThresholds: [0, 0, 0, 0, 15],
      lockoutWindowMinutes: 15,
    })
    t.match(json(await run(['password-policy', 'set', policy, '--lockout', '0,60', '--json'])), {
      lockoutThresholds: [0, 60],
    })
    t.match(await run(['password-policy', 'list']), {
      stdout: new RegExp(`global[\\s\\S]*${policy} +20-1024`),
    })
    t.match(await run(['user', 'set', who, '--policy', policy]), { code: 0 })

    const logIn = (input: string) => mortise(['login', who, '--url', server.url], { input })
    t.match(await logIn('correct horse battery\n'), { code: 0, stdout: /^mrt_/ })
    const { sessions } = json(await run(['session', 'list', '--principal', who, '--json']))
    t.match(sessions, [{ label: 'login', factors: [{ method: 'password' }] }])
    t.match(await run(['session', 'end', sessions[0].id, '--any']), { code: 0 })
    t.match(json(await run(['session', 'list', '--principal', who, '--json'])), { sessions: [] })
    for (let failures = 0; failures < 2; failures++) t.match(await logIn('wrong\n'), { code: 1 })
    t.match(await run(['report']), { stdout: new RegExp(`Locked:\\n[\\s\\S]*${who}`) })
    t.match(await run(['user', 'unlock', who]), { code: 0 })
    t.match(await logIn('correct horse battery\n'), { code: 0 })
    const soon = new Date(Date.now() + 86_400_000).toISOString()
    t.match(await run(['user', 'set', who, '--expires', soon]), { code: 0 })
    const report = json(await run(['report', '--within', '7d', '--json']))
    t.match(report, { locked: [], expiring: [{ name: who }], neverLoggedIn: [{ name: 'admin' }], keys: [] })
    t.match(await run(['user', 'delete', who]), { code: 0 })
    t.match(await run(['password-policy', 'delete', policy]), { code: 0 })
  }
})
