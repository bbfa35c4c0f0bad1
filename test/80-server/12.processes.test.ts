import t, { type Test } from 'tap'
import { openKeyManager } from '../../lib/index.js'
import { outcome } from '../support/key_house.js'
import { json, mortise, Served, temporary } from './house.js'

/** A server, commands in processes of their own, and the library in this process: all on one directory. */
async function build(t: Test) {
  const directory = await temporary(t)
  const server = await Served.start(t, directory)
  const km = await openKeyManager({ directory })
  t.teardown(() => km.close())
  const command = (...args: string[]) => mortise([...args, '--directory', directory, '--json'])
  return { server, km, library: await km.as('admin'), command }
}

t.test('What one process has changed holds for the others with their next operation', async (t) => {
  const { server, km, library, command } = await build(t)
  const { id } = json(await command('keys', 'create', '--name', 'shared'))
  const record = await library.encrypt('shared', Buffer.from('hello'))
  const body = { ciphertext: record.toString('base64') }
  const opened = await server.ask('POST', '/admin/v1/keys/shared/decrypt', body)
  t.match(
    await opened.json(),
    { plaintext: Buffer.from('hello').toString('base64') },
    'made, used and opened by three',
  )

  json(await command('keys', 'rekey', 'shared'))
  t.equal(
    (await library.encrypt('shared', Buffer.from('x'))).readUInt32BE(1),
    2,
    'a name is its newest version',
  )
  const lease = await library.openCipher('shared')
  t.equal((await server.ask('POST', '/admin/v1/keys/shared/revoke', { reason: 'Unspecified' })).status, 200)
  t.equal(await outcome(library.encrypt('shared', Buffer.from('x'))), 'MORTISE_KEY_STATE', 'a revocation')
  const ended = await outcome(async () => {
    for (;;) {
      lease.seal(Buffer.from('x'))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
  t.equal(ended, 'MORTISE_LEASE_ENDED', 'its lease ends without being told by this process')
  await lease.close()
  t.equal((await library.decrypt(id, record)).toString(), 'hello', 'the version before is untouched')

  await km.ensurePrincipal({ name: 'ann' })
  const ann = await km.as('ann')
  await ann.createKey({ algorithm: 'AES', name: 'of ann' })
  json(await command('principal', 'set', 'ann', '--disable'))
  t.equal(await outcome(ann.encrypt('of ann', Buffer.from('x'))), 'MORTISE_AUTH_REQUIRED', 'a principal')
})

t.test(
  'They write side by side, one name is given once, and one that is killed stops no other',
  async (t) => {
    const { server, library, command } = await build(t)
    const create = (name: string) => server.ask('POST', '/admin/v1/keys', { algorithm: 'AES', name })
    const named = await Promise.all([
      create('the only one').then(({ status }) => status === 201),
      outcome(library.createKey({ algorithm: 'AES', name: 'the only one' })).then((code) => code === 'ok'),
      command('keys', 'create', '--name', 'the only one').then(({ code }) => code === 0),
    ])
    t.equal(named.filter((made) => made).length, 1, 'of three that want a name one gets it')

    const numbers = Array.from({ length: 40 }, (_, i) => i)
    const made = await Promise.all([
      ...numbers.map((i) => create(`server ${i}`).then(({ status }) => status === 201)),
      ...numbers.map((i) =>
        outcome(library.createKey({ algorithm: 'AES', name: `library ${i}` })).then((code) => code === 'ok'),
      ),
      ...[0, 1].map((i) =>
        command('keys', 'create', '--name', `command ${i}`).then(({ code }) => code === 0),
      ),
    ])
    t.ok(
      made.every((one) => one),
      'everybody’s keys are made',
    )
    const seen = (await library.locate({ limit: 1000 })).items.map((item) => item.id).sort()
    t.equal(seen.length, 83)
    const ids = ({ items }: { items: { id: string }[] }) => items.map((item) => item.id).sort()
    t.same(ids(json(await command('keys', 'list', '--limit', '1000'))), seen)
    t.same(
      ids((await (await server.ask('GET', '/admin/v1/keys?limit=1000')).json()) as never),
      seen,
      'all see the same',
    )

    const pending = Promise.all(numbers.map((i) => create(`lost ${i}`).catch(() => undefined)))
    server.signal('SIGKILL')
    await Promise.all([pending, server.ended()])
    t.match(await library.createKey({ algorithm: 'AES', name: 'after it' }), { state: 'Active' })
    t.match(json(await command('keys', 'get', 'after it')), { state: 'Active' })
    const { problems, chains } = json(await command('audit', 'verify'))
    t.same(problems, [], 'the trail of all of them is whole')
    t.ok(chains >= 6, `${chains} chains, one for each process`)
  },
)
