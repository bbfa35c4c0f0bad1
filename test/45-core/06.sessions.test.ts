import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openKeyManager } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'
import { Remote } from '../support/remote.js'

t.test('the example of the README', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'mortise-test-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const plaintext = Buffer.from('1 hammer, 12.50')
  const aad = Buffer.from('invoice 7')
  const records = [Buffer.from('one'), Buffer.from('two')]
  const digests = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]

  const km = await openKeyManager({ directory })
  await km.ensurePrincipal({ name: 'billing@example.org' })
  const me = await km.as('billing@example.org')
  const key = await me.createKey({ algorithm: 'AES', length: 256, name: 'invoices' })
  const box = await me.encrypt(key.id, plaintext, { aad })
  t.same(await me.decrypt('invoices', box, { aad }), plaintext)
  const aead = await me.openCipher(key.id, ['encrypt', 'decrypt'])
  t.same(aead.openBatch(aead.sealBatch(records)), records)
  const { privateKey, publicKey } = await me.createKeyPair({ algorithm: 'EC' })
  const signatures = await (await me.openSigner(privateKey.id, { digested: true })).signBatch(digests)
  for (const [i, signature] of signatures.entries()) {
    t.ok(await me.verify(publicKey.id, digests[i] ?? box, signature, { digested: true }))
  }
  await km.close()
})

t.test('everything is done as somebody who is registered', async (t) => {
  const { km } = await KeyHouse.build(t)
  await t.rejects(km.as('nobody'), {
    code: 'MORTISE_PRINCIPAL_NOT_FOUND',
    message: 'no principal nobody is registered',
  })
  const ann = await km.ensurePrincipal({ name: 'ann' })
  t.strictSame(
    await km.ensurePrincipal({ name: 'ann', roles: ['administrator'] }),
    ann,
    'who is there stays as is',
  )
  t.strictSame((await km.as('ann')).principal, ann)
  t.strictSame((await km.as(ann.id)).principal, ann)
})

t.test('of many that register somebody at once, all get the same', async (t) => {
  const house = await KeyHouse.build(t)
  const managers = [house.km, await house.open()]
  const registered = await Promise.all(
    Array.from({ length: 20 }, (_, i) => managers[i % 2]?.ensurePrincipal({ name: 'ann' })),
  )
  t.equal(new Set(registered.map((one) => one?.id)).size, 1)
})

t.test('a token or a password opens a session, until it ends', async (t) => {
  const house = await KeyHouse.build(t)
  const { km } = house
  const ann = await house.as('ann')
  const administrator = await house.administrator()
  const door = { face: 'admin', request: 'request-1' }
  const password = 'correct horse battery'
  await administrator.setPassword('ann', password)
  const { text, id } = await ann.createToken({ label: 'laptop' })
  for (const credentials of [{ token: text }, { name: 'ann', password }]) {
    const session = await km.authenticate(credentials, door)
    t.strictSame(session.principal, ann.principal)
    await session.random(1)
  }
  const { records } = await administrator.audit({ operation: 'RNGRetrieve' })
  t.match(records, [{ ...door, principalName: 'ann' }, door])

  const refused = { code: 'MORTISE_AUTH_REQUIRED', message: 'credentials are missing or not valid' }
  await ann.revokeToken(id)
  await t.rejects(km.authenticate({ token: text }, door), refused)
  await t.rejects(km.authenticate({ name: 'ann', password: `${password}.` }, door), refused)
  await t.rejects(km.authenticate({ name: 'nobody', password }, door), refused)
  await administrator.setPrincipal('ann', { enabled: false })
  await t.rejects(km.authenticate({ name: 'ann', password }, door), refused)
})

t.test(
  'a token is recognised without waiting once it has proved itself, and never longer than it is good',
  async (t) => {
    let now = Date.now()
    const house = await KeyHouse.build(t, { clock: { now: () => now } })
    const { km } = house
    const ann = await house.as('ann')
    const administrator = await house.administrator()
    const door = { face: 'admin', request: 'request-1' }
    const { text, id } = await ann.createToken({ expires: now + 1000 })
    const last = (token: string) => token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A')

    t.equal(km.recognise(text, door), undefined, 'not before it was proved')
    await km.authenticate({ token: text }, door)
    t.strictSame(km.recognise(text, door)?.principal, ann.principal)
    t.equal(km.recognise(last(text), door), undefined, 'the same id with another secret')
    t.equal(km.recognise('', door), undefined)
    now += 1000
    t.equal(km.recognise(text, door), undefined, 'expired')
    now -= 1000
    t.ok(km.recognise(text, door))
    await ann.revokeToken(id)
    t.equal(km.recognise(text, door), undefined, 'revoked')
    const { text: another } = await ann.createToken({ label: 'another' })
    await km.authenticate({ token: another }, door)
    t.ok(km.recognise(another, door))
    await administrator.setPrincipal('ann', { enabled: false })
    t.equal(km.recognise(another, door), undefined, 'of somebody who is disabled')
  },
)

t.test('keys are the same from a worker thread and from another process', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'key' })
  for (const remote of [await Remote.thread(t, house), await Remote.process(t, house)]) {
    const record = (await remote.call('ann', 'encrypt', 'key', Buffer.from('from afar'))) as Uint8Array
    t.equal(`${await ann.decrypt(id, Buffer.from(record))}`, 'from afar')
    const box = await ann.encrypt(id, Buffer.from('to there'))
    t.equal(Buffer.from((await remote.call('ann', 'decrypt', id, box)) as Uint8Array).toString(), 'to there')
    await remote.close()
  }
})

t.test('options that cannot be are refused', async (t) => {
  for (const leaseSeconds of [0, 0.5, -1, 3601, Number.NaN]) {
    await t.rejects(openKeyManager({ directory: '/nowhere', leaseSeconds }), {
      code: 'MORTISE_CONFIG_INVALID',
    })
  }
  const below = join(fileURLToPath(import.meta.url), 'below a file')
  await t.rejects(openKeyManager({ directory: below }), { code: 'MORTISE_STORAGE_UNAVAILABLE' })
})

t.test('it says how it is', async (t) => {
  const { km } = await KeyHouse.build(t)
  t.strictSame(await km.health(), { name: 'sqlite', up: true })
  t.ok(km.selfTest().every(({ passed }) => passed))
})
