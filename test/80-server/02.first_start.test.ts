import { existsSync } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openKeyManager } from '../../lib/core/index.js'
import { firstStart } from '../../lib/server/index.js'
import { Served, temporary } from './house.js'

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8)
}

t.test('The first start makes an administrator, whose secrets only this user reads', async (t) => {
  const directory = join(await temporary(t), 'data')
  const server = await Served.start(t, directory)
  t.equal(await modeOf(directory), '700')
  for (const name of ['admin-password', 'admin-token', 'root-key', 'mortise.db']) {
    t.equal(await modeOf(join(directory, name)), '600', name)
  }
  const password = (await readFile(join(directory, 'admin-password'), 'utf8')).trim()
  const login = await fetch(`${server.url}/admin/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'admin', password }),
  })
  t.equal(login.status, 200)
  t.match(await (await server.ask('GET', '/admin/v1/me')).json(), { name: 'admin', roles: [] })
  t.match(server.said, join(directory, 'admin-token'))
  t.notMatch(server.said, await server.token())
  t.notMatch(server.said, password)
  t.equal(await server.stop(), 0)

  const token = await server.token()
  const second = await Served.start(t, directory, [], { MORTISE_ADMIN_PASSWORD: 'another password' })
  t.equal(await second.token(), token, 'a second start changes nothing')
  t.equal((await second.ask('GET', '/admin/v1/me')).status, 200)
  await second.stop()

  await rm(join(directory, 'admin-token'))
  const third = await Served.start(t, directory)
  t.notOk(existsSync(join(directory, 'admin-token')), 'nor does one without the token file')
  await third.stop()
})

t.test('A password of the configuration is not written anywhere', async (t) => {
  const directory = await temporary(t)
  const password = 'of the configuration'
  const server = await Served.start(t, directory, [], { MORTISE_ADMIN_PASSWORD: password })
  t.notOk(existsSync(join(directory, 'admin-password')))
  const login = await fetch(`${server.url}/admin/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'admin', password }),
  })
  t.equal(login.status, 200)
  t.notMatch(server.said, password)
  await server.stop()
})

t.test('A first start that was cut short is taken up again', async (t) => {
  const directory = await temporary(t)
  const keyManager = await openKeyManager({ directory })
  t.teardown(() => keyManager.close())
  // As a kill leaves it behind the password file and the principal, before the token.
  await writeFile(join(directory, 'first-start'), '')
  await writeFile(join(directory, 'admin-password'), 'was written before\n')
  await keyManager.ensurePrincipal({ name: 'admin', roles: ['administrator'] })
  t.equal(await firstStart(keyManager, directory, undefined), true)
  const credentials = { name: 'admin', password: 'was written before' }
  t.match(await keyManager.authenticate(credentials, { face: 'test', request: '1' }), {
    principal: { name: 'admin' },
  })
  const token = (await readFile(join(directory, 'admin-token'), 'utf8')).trim()
  t.ok(await keyManager.authenticate({ token }, { face: 'test', request: '2' }))
  t.notOk(existsSync(join(directory, 'first-start')))
  t.equal(await firstStart(keyManager, directory, undefined), false)
})
