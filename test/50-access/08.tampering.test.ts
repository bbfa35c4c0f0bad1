import t from 'tap'
import {
  createGroup,
  createOwnToken,
  createRole,
  grant,
  grantOnScope,
  openAccess,
  setPassword,
  setPrincipal,
} from '../../lib/access/index.js'
import { AccessHouse, options } from './house.js'

const broken = { code: 'MORTISE_BARRIER_INTEGRITY' }

async function inhabited(t: Parameters<typeof AccessHouse.build>[0]) {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  const ann = await house.register({ name: 'ann' })
  const eve = await house.register({ name: 'eve' })
  const [key, other] = [await house.house.makeObject(ann.id), await house.house.makeObject(eve.id)]
  const grantee = { principal: 'eve' }
  await house.runOn(ann, grant, { object: key.id, grantee, permissions: ['Get'] }, key)
  await house.runOn(eve, grant, { object: other.id, grantee, permissions: ['Decrypt'] }, other)
  return { house, admin, ann, eve, key, other }
}

t.test('an edited grant is refused', async (t) => {
  const { house, ann, key, other } = await inhabited(t)
  const edits: Record<string, string> = {
    'more permissions': `UPDATE grants SET permissions = '["Decrypt","Get"]' WHERE object = '${key.id}'`,
    'another grantee': `UPDATE grants SET grantee = '${ann.id}' WHERE object = '${key.id}'`,
    'a grant to everyone': `UPDATE grants SET grantee_kind = 'everyone', grantee = '' WHERE object = '${key.id}'`,
    'an older version': `UPDATE grants SET version = version + 1 WHERE object = '${key.id}'`,
    'a grant copied from another object': `INSERT OR REPLACE INTO grants (object, grantee_kind, grantee, version,
      permissions, mac) SELECT '${key.id}', grantee_kind, grantee, version, permissions, mac FROM grants
      WHERE object = '${other.id}'`,
    'no HMAC': `UPDATE grants SET mac = x'' WHERE object = '${key.id}'`,
  }
  for (const [what, sql] of Object.entries(edits)) {
    let before: unknown[] = []
    await house.breakIn((database) => {
      before = database.prepare('SELECT * FROM grants').all()
      database.exec(sql)
    })
    await t.rejects(house.access.grants.on(key.id), broken, what)
    await t.rejects(house.access.grants.on(key.id), broken, `${what}, asked again`)
    await house.breakIn((database) => {
      database.exec('DELETE FROM grants')
      const insert = database.prepare(
        'INSERT INTO grants VALUES (@object, @grantee_kind, @grantee, @version, @permissions, @mac)',
      )
      for (const row of before) insert.run(row)
    })
    t.equal((await house.access.grants.on(key.id)).rows.length, 1, 'put back')
  }
})

t.test('an edited principal is refused', async (t) => {
  const { house, admin, eve } = await inhabited(t)
  const record = (id: string) => `namespace = 'principal' AND key = '${id}'`
  const edits: Record<string, string> = {
    'the record of an administrator copied to another': `UPDATE records SET (value, fields, version) =
      (SELECT value, fields, version FROM records WHERE ${record(admin.id)}) WHERE ${record(eve.id)}`,
    'an index entry that says administrator': `UPDATE records SET fields = '{"administrator":"enabled"}' WHERE ${record(eve.id)}`,
    'an expiry': `UPDATE records SET expires = 99999999999999 WHERE ${record(eve.id)}`,
    'another version': `UPDATE records SET version = 2 WHERE ${record(eve.id)}`,
    'a value that is none': `UPDATE records SET value = x'01' WHERE ${record(eve.id)}`,
  }
  for (const [what, sql] of Object.entries(edits)) {
    let before: Record<string, unknown> = {}
    await house.breakIn((database) => {
      before = database.prepare(`SELECT * FROM records WHERE ${record(eve.id)}`).get() as typeof before
      database.exec(sql)
    })
    await t.rejects(house.access.principals.get(eve.id), broken, what)
    await t.rejects(house.access.principals.find('eve'), broken, what)
    await house.breakIn((database) => {
      database
        .prepare(
          `UPDATE records SET version = @version, expires = @expires, fields = @fields, value = @value WHERE ${record(eve.id)}`,
        )
        .run(before)
    })
    t.match(await house.access.principals.get(eve.id), { name: 'eve' }, 'put back')
  }
})

t.test('every byte of a sealed value counts', async (t) => {
  const { house, eve } = await inhabited(t)
  const row = await house.house.store.record('principal', eve.id)
  if (!row) return t.fail('eve is registered')
  for (let at = 0; at < row.value.length; at++) {
    const value = Buffer.from(row.value)
    value.writeUInt8(value.readUInt8(at) ^ (1 << (at % 8)), at)
    t.throws(() => house.house.barrier.openRecord({ ...row, value }), broken, `byte ${at}`)
  }
})

t.test('a name leads to nobody else', async (t) => {
  const { house } = await inhabited(t)
  await house.breakIn((database) => {
    database.exec(`UPDATE records SET value = (SELECT value FROM records WHERE namespace = 'principal-name' AND key = 'admin')
      WHERE namespace = 'principal-name' AND key = 'eve'`)
  })
  await t.rejects(house.access.principals.find('eve'), broken)
})

t.test('a token and a password serve nobody else', async (t) => {
  const { house, admin, eve } = await inhabited(t)
  const password = 'the password of eve'
  await house.run(admin, setPassword, { principal: 'eve', password })
  await house.run(admin, setPassword, { principal: 'admin', password: 'the one of the admin' })
  const his = await house.run(admin, createOwnToken, {})
  const hers = await house.run(eve, createOwnToken, {})
  await house.breakIn((database) => {
    database.exec(`UPDATE records SET (value, fields) = (SELECT value, fields FROM records WHERE namespace = 'password' AND
      key = '${eve.id}') WHERE namespace = 'password' AND key = '${admin.id}'`)
    database.exec(`UPDATE records SET (value, fields) = (SELECT value, fields FROM records WHERE namespace = 'token' AND
      key = '${his.id}') WHERE namespace = 'token' AND key = '${hers.id}'`)
  })
  await t.rejects(house.logIn('admin', password), broken)
  await t.rejects(house.bearer(hers.text), broken)
  t.strictSame(await house.bearer(his.text), admin)
})

t.test("an index that leads to somebody else's record is not followed", async (t) => {
  const { house, admin, eve } = await inhabited(t)
  const his = await house.run(admin, createOwnToken, {})
  await house.breakIn((database) => {
    database.exec(
      `UPDATE record_index SET value = '${eve.id}' WHERE namespace = 'token' AND key = '${his.id}'`,
    )
  })
  await t.rejects(house.access.tokens.of(eve.id, 100, undefined), broken)
})

t.test('a store that returns other rows than were asked for is not believed', async (t) => {
  const { house, admin, eve, key, other } = await inhabited(t)
  const { store, barrier, clock } = house.house
  const grants = await store.grants(other.id)
  const record = await store.record('principal', admin.id)
  const lying = new Proxy(store, {
    get: (_, method) => (method === 'grants' ? async () => grants : async () => record),
  })
  const access = openAccess(lying, barrier, clock, options)
  await t.rejects(access.grants.on(key.id), broken)
  await t.rejects(access.principals.get(eve.id), broken)
  t.strictSame(await access.principals.get(admin.id), admin)
})

t.test('groups, memberships, roles and grants on scopes that were edited give nobody anything', async (t) => {
  const { house, admin, ann, eve } = await inhabited(t)
  const role = { name: 'officer', objects: ['Get'], scope: { namePrefix: 'invoices/' } } as const
  await house.run(admin, createRole, role)
  await house.run(admin, createRole, { name: 'watch', system: ['AuditRead'] })
  const group = await house.run(admin, createGroup, { name: 'billing', roles: ['watch'], members: ['ann'] })
  const kings = await house.run(admin, createGroup, { name: 'kings', roles: ['administrator'] })
  await house.run(admin, setPrincipal, { principal: 'eve', roles: ['officer'] })
  const grantee = { principal: 'eve' }
  await house.run(admin, grantOnScope, { scope: role.scope, grantee, permissions: ['Get'] })
  await house.run(admin, grantOnScope, {
    scope: { objectGroup: 'a' },
    grantee: { group: 'billing' },
    permissions: ['Sign'],
  })

  const of = (namespace: string, key: string) => `namespace = '${namespace}' AND key = '${key}'`
  const member = of('membership', `${group.id}/${ann.id}`)
  const given = of('scoped-grant', `principal/${eve.id}/name:invoices/*`)
  const forged = `INSERT INTO records SELECT namespace, '${group.id}/${eve.id}', version, expires,`
  const edits: Record<string, readonly [who: { id: string }, sql: string]> = {
    'a group with the roles of another': [
      ann,
      `UPDATE records SET (value, fields) = (SELECT value, fields FROM records WHERE ${of('group', kings.id)})
       WHERE ${of('group', group.id)}`,
    ],
    'a group of another version': [ann, `UPDATE records SET version = 2 WHERE ${of('group', group.id)}`],
    'a role that was copied over another': [
      eve,
      `UPDATE records SET value = (SELECT value FROM records WHERE ${of('role', 'watch')}) WHERE ${of('role', 'officer')}`,
    ],
    'a role that never ends': [
      eve,
      `UPDATE records SET expires = 99999999999999 WHERE ${of('role', 'officer')}`,
    ],
    'a grant on a wider scope': [
      eve,
      `UPDATE records SET key = 'principal/${eve.id}/name:*', fields = '{"grantee":"principal/${eve.id}","scope":"name:*"}'
       WHERE ${given}`,
    ],
    'a grant to a group made a grant to eve': [
      eve,
      `UPDATE records SET fields = '{"grantee":"principal/${eve.id}","scope":"group:a"}'
       WHERE ${of('scoped-grant', `group/${group.id}/group:a`)}`,
    ],
    'a value that is none': [eve, `UPDATE records SET value = x'01' WHERE ${given}`],
    'a membership copied to eve': [
      eve,
      `${forged} '{"group":"${group.id}","principal":"${eve.id}"}', value FROM records WHERE ${member}`,
    ],
    'a membership found for eve': [
      eve,
      `INSERT INTO record_index VALUES ('membership', 'principal', '${eve.id}', '${group.id}/${ann.id}')`,
    ],
    'a membership of another group': [
      ann,
      `INSERT INTO records SELECT namespace, '${kings.id}/${ann.id}', version, expires,
       '{"group":"${kings.id}","principal":"${ann.id}"}', value FROM records WHERE ${member}`,
    ],
  }
  for (const [what, [who, sql]] of Object.entries(edits)) {
    let before: Record<string, unknown>[] = []
    await house.breakIn((database) => {
      before = database.prepare('SELECT * FROM records').all() as typeof before
      database.exec(sql)
    })
    await t.rejects(house.access.subjects.get(who.id), broken, what)
    await t.rejects(house.access.subjects.get(who.id), broken, `${what}, asked again`)
    await house.breakIn((database) => {
      database.exec('DELETE FROM records; DELETE FROM record_index')
      const insert = database.prepare(
        `INSERT INTO records (namespace, key, version, expires, fields, value)
         VALUES (@namespace, @key, @version, @expires, @fields, @value)`,
      )
      for (const row of before) insert.run(row)
    })
    t.match(await house.access.subjects.get(who.id), { enabled: true }, 'put back')
  }
})
