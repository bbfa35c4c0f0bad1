/** Programs that are registered on the command line and get tokens from a server. */
import t from 'tap'
import { bothWays, json } from './house.js'

t.test('A client is added, used, given another secret, disabled and removed', async (t) => {
  const { server, directory, url } = await bothWays(t, ['--faces-oauth', 'true'])
  const ask = async (id: string, secret: string) => {
    const answer = await fetch(`${server.url}/realms/mortise/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: id,
        client_secret: secret,
      }),
    })
    const { access_token: token = '' } = (await answer.json()) as { access_token?: string }
    const me = await fetch(`${server.url}/admin/v1/me`, { headers: { authorization: `Bearer ${token}` } })
    return [answer.status, me.status]
  }
  const name = 'openg2p'
  t.equal((await url(['group', 'create', 'KEYMANAGER_ADMIN'])).code, 0)
  const asked = ['client', 'add', name, '--group', 'KEYMANAGER_ADMIN', '--token-lifetime', '300']
  const made = (await url(asked)).stdout.toString()
  const [, secret = ''] = /^client_secret +(mrs_\S+)$/m.exec(made) ?? []
  t.match(made, /^client_id +openg2p$/m)
  t.strictSame(await ask(name, secret), [200, 200])
  t.match((await url(['client', 'list'])).stdout.toString(), name)

  const again = json(await url(['client', 'rotate-secret', name, '--overlap-hours', '1', '--json']))
  t.strictSame(await ask(name, secret), [200, 200])
  t.strictSame(await ask(name, again.secret.text), [200, 200])
  const shown = (await url(['client', 'show', name])).stdout.toString()
  t.match(shown, /tokenLifetime +300/)
  t.equal(shown.match(/^[0-9a-f]{32} /gm)?.length, 2)
  t.notMatch(shown, secret)

  // Another process.
  t.equal((await directory(['client', 'disable', name])).code, 0)
  t.strictSame(await ask(name, secret), [401, 401])
  t.equal((await directory(['client', 'enable', name])).code, 0)
  t.strictSame(await ask(name, secret), [200, 200])
  t.equal((await url(['client', 'renew-key'])).code, 0)
  t.equal((await url(['client', 'remove', name])).code, 0)
  t.strictSame(await ask(name, secret), [401, 401])
  const nobody = await url(['client', 'disable', 'admin'])
  t.match(nobody.stderr, /MORTISE_OAUTH_CLIENT_NOT_FOUND/)
})
