import t, { type Test } from 'tap'
import { MortiseError, type ObjectInfo, type Session } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'

/**
 * Whoever can write the database, but has no root key, edits it while nobody looks. The key manager is opened anew each
 * time, so that nothing it knew before helps it.
 */

const text = 'was changed outside Mortise or is damaged; restore it from a backup'
const broken = (what: string) =>
  new MortiseError('MORTISE_BARRIER_INTEGRITY', `${what} fails its integrity check: it ${text}`)
const brokenObject = (id: string) => broken(`object ${id}`)
const brokenGrant = (id: string) => broken(`grant on ${id}`)

/** Everything that a principal can ask of one key. */
const uses: Record<string, (session: Session, key: string) => Promise<unknown>> = {
  get: (session, key) => session.get(key),
  export: (session, key) => session.export(key),
  activate: (session, key) => session.activate(key),
  revoke: (session, key) => session.revoke(key),
  destroy: (session, key) => session.destroy(key),
  rekey: (session, key) => session.rekey(key),
  encrypt: (session, key) => session.encrypt(key, Buffer.from('plain')),
  decrypt: (session, key) => session.decrypt(key, Buffer.alloc(64)),
  openCipher: (session, key) => session.openCipher(key),
  grants: (session, key) => session.grants(key),
  grant: (session, key) => session.grant(key, { everyone: true }, ['Get']),
}

async function refusesEverything(t: Test, session: Session, key: string, error: Error): Promise<void> {
  for (const [name, use] of Object.entries(uses)) await t.rejects(use(session, key), error, name)
}

/** People and a key of ann's, which bob may use, besides those that are made for each edit. */
async function build(t: Test) {
  const house = await KeyHouse.build(t)
  const [ann, bob, eve] = [await house.as('ann'), await house.as('bob'), await house.as('eve')]
  const make = async (name: string): Promise<ObjectInfo> => {
    const made = await ann.createKey({ algorithm: 'AES', name })
    await ann.grant(made.id, { principal: 'bob' }, ['Encrypt', 'Get'])
    return made
  }
  const other = await make('other')
  return { house, make, other, ann: ann.principal.id, bob: bob.principal.id, eve: eve.principal.id }
}

type Scene = Awaited<ReturnType<typeof build>>

/** What each edit of an object's row sets, as SQL. */
const edits: Record<string, (scene: Scene) => [set: string, ...values: unknown[]]> = {
  'another owner': ({ eve }) => ['owner = ?', eve],
  'another state': () => [`state = 'Deactivated'`],
  'PreActive again': () => [`state = 'PreActive'`],
  'a wider usage mask': () => ['usage = 65535'],
  'another purpose': () => [`purpose = 'token'`],
  'another name': () => [`name = 'better'`],
  'no name': () => ['name = NULL'],
  'another family': ({ other }) => ['family = ?, serial = 2', other.id],
  'another key version': () => ['serial = 7'],
  'another type': () => [`type = 'SecretData'`],
  'another algorithm': () => [`algorithm = 'HMAC-SHA-256'`],
  'another length': () => ['length = 128'],
  'another day': () => ['created = created - 1'],
  'another provider': () => [`provider = 'token'`],
  'another tenant': () => [`domain = 'tenant'`],
  'another version of the row': () => ['version = version + 1'],
  extractable: () => [`attributes = replace(attributes, '"extractable":false', '"extractable":true')`],
  'not sensitive': () => [`attributes = replace(attributes, '"sensitive":true', '"sensitive":false')`],
  'both of them': () => [`attributes = '{"extractable":true,"sensitive":false}'`],
  'attributes that are no JSON': () => [`attributes = 'x'`],
  'the material of another key': ({ other }) => [
    'material = (SELECT material FROM objects WHERE id = ?)',
    other.id,
  ],
  'no material': () => ['material = NULL'],
  'material cut short': () => ['material = substr(material, 1, 20)'],
  'the HMAC of another key': ({ other }) => ['mac = (SELECT mac FROM objects WHERE id = ?)', other.id],
  'an HMAC of an unknown keyring version': () => [`mac = CAST(x'01000000ff' || substr(mac, 6) AS BLOB)`],
  'an HMAC of an unknown format': () => [`mac = CAST(x'02' || substr(mac, 2) AS BLOB)`],
  'no HMAC': () => [`mac = x''`],
  'the whole row of another key': ({ other }) => [
    '(attributes, material, mac, created) = (SELECT attributes, material, mac, created FROM objects WHERE id = ?)',
    other.id,
  ],
}

t.test('a key whose row was edited serves nobody', async (t) => {
  const scene = await build(t)
  const made = await Promise.all(
    Object.entries(edits).map(async ([what, edit]) => ({ what, edit, key: await scene.make(what) })),
  )
  const km = await scene.house.breakIn((database) => {
    for (const { what, edit, key } of made) {
      const [set, ...values] = edit(scene)
      const { changes } = database.prepare(`UPDATE objects SET ${set} WHERE id = ?`).run(...values, key.id)
      t.equal(changes, 1, what)
    }
  })
  const administrator = await scene.house.administrator()
  for (const { what, key } of made) {
    await t.test(what, async (t) => {
      for (const who of ['ann', 'bob', 'eve']) {
        await refusesEverything(t, await km.as(who), key.id, brokenObject(key.id))
      }
      const located = await administrator.locate({ family: key.id }).catch((error) => error.code)
      t.ok(located === 'MORTISE_BARRIER_INTEGRITY' || located.items.length === 0, 'nor is it located')
    })
  }
  await t.resolves((await km.as('ann')).encrypt('other', Buffer.from('plain')), 'the key beside it works')

  const { records } = await administrator.audit({ limit: 1000, outcome: 'failed' })
  const integrity = records.filter(({ code }) => code === 'MORTISE_BARRIER_INTEGRITY')
  t.ok(integrity.length >= made.length * 3 * Object.keys(uses).length, 'every refusal is on the audit trail')
  t.ok(
    integrity.every(({ detail }) => Object.keys(detail).length === 0),
    'and tells nothing of the key',
  )
})

t.test('a name that was given to another key', async (t) => {
  const { house, make, other } = await build(t)
  const key = await make('key')
  const km = await house.breakIn((database) => {
    const rename = database.prepare('UPDATE objects SET name = ? WHERE id = ?')
    for (const [name, { id }] of [
      [null, key],
      ['key', other],
    ] as const)
      rename.run(name, id)
  })
  const ann = await km.as('ann')
  await refusesEverything(t, ann, 'key', brokenObject(other.id))
  await t.rejects(ann.get('other'), { code: 'MORTISE_KEY_NOT_FOUND' })
})

t.test('two keys that changed their ids', async (t) => {
  const { house, make, other } = await build(t)
  const key = await make('key')
  const km = await house.breakIn((database) => {
    const rename = database.prepare('UPDATE objects SET id = ? WHERE id = ?')
    for (const [to, from] of [
      ['x', key.id],
      [key.id, other.id],
      [other.id, 'x'],
    ])
      rename.run(to, from)
  })
  const ann = await km.as('ann')
  for (const { id } of [key, other]) await refusesEverything(t, ann, id, brokenObject(id))
})

t.test('a key that was copied into another store', async (t) => {
  const { house, other: key, ann } = await build(t)
  let row: Record<string, unknown> = {}
  house.edit((database) => {
    row = database.prepare('SELECT * FROM objects WHERE id = ?').get(key.id) as Record<string, unknown>
  })
  const there = await KeyHouse.build(t)
  await there.as('eve')
  await there.breakIn((database) => {
    const columns = Object.keys(row).join(', ')
    const marks = Object.keys(row).map(() => '?')
    database
      .prepare(`INSERT INTO objects (${columns}) VALUES (${marks.join(', ')})`)
      .run(...Object.values(row))
  })
  await refusesEverything(t, await there.km.as('eve'), key.id, brokenObject(key.id))
  t.notOk(
    await there.km.as(ann).then(
      () => true,
      () => false,
    ),
    'nor does its owner come along',
  )
})

/** What each edit does to the grants on `key`, as SQL with :key, :other, :bob and :eve. */
const grantEdits: Record<string, string> = {
  'more permissions': `UPDATE grants SET permissions = '["Decrypt","Encrypt","Get"]' WHERE object = :key`,
  'another permission': `UPDATE grants SET permissions = '["Export"]' WHERE object = :key`,
  'another grantee': 'UPDATE grants SET grantee = :eve WHERE object = :key',
  'a grant to everyone': `UPDATE grants SET grantee_kind = 'everyone', grantee = '' WHERE object = :key`,
  'a grant to a group': `UPDATE grants SET grantee_kind = 'group' WHERE object = :key`,
  'another version': 'UPDATE grants SET version = 2 WHERE object = :key',
  'a copy for another principal': `INSERT INTO grants SELECT object, grantee_kind, :eve, version, permissions, mac
    FROM grants WHERE object = :key`,
  'the grant on another key': `UPDATE grants SET mac = (SELECT mac FROM grants WHERE object = :other)
    WHERE object = :key`,
  'an HMAC of another format': `UPDATE grants SET mac = CAST(x'02' || substr(mac, 2) AS BLOB) WHERE object = :key`,
}

t.test('a grant that was edited opens nothing', async (t) => {
  const { house, make, other, bob, eve } = await build(t)
  const made = await Promise.all(
    Object.entries(grantEdits).map(async ([what, sql]) => ({ what, sql, key: await make(what) })),
  )
  const km = await house.breakIn((database) => {
    for (const { what, sql, key } of made) {
      const { changes } = database.prepare<object>(sql).run({ key: key.id, other: other.id, bob, eve })
      t.equal(changes, 1, what)
    }
  })
  const ann = await km.as('ann')
  for (const { what, key } of made) {
    await t.test(what, async (t) => {
      for (const who of ['bob', 'eve']) {
        await refusesEverything(t, await km.as(who), key.id, brokenGrant(key.id))
      }
      await t.resolves(ann.encrypt(key.id, Buffer.from('plain')), 'the owner needs no grant')
    })
  }
  await t.resolves((await km.as('bob')).encrypt('other', Buffer.from('plain')), 'the grant beside them works')
})

t.test('a count of uses that was copied from another key', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const [used, fresh] = [
    await ann.createKey({ algorithm: 'AES', length: 128 }),
    await ann.createKey({ algorithm: 'AES', length: 128 }),
  ]
  await ann.encrypt(used.id, Buffer.from('plain'))
  await ann.encrypt(fresh.id, Buffer.from('plain'))
  const km = await house.breakIn((database) => {
    database
      .prepare(
        `UPDATE records SET value = (SELECT value FROM records WHERE namespace = 'usage' AND key = ?)
         WHERE namespace = 'usage' AND key = ?`,
      )
      .run(fresh.id, used.id)
  })
  const again = await km.as('ann')
  await t.rejects(again.encrypt(used.id, Buffer.from('plain')), broken(`record usage/${used.id}`))
  await t.resolves(again.encrypt(fresh.id, Buffer.from('plain')))
})

t.test('rights of a group, a role or a scope that were edited open nothing', async (t) => {
  const { house, other, bob, eve } = await build(t)
  const administrator = await house.administrator()
  const { id: group } = await administrator.createGroup({ name: 'billing', members: ['bob'] })
  await administrator.createRole({ name: 'officer', objects: ['Get'], scope: { namePrefix: 'other' } })
  await administrator.setPrincipal('eve', { roles: ['officer'] })
  await administrator.grantOnScope({ namePrefix: 'other' }, { group: 'billing' }, ['Decrypt'])
  const stolen = `'{"group":"${group}","principal":"${eve}"}'`
  const edits: Record<string, readonly [who: string, sql: string]> = {
    membership: [
      'eve',
      `UPDATE records SET key = '${group}/${eve}', fields = ${stolen} WHERE namespace = 'membership'`,
    ],
    role: ['eve', `UPDATE records SET version = 2 WHERE namespace = 'role'`],
    'scoped-grant': [
      'bob',
      `UPDATE records SET value = CAST(substr(value, 1, 40) || x'00' || substr(value, 42) AS BLOB)
       WHERE namespace = 'scoped-grant'`,
    ],
    group: ['bob', `UPDATE records SET expires = 99999999999999 WHERE namespace = 'group'`],
  }
  for (const [namespace, [who, sql]] of Object.entries(edits)) {
    let before: Record<string, unknown>[] = []
    const km = await house.breakIn((database) => {
      before = database.prepare('SELECT * FROM records WHERE namespace = ?').all(namespace) as typeof before
      database.exec(sql)
    })
    const { principal } = await house.km.as(who)
    t.equal(principal.id, who === 'bob' ? bob : eve)
    const refused = { code: 'MORTISE_BARRIER_INTEGRITY', message: new RegExp(text) }
    await t.rejects((await km.as(who)).get(other.id), refused, namespace)
    await t.resolves((await km.as('ann')).get(other.id), 'nobody else is concerned')
    await house.close()
    house.edit((database) => {
      database.prepare('DELETE FROM records WHERE namespace = ?').run(namespace)
      const insert = database.prepare(
        `INSERT INTO records (namespace, key, version, expires, fields, value)
         VALUES (@namespace, @key, @version, @expires, @fields, @value)`,
      )
      for (const row of before) insert.run(row)
    })
  }
})
