/** What the keyservice keeps: from whom, for how long, and how it comes back. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type KeyManager, openKeyManager } from '../../lib/core/index.js'
import { bothWays, json } from '../80-server/house.js'
import { openDatabase } from '../support/database.js'
import { hashOf, keyserviceOf, newService, sessionist } from '../support/keyservice.js'
import { Parties } from './keyservice.js'

const secret = 'what nobody but the user may see'
/** The only objects of a store that the keyservice has. */
function blobsIn(directory: string): { id: string; name: string | null; state: string }[] {
  const database = openDatabase(join(directory, 'mortise.db'))
  try {
    return database
      .prepare("SELECT id, name, state FROM objects WHERE purpose = 'private' AND type = 'OpaqueObject'")
      .all() as { id: string; name: string | null; state: string }[]
  } finally {
    database.close()
  }
}

async function directoryOf(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mortise-keyservice-'))
  t.teardown(() => rm(directory, { recursive: true }))
  return directory
}

/** A user of a service, in process. */
async function userOf(km: KeyManager, userId = '347') {
  const host = km.asHost()
  const service = await host.addKeyserviceService(newService(`service-${randomBytes(4).toString('hex')}`))
  const keyservice = await keyserviceOf(km)
  const connected = async (initToken: string) => keyservice.connect(service, initToken, userId)
  const client = await connected(await keyservice.init())
  const on = async (km: KeyManager) => {
    const there = await keyserviceOf(km)
    return { put: (text: string) => there.put(client, text), get: () => there.get(client) }
  }
  return { ...(await on(km)), on, host, service, keyservice, connected }
}

t.test('Nobody else reads it: no face, no role, no administrator', async (t) => {
  const parties = await Parties.open(t, { '--faces-kmip': 'true' })
  const { face } = parties
  const client = await parties.client()
  await parties.send(client, 'PUT', '/key', secret)
  const admin = await face.keyManager.as('admin')
  const { records } = await admin.audit({ operation: 'KeyservicePut', limit: 1 })
  const id = records[0]?.object ?? ''
  t.ok(id)
  for (const purpose of ['Get', 'Destroy', 'Revoke'] as const)
    t.ok(await admin.may(purpose, id), `a role allows ${purpose}`)
  const refused = { code: 'MORTISE_KEY_PURPOSE' }
  await t.rejects(admin.get(id), refused)
  await t.rejects(admin.destroy(id), refused)
  await t.rejects(admin.revoke(id), refused)
  await t.rejects(admin.archive(id), refused)
  await t.rejects(admin.getAttributes(id), refused)
  await t.rejects(admin.grant(id, { principal: 'admin' }, ['Export']), refused)
  await t.rejects(admin.export(id), { code: 'MORTISE_ACCESS_DENIED' })
  const service = await face.keyManager.as('realservice-1')
  for (const asking of [
    service,
    await face.keyManager.as((await face.keyManager.ensurePrincipal({ name: 'ann' })).id),
  ]) {
    await t.rejects(asking.export(id), { code: 'MORTISE_KEY_NOT_FOUND' })
    await t.rejects(asking.get(id), { code: 'MORTISE_KEY_NOT_FOUND' })
  }
  for (const someone of [admin, face.keyManager.asHost(), service])
    t.same((await someone.locate({ limit: 1000 })).items, [], 'nor is it found')
  t.match(await face.admin('GET', `/keys/${id}`), { status: 403 })
  t.match(await face.admin('POST', `/keys/${id}/export`, { body: {} }), { status: 403 })
  await t.rejects(face.keyManager.as('keyservice'), { code: 'MORTISE_PRINCIPAL_NOT_FOUND' }, 'nobody is it')
})

t.test('Every request is on the trail, and of its user nothing', async (t) => {
  const parties = await Parties.open(t)
  const client = await parties.client('somebody@example.org')
  await parties.send(client, 'PUT', '/key', secret)
  await parties.send(client, 'GET', '/key')
  await parties.send({ ...client, secret: 'x' }, 'GET', '/key')
  const { records } = await (await parties.face.keyManager.as('admin')).audit({ limit: 100 })
  const trail = records.filter(({ face }) => face === 'keyservice').reverse()
  t.match(trail, [
    { operation: 'KeyserviceIndex' },
    { operation: 'KeyserviceInit', principalName: 'keyservice', address: '127.0.0.1' },
    {
      operation: 'KeyserviceConnect',
      principalName: 'realservice-1',
      detail: { namespace: 'my_cool_website' },
    },
    { operation: 'KeyservicePut', principalName: 'keyservice', object: /./ },
    { operation: 'KeyserviceGet', object: /./, detail: { namespace: 'my_cool_website', session: /./ } },
    {
      operation: 'Authenticate',
      outcome: 'denied',
      detail: { method: 'sessionist', reason: 'wrong signature' },
    },
  ])
  const text = JSON.stringify(records)
  for (const hidden of ['somebody', client.keyId, client.secret, parties.service.secret, secret])
    t.notOk(text.includes(hidden))
})

t.test('The store shows neither users nor tokens, and what it keeps is bound to its place', async (t) => {
  const directory = await directoryOf(t)
  const km = await openKeyManager({ directory })
  const user = await userOf(km, 'somebody@example.org')
  await user.put(secret)
  await user.put('another')
  await km.close()
  const database = openDatabase(join(directory, 'mortise.db'))
  const rows = JSON.stringify([
    database.prepare('SELECT * FROM records').all(),
    database.prepare('SELECT * FROM objects').all(),
  ])
  const inLatin1 = rows + database.serialize().toString('latin1')
  for (const hidden of ['somebody', secret, user.service.secret]) t.notOk(inLatin1.includes(hidden), hidden)
  database.prepare("UPDATE objects SET version = version + 1 WHERE purpose = 'private'").run()
  database.close()
  const again = await openKeyManager({ directory })
  t.teardown(() => again.close())
  await t.rejects(
    user.on(again).then((there) => there.get()),
    { code: 'MORTISE_BARRIER_INTEGRITY' },
  )
})

t.test('Sessions and nonces outlive the process, and hold in all processes of a store', async (t) => {
  const directory = await directoryOf(t)
  const [km, other] = [await openKeyManager({ directory }), await openKeyManager({ directory })]
  const user = await userOf(km)
  const elsewhere = await user.on(other)
  await user.put('one')
  t.equal(await elsewhere.get(), 'one')
  await elsewhere.put('two')
  t.equal(await user.get(), 'two', 'what another process has put')
  const init = await user.keyservice.init()
  t.ok(await user.connected(init))
  await other.asHost().forgetKeyservice('site', '347')
  await t.rejects(user.get(), { code: 'MORTISE_AUTH_REQUIRED' }, 'forgotten elsewhere')
  await t.rejects(user.put('three'), { code: 'MORTISE_AUTH_REQUIRED' })
  await other.close()
  const later = await userOf(km, '348')
  await later.put('kept')
  await km.close()
  const again = await openKeyManager({ directory })
  t.teardown(() => again.close())
  t.equal(await (await later.on(again)).get(), 'kept')
})

t.test('The last versions are kept: one is restored, and all are forgotten', async (t) => {
  const directory = await directoryOf(t)
  const km = await openKeyManager({ directory })
  t.teardown(() => km.close())
  const user = await userOf(km)
  const [put, get, host] = [user.put, user.get, user.host]
  await t.rejects(host.restoreKeyservice('site', '347'), { code: 'MORTISE_KEY_NOT_FOUND' })
  await put('1')
  await t.rejects(
    host.restoreKeyservice('site', '347'),
    { code: 'MORTISE_KEY_NOT_FOUND' },
    'there was none before',
  )
  for (const text of ['2', '3', '4']) await put(text)
  const restored = await host.restoreKeyservice('site', '347')
  t.match(restored, { restored: 3, version: 5, older: [{ version: 2 }, { version: 3 }] })
  t.equal(await get(), '3')
  await t.rejects(host.restoreKeyservice('site', '347', 1), { code: 'MORTISE_KEY_NOT_FOUND' }, 'too old')
  t.match(await host.restoreKeyservice('site', '347', 4), { restored: 4 }, 'what it was put in the place of')
  t.equal(await get(), '4')
  await put('5')
  t.match(await host.restoreKeyservice('site', '347'), { older: { length: 2 } }, 'as many as are configured')

  await km.ensurePrincipal({ name: 'ann' })
  const ann = await km.as('ann')
  await t.rejects(ann.restoreKeyservice('site', '347'), { code: 'MORTISE_ACCESS_DENIED' })
  await t.rejects(ann.forgetKeyservice('site', '347'), { code: 'MORTISE_ACCESS_DENIED' })
  const input = { keyId: 'hers', namespaces: ['site'], allowFrom: ['::1'] }
  await t.rejects(ann.addKeyserviceService(input), { code: 'MORTISE_ACCESS_DENIED' })

  t.match(await host.forgetKeyservice('site', '347'), { sessions: 1 })
  await t.rejects(get(), { code: 'MORTISE_AUTH_REQUIRED' })
  t.match(blobsIn(directory), [{ name: null, state: 'Destroyed' }])
  const database = openDatabase(join(directory, 'mortise.db'))
  const left = database.prepare("SELECT key FROM records WHERE namespace = 'keyservice-version'").all()
  database.close()
  t.same(left, [])
  await t.rejects(host.forgetKeyservice('site', '347'), { code: 'MORTISE_KEY_NOT_FOUND' })
  await t.rejects(host.restoreKeyservice('site', '347'), { code: 'MORTISE_KEY_NOT_FOUND' })
})

t.test('The commands, on a directory and against a server', async (t) => {
  const { server, directory, url } = await bothWays(t, ['--faces-keyservice', 'true'])
  const add = [
    'keyservice',
    'add-service',
    'site',
    '--namespace',
    'site',
    'shop',
    '--from',
    '127.0.0.1',
    '::1',
    '--json',
  ]
  const service = json(await url(add))
  t.match(service, { keyId: 'site', secret: /^[\w-]{43}$/ })
  const second = await directory([
    'keyservice',
    'add-service',
    'shop',
    '--namespace',
    'shop',
    '--from',
    '::1',
  ])
  t.match(second, { code: 0, stderr: /keyservice is off/ })
  const send = async (by: { keyId: string; secret: string }, method: string, path: string, payload = '') =>
    fetch(server.url + path, {
      method,
      headers: sessionist({ ...by, method, path, payload }),
      ...(payload && { body: payload }),
    })
  const { initToken } = (await (await fetch(`${server.url}/init`, { method: 'POST' })).json()) as {
    initToken: string
  }
  const body = JSON.stringify({ namespace: 'shop', userId: 'ann', initTokenHash: hashOf(initToken) })
  const { sessionToken } = (await (await send(service, 'POST', '/connect', body)).json()) as {
    sessionToken: string
  }
  const client = { keyId: sessionToken, secret: initToken }
  for (const text of ['right', 'wrong']) t.equal((await send(client, 'PUT', '/key', text)).status, 200)
  t.match(json(await url(['keyservice', 'restore', 'shop', 'ann', '--json'])), { restored: 1, version: 3 })
  t.equal(await (await send(client, 'GET', '/key')).text(), 'right')
  const again = await directory(['keyservice', 'restore', 'shop', 'ann', '--key-version', '2'])
  t.match(again.stdout.toString(), /version 2 is back, as version 4/)
  t.match(await directory(['keyservice', 'restore', 'shop', 'bob']), { code: 1, stderr: /nothing is kept/ })
  t.match(json(await url(['keyservice', 'forget', 'shop', 'ann', '--json'])), { sessions: 1 })
  t.equal((await send(client, 'GET', '/key')).status, 401)
  t.equal(await server.stop(), 0)
})
