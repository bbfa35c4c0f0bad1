/** Moving in from another KMIP server: PyKMIP's, with an object of each kind in each state. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openKeyManager } from '../../lib/core/index.js'
import { MortiseError } from '../../lib/errors/index.js'
import { copyAll, KmipClient } from '../../lib/faces/kmip/index.js'
import { make } from '../15-x509/authority.js'
import { mortise, Served, temporary } from '../80-server/house.js'
import { KmipServer } from './kmip_server.js'
import { isPykmipThere, PykmipServer } from './pykmip_server.js'

if (!isPykmipThere) {
  t.pass('python3-pykmip is not installed', { skip: 'python3-pykmip is not installed' })
  t.end()
  process.exit()
}

const server = await PykmipServer.start(t)
const certificate = make().der
const ids: Record<string, string> = JSON.parse(
  await server.run('pykmip_fill.py', Buffer.from(certificate).toString('hex')),
)
const address = {
  host: '127.0.0.1',
  port: server.port,
  authorities: readFileSync(server.root),
  certificate: readFileSync(server.certificate),
  key: readFileSync(server.key),
}
const directory = await temporary(t)
const keyManager = await openKeyManager({ directory: join(directory, 'data') })
t.teardown(() => keyManager.close())
await keyManager.ensurePrincipal({ name: 'ann', permissions: ['Create', 'Import'] })
const keys = await keyManager.as('ann')
const copy = async (to: Parameters<typeof copyAll>[1] = keys, dryRun = false) => {
  const client = await KmipClient.open(address)
  try {
    return await copyAll(client, to, { source: server.address, dryRun })
  } finally {
    client.close()
  }
}
const seconds = (date: unknown) => Math.floor(Date.parse(String(date)) / 1000)
const count = async () => (await keys.locate({ limit: 1000 })).items.length

t.test('a dry run changes nothing', async (t) => {
  const report = await copy(keys, true)
  t.equal(report.version, '2.0', 'the newest that PyKMIP speaks')
  t.equal(report.copied.length, Object.keys(ids).length)
  t.same(
    report.copied.find(({ id }) => id === ids['fresh']),
    { id: ids['fresh'], name: 'fresh', to: null },
  )
  t.equal(await count(), 0)
})

t.test('a run that is cut short is gone on with, and a third makes nothing twice', async (t) => {
  let left = 3
  const short = new Proxy(keys, {
    get(_, name: keyof typeof keys) {
      const method = keys[name] as (...args: unknown[]) => unknown
      if (name === 'register' && left-- === 0) throw new Error('the power is gone')
      return typeof method === 'function' ? method.bind(keys) : method
    },
  })
  await t.rejects(copy(short), /the power is gone/)
  const before = await count()
  t.ok(before >= 3, 'some are there')

  const { version: _, ...report } = await copy()
  t.equal(report.present.length, before)
  t.equal(report.copied.length, Object.keys(ids).length - 1 - before)
  t.match(report.notCopied, [{ id: ids['blowfish'], why: /keys of Blowfish are not supported/ }])
  const again = await copy()
  t.same([again.copied, again.notCopied], [[], report.notCopied])
  t.equal(await count(), Object.keys(ids).length - 1)
})

t.test('objects are what they were', async (t) => {
  for (const [name, state] of Object.entries({
    fresh: 'PreActive',
    known: 'Active',
    deactivated: 'Deactivated',
    compromised: 'Compromised',
  }))
    t.match(await keys.get(name), {
      state,
      type: 'SymmetricKey',
      algorithm: 'AES',
      usage: ['Encrypt', 'Decrypt'],
    })
  const { material } = await keys.export('known')
  t.same([...material], [...Array(32).keys()])
  t.match(await keys.attributes('known'), {
    AlternativeName: [{ value: ids['active'] }],
    VendorAttribute: [{ vendor: 'import', name: server.address, value: ids['active'] }],
    OriginalCreationDate: /^20/,
  })
  t.match(await keys.attributes('second'), {
    Name: ['first', 'second'],
    AlternativeName: [{ value: ids['named'] }],
  })
  t.match(await keys.attributes('compromised'), { RevocationReason: { reason: 'KeyCompromise' } })
  for (const [name, type, bytes] of [
    ['secret', 'SecretData', Buffer.from('correct horse')],
    ['opaque', 'OpaqueObject', Buffer.of(1, 2)],
    ['certificate', 'Certificate', certificate],
  ] as const) {
    t.equal((await keys.get(name)).type, type)
    t.same(Buffer.from((await keys.export(name)).material), Buffer.from(bytes), name)
  }
  const data = Buffer.from('hello')
  await keys.activate('private')
  await keys.activate('public')
  t.ok(await keys.verify('public', data, await keys.sign('private', data)), 'a pair is one')
})

t.test('a name that is taken', async (t) => {
  const other = await openKeyManager({ directory: join(directory, 'other') })
  t.teardown(() => other.close())
  await other.ensurePrincipal({ name: 'ann', permissions: ['Create', 'Import'] })
  const session = await other.as('ann')
  await session.createKey({ algorithm: 'AES', name: 'fresh' })
  const report = await copy(session)
  t.match(report.incomplete, [{ id: ids['fresh'], why: /the name fresh is taken/ }])
  const fresh = report.copied.find(({ id }) => id === ids['fresh'])
  const { AlternativeName: names } = await session.attributes(String(fresh?.to))
  t.match(names, [{ value: ids['fresh'] }, { value: 'fresh' }])
})

t.test('the command, against a server', async (t) => {
  const options = ['--certificate', server.certificate, '--key', server.key, '--authority', server.root]
  const served = await Served.start(t, await temporary(t))
  const data = ['--url', served.url, '--directory', served.directory]
  const { code, stdout, stderr } = await mortise(['import', 'kmip', server.address, ...options, ...data])
  t.equal(code, 1, stderr)
  t.match(stdout.toString(), /not copied +\d+ +keys of Blowfish/)
  t.match(stdout.toString(), /^KMIP 2\.0: 11 copied, 0 copied before, 1 not copied$/m)
  t.notMatch(stdout.toString(), /incomplete/)
  const compromised = await served.ask('GET', '/admin/v1/keys/compromised')
  t.match(await compromised.json(), { state: 'Compromised', revocationReason: 'KeyCompromise' })
  const wrong = await mortise(['import', 'kmip', '127.0.0.1:1', ...options, ...data])
  t.match(wrong, { code: 1, stderr: /127\.0\.0\.1 port 1 cannot be asked: .*ECONNREFUSED/ })
})

t.test('links and later versions, from a server of ours', async (t) => {
  const source = await KmipServer.start(t)
  const owner = await source.keyManager.as('ann')
  const free = { extractable: true, sensitive: false }
  const pair = await owner.createKeyPair({ algorithm: 'EC', name: 'signing', private: free })
  const old = await owner.createKey({
    algorithm: 'AES',
    name: 'data',
    ...free,
    attributes: { ObjectGroup: ['ours'] },
  })
  const { replacement } = await owner.rekey('data')
  const kept = await owner.createKey({ algorithm: 'AES', name: 'kept' })
  const ended = await owner.createKey({ algorithm: 'AES', name: 'ended', ...free })
  await owner.revoke(ended.id, 'CessationOfOperation')
  const place = { host: 'localhost', port: source.port, authorities: readFileSync(source.files.root) }
  const client = await KmipClient.open({ ...place, certificate: source.client.cert, key: source.client.key })
  t.teardown(() => client.close())
  const own = await openKeyManager({ directory: join(directory, 'own') })
  t.teardown(() => own.close())
  await own.ensurePrincipal({ name: 'ann', permissions: ['Create', 'Import'] })
  const session = await own.as('ann')
  const report = await copyAll(client, session, { source: 'localhost', dryRun: false })
  t.equal(report.version, '2.1')
  t.match(report.notCopied, [{ id: kept.id, why: /NotExtractable/ }])
  const to = (id: string) => report.copied.find((one) => one.id === id)?.to
  const linksOf = async (id: string) => (await session.attributes(String(to(id)), ['Link'])).Link
  t.match(await linksOf(pair.privateKey.id), [{ type: 'publicKey', object: to(pair.publicKey.id) }])
  t.match(await linksOf(pair.publicKey.id), [{ type: 'privateKey', object: to(pair.privateKey.id) }])
  t.match(await linksOf(old.id), [{ type: 'replacement', object: to(replacement.id) }])
  t.match(await session.attributes('data'), { ObjectGroup: ['ours'] })
  const { DeactivationDate: date } = await session.attributes('ended')
  t.equal(seconds(date), seconds((await owner.attributes('ended')).DeactivationDate), 'as it was')
  t.equal((await session.get('ended')).state, 'Deactivated')
  t.same(report.incomplete, [{ id: ended.id, why: 'the revocation reason CessationOfOperation is not kept' }])

  const other = await openKeyManager({ directory: join(directory, 'strict') })
  t.teardown(() => other.close())
  await other.ensurePrincipal({ name: 'ann', permissions: ['Create', 'Import'] })
  const second = await other.as('ann')
  let refused = 0
  const strict = new Proxy(second, {
    get(_, name: keyof typeof second) {
      const method = second[name] as (...args: unknown[]) => unknown
      if (name !== 'register') return typeof method === 'function' ? method.bind(second) : method
      return (input: Parameters<typeof second.register>[0]) => {
        if (!input.attributes?.ObjectGroup) return second.register(input)
        refused++
        throw new MortiseError('MORTISE_INPUT_INVALID', 'no group with a new key')
      }
    },
  })
  const again = await copyAll(client, strict, { source: 'localhost', dryRun: false })
  t.equal(again.copied.length, report.copied.length)
  t.ok(refused > 0)
  t.match(
    await second.attributes('data'),
    { ObjectGroup: ['ours'] },
    'what a new key is not given it is given then',
  )

  const admin = await source.keyManager.as('admin')
  const login = { user: 'carl', password: 'correct horse battery' }
  await admin.createPrincipal({ name: login.user, password: login.password })
  const { cert, key } = source.stranger
  const stranger = { ...place, certificate: cert, key }
  const asked = async (login?: { readonly user: string; readonly password: string }) => {
    const client = await KmipClient.open({ ...stranger, ...(login && { login }) })
    try {
      return await client.ask('Query')
    } finally {
      client.close()
    }
  }
  await t.rejects(asked(), { code: 'MORTISE_KMIP_REFUSED' })
  await t.rejects(asked({ ...login, password: 'wrong' }), { code: 'MORTISE_KMIP_REFUSED' })
  t.ok(await asked(login), 'a password says who asks')
})

t.test('which check of TLS has failed', async (t) => {
  const { der } = make()
  const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
  await t.rejects(KmipClient.open({ ...address, authorities: pem }), {
    code: 'MORTISE_SERVER_UNREACHABLE',
    message: /certificate/,
  })
})
