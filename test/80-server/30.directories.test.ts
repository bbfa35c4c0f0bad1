import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../support/clock.js'
import { passwordOf, person, reader, Slapd, slapdIsThere, suffix } from '../support/slapd.js'
import { bothWays, json, mortise, temporary } from './house.js'

t.test('A directory', { skip: !slapdIsThere && 'slapd is not installed' }, async (t) => {
  const slapd = await Slapd.start(t)
  await slapd.add(`uid=ann,ou=people,${suffix}`, person('ann'))
  const authorities = join(await temporary(t), 'authorities.pem')
  await writeFile(authorities, slapd.certificate)
  const { server, directory, url } = await bothWays(t)
  for (const [way, run] of Object.entries({ directory, url })) {
    const corp = `${way}-corp`
    const settings = {
      ...{ url: slapd.ldap, bindDn: reader.dn, userBase: `ou=people,${suffix}` },
      authorities: slapd.certificate,
    }
    const given = Object.entries(settings).flatMap(([name, value]) => ['--setting', `${name}=${value}`])
    const create = ['connection', 'create', corp, '--kind', 'ldap', ...given, '--registers']
    t.match(await run([...create, '--secret'], `${reader.password}\n`), { code: 0 })
    t.notMatch((await run(['connection', 'get', corp])).stdout.toString(), reader.password)
    const test = (...more: string[]) => run(['connection', 'test', corp, ...more])
    t.match(await test(), { code: 0, stdout: /bind +yes +as cn=reader/ })
    t.match(await test('--user', 'ann'), {
      code: 0,
      stdout: /person +yes +uid=ann,.*\n.*\n.*\nemail +yes +ann@/,
    })
    t.match(await test('--user', 'nobody'), { code: 1, stdout: /person +NO +nobody below/ })
    t.match(json(await run(['connection', 'test', corp, '--json'])), {
      ok: true,
      findings: [{ check: 'connect' }, {}],
    })

    const logIn = (input: string) =>
      mortise(['login', 'ann', '--connection', corp, '--url', server.url], { input })
    t.match(await logIn(`${passwordOf('ann')}\n`), { code: 0, stdout: /^mrt_/ })
    t.match(await logIn('wrong\n'), { code: 1, stderr: /not valid \(MORTISE_AUTH_REQUIRED\)/ })
    await run(['connection', 'set', corp, '--secret'], 'another\n')
    // The server hears of it within a second.
    await until(async () => (await logIn(`${passwordOf('ann')}\n`)).code !== 0)
    t.match(await logIn(`${passwordOf('ann')}\n`), { code: 1, stderr: /\(MORTISE_CONNECTION_UNAVAILABLE\)/ })
    t.match(await test(), { code: 1, stdout: /bind +NO +the directory does not take bindDn/ })
  }
  t.match(server.said, /does not take bindDn/, 'the log has the cause')
  t.notMatch(server.said, passwordOf('ann'))
})
