import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { json, mortise, Served, temporary } from './house.js'

t.test('Two servers that start on one new directory at once share one administrator', async (t) => {
  for (let round = 0; round < 3; round++) {
    const directory = join(await temporary(t), 'new')
    const [one, two] = await Promise.all([Served.start(t, directory), Served.start(t, directory)])
    const files = (await readdir(directory)).sort()
    t.same(
      files.filter((name) => !name.startsWith('mortise.db')),
      ['admin-password', 'admin-token', 'root-key'],
      'one root key, one password, one token, and no start that is not finished',
    )
    const token = (await readFile(join(directory, 'admin-token'), 'utf8')).trim()
    const password = (await readFile(join(directory, 'admin-password'), 'utf8')).trim()
    const made = await one.ask('POST', '/admin/v1/keys', { algorithm: 'AES', name: 'of one' })
    t.equal(made.status, 201, 'the token that is left is good')
    for (const { url } of [one, two]) {
      const headers = { authorization: `Bearer ${token}` }
      t.equal((await fetch(`${url}/admin/v1/keys/of%20one`, { headers })).status, 200, 'at both')
      const login = await fetch(`${url}/admin/v1/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'admin', password }),
      })
      t.equal(login.status, 200, 'and so is the password')
    }
    const list = json(await mortise(['principal', 'list', '--json', '--directory', directory]))
    t.same(
      list.principals.map(({ name }: { name: string }) => name),
      ['admin'],
    )
    t.equal(await one.stop(), 0)
    t.equal(await two.stop(), 0)
    t.match(await mortise(['audit', 'verify', '--directory', directory]), { code: 0 })
  }
})
