/** What an integration needs: the face switched on, and a user made for it. */
import t from 'tap'
import { bothWays, json, mortise, Served, temporary } from './house.js'

t.test('init makes a user whose login works, on a directory and against a server', async (t) => {
  const { server, directory, url } = await bothWays(t, ['--faces-ciphertrust', 'true'])
  const grant = async (base: string, username: string, password: string) =>
    fetch(`${base}/api/v1/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'password', username, password }),
    })
  const made = json(await url(['ciphertrust', 'init', '--json']))
  t.match(made, { serverUrl: server.url, username: 'integration', password: /^.{28}$/ })
  const login = await grant(made.serverUrl, made.username, made.password)
  t.equal(login.status, 200)
  const { jwt } = (await login.json()) as { jwt: string }
  const groups = await fetch(`${server.url}/api/v1/usermgmt/groups/`, {
    headers: { authorization: `Bearer ${jwt}` },
  })
  t.equal(groups.status, 200, 'it may do what the test button does')

  const again = await directory(['ciphertrust', 'init'])
  t.match(again, {
    code: 0,
    stdout: /^Server URL {2}http:\/\/127\.0\.0\.1:9998\nUsername {4}integration\nPassword {4}\S{28}\n$/,
  })
  t.match(again.stderr, '--faces-ciphertrust true', 'the configuration here does not switch it on')
  const [, password = ''] = /Password {4}(\S+)/.exec(again.stdout.toString()) ?? []
  t.equal(
    (await grant(server.url, made.username, made.password)).status,
    401,
    'the password before is none any more',
  )
  t.equal((await grant(server.url, made.username, password)).status, 200)

  const other = json(await directory(['ciphertrust', 'init', '--username', 'xsoar', '--json']))
  t.equal((await grant(server.url, 'xsoar', other.password)).status, 200)
})

t.test('The Server URL is that of the configuration', async (t) => {
  const directory = await temporary(t)
  const env = {
    MORTISE_HTTP_PORT: '8443',
    MORTISE_HTTP_HOST: '::1',
    MORTISE_TLS_CERTIFICATE: 'x.pem',
    MORTISE_TLS_KEY: 'y.pem',
    MORTISE_FACES_CIPHERTRUST: 'true',
  }
  const ran = await mortise(['ciphertrust', 'init', '--directory', directory, '--json'], { env })
  t.match(json(ran), { serverUrl: 'https://[::1]:8443' })
  t.notMatch(ran.stderr, 'is off')
})

t.test('The face is off unless the configuration says so', async (t) => {
  const server = await Served.start(t, await temporary(t))
  t.equal((await server.ask('GET', '/api/v1/usermgmt/groups')).status, 404)
})
