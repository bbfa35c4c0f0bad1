import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import {
  type KeyManager,
  type NewRootKey,
  openKeyManager,
  type RootKeySource,
  type Session,
} from '../../lib/index.js'
import { day, TestClock } from '../support/clock.js'
import { openDatabase } from '../support/database.js'
import { KeyHouse, outcome } from '../support/key_house.js'
import { Remote } from '../support/remote.js'

const data = Buffer.from('plain')
const hex = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
const passphrase = 'correct horse battery'
const steps = ['made', 'wrapped', 'verified', 'in place', 'removed'] as const

async function open<Answer>(
  directory: string,
  rootKey: RootKeySource,
  work: (km: KeyManager) => Promise<Answer>,
): Promise<Answer> {
  const km = await openKeyManager({ directory, rootKey })
  try {
    return await work(km)
  } finally {
    await km.close()
  }
}

/** A store with a key `key` of ann's, sealed with a root key in a file, and a record that the key opens. */
async function build(t: Test) {
  const directory = await mkdtemp(join(tmpdir(), 'mortise-test-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'root-key')
  const box = await open(directory, { file }, async (km) => {
    await km.ensurePrincipal({ name: 'ann' })
    const ann = await km.as('ann')
    await ann.createKey({ algorithm: 'AES', name: 'key' })
    return ann.encrypt('key', data)
  })
  /** What opening the store with a root key and using it comes to. */
  const use = (rootKey: RootKeySource) =>
    outcome(
      open(directory, rootKey, async (km) => {
        const opened = await (await km.as('ann')).decrypt('key', box)
        if (!opened.equals(data)) throw new Error('it opens to something else')
      }),
    )
  const rotate = (rootKey: RootKeySource, to: NewRootKey) =>
    open(directory, rootKey, (km) => km.asHost().rotateRoot(to))
  return { directory, file, use, rotate }
}

/** How many root keys the keyring is wrapped with. */
function wrappings(directory: string): number {
  const database = openDatabase(join(directory, 'mortise.db'))
  try {
    const sql = `SELECT count(*) FROM records WHERE namespace = 'keyring' AND key <> 'passphrase'`
    return database.prepare(sql).pluck().get() as number
  } finally {
    database.close()
  }
}

async function resealAll(administrator: Session): Promise<void> {
  for (let after: string | null | undefined; after !== null; )
    after = (await administrator.reseal(after === undefined ? {} : { after })).next
}

const wrong = 'MORTISE_BARRIER_WRONG_ROOT_KEY'

t.test('from a file to another, to a key, to a passphrase, and in place', async (t) => {
  const { directory, file, use, rotate } = await build(t)
  const way: [from: RootKeySource, to: RootKeySource][] = [
    [{ file }, { file: join(directory, 'elsewhere') }],
    [{ file: join(directory, 'elsewhere') }, { hex }],
    [{ hex }, { passphrase }],
    [{ passphrase }, { passphrase: 'another twelve characters' }],
    [{ passphrase: 'another twelve characters' }, { file: join(directory, 'last') }],
  ]
  for (const [from, to] of way) {
    const { root, previous, kept } = await rotate(from, to)
    t.not(root, previous)
    t.equal(kept, null)
    t.equal(await use(to), 'ok', `opens with ${Object.keys(to)}`)
    t.equal(await use(from), wrong, `and not with ${Object.keys(from)}`)
  }
  const last = join(directory, 'last')
  const { kept } = await rotate({ file: last }, { inPlace: true })
  t.equal(await use({ file: last }), 'ok', 'in place, the same file opens it')
  t.equal(await use({ file: kept ?? '' }), wrong, 'what was kept is the old one')
  t.notOk(existsSync(`${last}.new`))
  t.equal(wrappings(directory), 1)
})

t.test('what it cannot be rotated to', async (t) => {
  const { directory, file, use, rotate } = await build(t)
  t.equal(await outcome(rotate({ file }, { file })), 'MORTISE_INPUT_INVALID', 'the same')
  t.equal(await outcome(rotate({ file }, { hex: 'abc' })), 'MORTISE_INPUT_INVALID')
  t.equal(await outcome(rotate({ file }, { passphrase: 'short' })), 'MORTISE_INPUT_INVALID')
  const missing = join(directory, 'no', 'such')
  t.equal(await outcome(rotate({ file }, { file: missing })), 'MORTISE_BARRIER_ROOT_KEY_MISSING')
  await rotate({ file }, { hex })
  t.equal(await outcome(rotate({ hex }, { inPlace: true })), 'MORTISE_INPUT_INVALID', 'in place of no file')
  t.equal(
    await outcome(rotate({ hex }, { file })),
    'MORTISE_INPUT_INVALID',
    'a file with a key that is there',
  )
  t.equal(await use({ hex }), 'ok')
  t.equal(wrappings(directory), 1)
})

const rotating = fileURLToPath(new URL('rotating.js', import.meta.url))

async function killedAfter(
  directory: string,
  from: RootKeySource,
  to: NewRootKey,
  step: string,
): Promise<void> {
  const child = spawn(process.execPath, [rotating, JSON.stringify([directory, from, to, step])], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [, signal] = await once(child, 'close')
  if (signal !== 'SIGKILL') throw new Error('it ended before it was killed')
}

for (const step of steps) {
  t.test(`killed when it is ${step}, in place`, async (t) => {
    const { directory, file, use, rotate } = await build(t)
    await killedAfter(directory, { file }, { inPlace: true }, step)
    t.equal(await use({ file }), 'ok', 'the file opens the store')
    await rotate({ file }, { inPlace: true })
    t.equal(await use({ file }), 'ok', 'and after another rotation')
    t.equal(wrappings(directory), 1)
    const old = readdirSync(directory).filter((name) => name.startsWith('root-key.'))
    for (const name of old) t.equal(await use({ file: join(directory, name) }), wrong, `${name} no longer`)
  })

  t.test(`killed when it is ${step}, to another`, async (t) => {
    const { directory, file, use, rotate } = await build(t)
    await killedAfter(directory, { file }, { hex }, step)
    const opening = [await use({ file }), await use({ hex })]
    t.strictSame(
      opening,
      { made: ['ok', wrong], removed: [wrong, 'ok'] }[step as string] ?? ['ok', 'ok'],
      'the old, both or the new open it',
    )
    if (step === 'removed') return
    await rotate({ file }, { hex })
    t.strictSame([await use({ file }), await use({ hex })], [wrong, 'ok'], 'taken up again, it is finished')
    t.equal(wrappings(directory), 1)
  })
}

t.test('of two rotations at once the store opens with the one that answered last', async (t) => {
  const { directory, file, use } = await build(t)
  const targets = [1, 2, 3].map((i) => ({ hex: hex.replace(/^../, `f${i}`) }))
  const done: RootKeySource[] = []
  const managers = await Promise.all(targets.map(() => openKeyManager({ directory, rootKey: { file } })))
  await Promise.all(
    managers.map(async (km, i) => {
      const to = targets[i] as RootKeySource
      if ((await outcome(km.asHost().rotateRoot(to))) === 'ok') done.push(to)
    }),
  )
  await Promise.all(managers.map((km) => km.close()))
  t.ok(done.length > 0)
  t.equal(await use(done.at(-1) as RootKeySource), 'ok')
  t.equal(wrappings(directory), 1)
})

t.test('the keyring waits for a rotation of the root key that is not finished', async (t) => {
  const { directory, file, rotate } = await build(t)
  await killedAfter(directory, { file }, { hex }, 'wrapped')
  const turn = () => open(directory, { file }, (km) => km.asHost().rotateKeyring())
  t.equal(await outcome(turn()), 'MORTISE_BARRIER_ROTATION')
  await rotate({ file }, { file: join(directory, 'third') })
  t.equal(wrappings(directory), 1, 'the wrapping that was left behind is gone as well')
})

/** Versions of the keyring that rows are sealed with. */
function versionsInUse(house: KeyHouse): number[] {
  const found = new Set<number>()
  house.edit((database) => {
    const read = (sql: string) => {
      for (const blob of database.prepare(sql).pluck().all() as Buffer[]) found.add(blob.readUInt32BE(1))
    }
    read('SELECT mac FROM objects')
    read('SELECT material FROM objects WHERE material IS NOT NULL')
    read('SELECT mac FROM grants')
    read(`SELECT value FROM records WHERE namespace <> 'keyring'`)
  })
  return [...found].sort()
}

t.test('a new version of the keyring seals, in every process, and the old one opens', async (t) => {
  const house = await KeyHouse.build(t)
  const other = await Remote.process(t, house)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'before' })
  await ann.createKeyPair({ algorithm: 'EC', name: 'pair' })
  await ann.grant('before', { everyone: true }, ['Encrypt'])
  const box = await ann.encrypt('before', data)
  const administrator = await house.administrator()
  t.strictSame(versionsInUse(house), [1])

  t.strictSame(await administrator.rotateKeyring(), { version: 2, state: 'active' })
  await ann.createKey({ algorithm: 'AES', name: 'after' })
  t.same(await other.call('ann', 'decrypt', 'before', box), data, 'what was there')
  const theirs = await other.call('ann', 'encrypt', 'after', data)
  t.same(await ann.decrypt('after', theirs as Buffer), data, 'what was made since')
  await other.call('ann', 'createKey', { algorithm: 'AES', name: 'there' })
  const rows: number[] = []
  house.edit((database) => {
    const macs = database.prepare(`SELECT mac FROM objects WHERE name IN ('after', 'there')`).pluck().all()
    rows.push(...(macs as Buffer[]).map((mac) => mac.readUInt32BE(1)))
  })
  t.strictSame(rows, [2, 2], 'both seal with it')
  t.strictSame((await administrator.retireKeyring()).retired, [], 'the old version is in use')

  await resealAll(administrator)
  t.strictSame(versionsInUse(house), [2])
  t.match(await administrator.retireKeyring(), { retired: [1], rows: 0 })
  t.match(await administrator.barrierStatus(), { keyring: [{ version: 2, state: 'active' }] })
  t.same(await other.call('ann', 'decrypt', id, box), data)
  await house.close()
  const again = await (await house.open()).as('ann')
  t.same(await again.decrypt(id, box), data)
  t.strictSame(
    (await again.grants('before')).map(({ permissions }) => permissions),
    [['Encrypt']],
  )
})

t.test('a rotation of the keyring that was cut short is finished by the next', async (t) => {
  const house = await KeyHouse.build(t)
  const administrator = await house.administrator()
  const { rotateKeyring } = await import('../../lib/barrier/index.js')
  t.match(await administrator.run(rotateKeyring, {}), { version: 2, state: 'pending' })
  await house.as('ann')
  t.strictSame(versionsInUse(house), [1], 'nothing is sealed with a version that is pending')
  t.match(await administrator.rotateKeyring(), { version: 2, state: 'active' })
})

t.test(
  'a keyring that was rotated under another root key is not this process’s any more, and it goes on',
  async (t) => {
    const { directory, file } = await build(t)
    await open(directory, { file }, async (km) => {
      await open(directory, { file }, (other) => other.asHost().rotateRoot({ hex }))
      const ann = await km.as('ann')
      t.resolves(ann.createKey({ algorithm: 'AES' }))
      t.equal(await outcome(km.asHost().rotateKeyring()), wrong)
    })
  },
)

t.test('a process without the new root key seals nothing once the keyring was rotated too', async (t) => {
  const house = await KeyHouse.build(t)
  const other = await Remote.process(t, house)
  const theirs = (...call: Parameters<Remote['call']>) =>
    other.call(...call).then(
      () => 'ok',
      ({ code }) => code,
    )
  const create = (name: string) => theirs('ann', 'createKey', { algorithm: 'AES', name })
  const administrator = await house.administrator()
  t.equal(await create('before'), 'ok')
  await administrator.rotateRoot({ hex })
  t.equal(await create('between'), 'ok', 'it goes on with the keyring that it has')
  await administrator.rotateKeyring()
  t.equal(await create('after'), wrong)
  const ann = await house.as('ann')
  await ann.createKey({ algorithm: 'AES', name: 'new' })
  t.equal(await theirs('ann', 'get', 'new'), wrong, 'and what is new is not called damaged')
  await resealAll(administrator)
  t.match(await administrator.retireKeyring(), { retired: [1] })
  t.equal(await create('later'), wrong)
  house.rootKey = hex
  const again = await house.as('ann', await house.open())
  t.strictSame((await again.locate()).items.map(({ name }) => name).sort(), ['before', 'between', 'new'])
})

t.test('what was sealed again can be ended, and falls due', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const ann = await house.as('ann')
  const administrator = await house.administrator()
  const token = await ann.createToken()
  const other = await ann.createToken()
  await administrator.createGroup({ name: 'clerks', members: ['ann'] })
  for (const name of ['recovered', 'gone']) {
    const { id } = await ann.createKey({ algorithm: 'AES', name })
    await ann.revoke(id)
    await ann.destroy(id, { afterDays: 7 })
  }
  await administrator.rotateKeyring()
  await resealAll(administrator)
  await administrator.retireKeyring()

  await ann.revokeToken(token.id)
  t.match(await administrator.setPassword('ann', 'a password for tests'), { tokensEnded: 1 })
  for (const { text } of [token, other]) {
    const login = house.km.authenticate({ token: text }, { face: 'test', request: 'one' })
    t.equal(await outcome(login), 'MORTISE_AUTH_REQUIRED')
  }
  await administrator.removeMember('clerks', 'ann')
  await administrator.setGroup('clerks', { name: 'cashiers' })
  await administrator.deleteGroup('cashiers')
  t.equal(await outcome(administrator.getGroup('cashiers')), 'MORTISE_GROUP_NOT_FOUND')
  await ann.cancelDestroy('recovered')
  clock.pass(8 * day)
  await house.km.runDueJobs()
  t.match(await ann.get('recovered'), { state: 'Deactivated', destroyAt: null })
  t.match(await ann.get('gone'), { state: 'Destroyed' })
})

t.test('only who may manage the barrier rotates, and it is on the trail', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, administrator] = [await house.as('ann'), await house.administrator()]
  t.equal(await outcome(ann.rotateRoot({ hex })), 'MORTISE_ACCESS_DENIED')
  for (const refused of [ann.rotateKeyring(), ann.reseal(), ann.retireKeyring(), ann.barrierStatus()])
    t.equal(await outcome(refused), 'MORTISE_ACCESS_DENIED')
  const { root, previous } = await administrator.rotateRoot({ hex })
  const { records } = await administrator.audit({ limit: 3 })
  t.match(records.slice(0, 2), [
    { operation: 'RemoveRootKeys', outcome: 'success', detail: { root, removed: [previous] } },
    { operation: 'AddRootKey', outcome: 'success', detail: { root, previous } },
  ])
  t.notMatch(JSON.stringify(records), hex)
})
