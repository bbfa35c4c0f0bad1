import fc from 'fast-check'
import t from 'tap'
import {
  addMember,
  createConnection,
  createGroup,
  createPrincipal,
  createRole,
  createToken,
  decide,
  deletePrincipal,
  grant,
  grantOnScope,
  linkIdentity,
  removeMember,
  setConnection,
  setGroup,
  setPassword,
  setPrincipal,
  setRole,
  unlinkIdentity,
  withdraw,
} from '../../lib/access/index.js'
import { defaultPermissions } from '../../lib/access/principals.js'
import { isMortiseError } from '../../lib/errors/index.js'
import {
  type GrantablePermission,
  objectPermissions,
  type Principal,
  type SystemPermission,
  systemPermissions,
} from '../../lib/operation/index.js'
import { AccessHouse } from './house.js'

const names = ['owner', 'ann', 'bob', 'carol'] as const

const name = fc.constantFrom(...names)

t.test('no sequence of grants makes somebody a granter who is neither owner nor administrator', async (t) => {
  const house = await AccessHouse.build(t)
  const people = new Map<string, Principal>()
  for (const name of names) people.set(name, await house.register({ name }))
  const who = (name: string) => people.get(name) as Principal
  const permissions = fc.subarray([...objectPermissions], { minLength: 1 }) as fc.Arbitrary<
    GrantablePermission[]
  >
  const grantee = fc.oneof(
    name.map((principal) => ({ principal })),
    fc.constant({ everyone: true as const }),
  )
  const step = fc.record({ actor: name, operation: fc.constantFrom(grant, withdraw), grantee, permissions })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const key = await house.house.makeObject(who('owner').id)
      for (const { actor, operation, grantee, permissions } of steps) {
        await attempt(house.runOn(who(actor), operation, { object: key.id, grantee, permissions }, key))
      }
      const rights = await house.rights(key)
      const granters = await Promise.all(
        names.map(async (name) => decide(await house.subject(who(name)), 'Grant', rights).allowed),
      )
      return granters.every((may, at) => may === (names[at] === 'owner'))
    }),
    { numRuns: 60 },
  )
})

t.test('no sequence of administrative acts by others raises what they may do together', async (t) => {
  const clerks: Record<string, readonly SystemPermission[]> = {
    ann: ['PrincipalManage', 'Create'],
    bob: ['TokenManage', 'PrincipalRead'],
    carol: [],
  }
  const actor = fc.constantFrom('ann', 'bob', 'carol')
  const target = fc.constantFrom('admin', 'ann', 'bob', 'carol', 'made')
  const permissions = fc.subarray([...systemPermissions])
  const roles = fc.subarray(['administrator'] as const)
  const step = fc.oneof(
    fc.record({ act: fc.constant('create' as const), actor, roles, permissions }),
    fc.record({ act: fc.constant('set' as const), actor, target, roles, permissions }),
    fc.record({ act: fc.constant('token' as const), actor, target }),
    fc.record({ act: fc.constant('password' as const), actor, target }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
      const house = await AccessHouse.build(t)
      const admin = await house.register({ name: 'admin', roles: ['administrator'] })
      for (const [name, permissions] of Object.entries(clerks)) await house.register({ name, permissions })
      const reached: string[] = []
      for (const step of steps) {
        const actor = await house.access.principals.find(step.actor)
        if (step.act === 'create') {
          await attempt(house.run(actor, createPrincipal, { ...step, name: 'made' }))
        } else if (step.act === 'set') {
          await attempt(house.run(actor, setPrincipal, { ...step, principal: step.target }))
        } else if (step.act === 'token') {
          const token = await attempt(house.run(actor, createToken, { principal: step.target }))
          if (token) reached.push(token.principal)
        } else {
          const password = 'a password of theirs'
          const set = await attempt(house.run(actor, setPassword, { principal: step.target, password }))
          if (set) reached.push((await house.access.principals.find(step.target)).id)
        }
      }
      const had = new Set<SystemPermission>(['Query', 'SelfManage', ...Object.values(clerks).flat()])
      for (const principal of await house.access.principals.list(100, undefined)) {
        if (principal.id === admin.id) continue
        const subject = await house.subject(principal)
        if (systemPermissions.some((one) => decide(subject, one).allowed && !had.has(one))) return false
      }
      return !reached.includes(admin.id)
    }),
    { numRuns: 15 },
  )
})

t.test(
  'no sequence of changes of groups and roles raises what those who make them may do together',
  async (t) => {
    const clerks: Record<string, readonly SystemPermission[]> = {
      ann: ['GroupManage', 'Create'],
      bob: ['RoleManage', 'GrantManage'],
      carol: ['PrincipalManage'],
    }
    const actor = fc.constantFrom('ann', 'bob', 'carol')
    const target = fc.constantFrom('ann', 'bob', 'carol')
    const group = fc.constantFrom('billing', 'club', 'made', 'admin', 'Key Admins')
    const roles = fc.subarray(['administrator', 'auditor', 'narrow', 'made'])
    const system = fc.subarray([...systemPermissions], { maxLength: 2 })
    const objects = fc.subarray(['Get', 'Grant', 'Revoke'] as const)
    const scope = fc.constantFrom(null, { namePrefix: 'k' }, { namePrefix: 'k/1' })
    const step = fc.oneof(
      fc.record({ act: fc.constant('add' as const), actor, group, target }),
      fc.record({ act: fc.constant('remove' as const), actor, group, target }),
      fc.record({ act: fc.constant('group' as const), actor, roles, members: fc.subarray(['ann', 'bob']) }),
      fc.record({ act: fc.constant('set group' as const), actor, group, roles }),
      fc.record({ act: fc.constant('role' as const), actor, system, objects, scope }),
      fc.record({ act: fc.constant('set role' as const), actor, system, objects, scope }),
      fc.record({ act: fc.constant('principal' as const), actor, target, roles }),
      fc.record({ act: fc.constant('grant' as const), actor, target }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const house = await AccessHouse.build(t)
        const admin = await house.register({ name: 'admin', roles: ['administrator'] })
        for (const [name, permissions] of Object.entries(clerks)) await house.register({ name, permissions })
        await house.run(admin, createRole, { name: 'narrow', objects: ['Get'], scope: { namePrefix: 'k/' } })
        await house.run(admin, createGroup, { name: 'billing', roles: ['narrow'] })
        await house.run(admin, createGroup, { name: 'club', members: ['ann'] })
        const key = await house.house.makeObject(admin.id)
        await house.runOn(
          admin,
          grant,
          { object: key.id, grantee: { group: 'billing' }, permissions: ['Encrypt'] },
          key,
        )
        for (const one of steps) {
          const actor = await house.access.principals.find(one.actor)
          const { act } = one
          if (act === 'add') await attempt(house.run(actor, addMember, { ...one, principal: one.target }))
          if (act === 'remove')
            await attempt(house.run(actor, removeMember, { ...one, principal: one.target }))
          if (act === 'group')
            await attempt(house.run(actor, createGroup, { ...fieldsOf(one), name: 'made' }))
          if (act === 'set group')
            await attempt(house.run(actor, setGroup, { group: one.group, roles: one.roles }))
          if (act === 'role') await attempt(house.run(actor, createRole, { ...fieldsOf(one), name: 'made' }))
          if (act === 'set role') await attempt(house.run(actor, setRole, { ...fieldsOf(one), role: 'made' }))
          if (act === 'principal') {
            await attempt(house.run(actor, setPrincipal, { principal: one.target, roles: one.roles }))
          }
          if (act === 'grant') {
            const grantee = { principal: one.target }
            const input = { scope: { namePrefix: 'k' }, grantee, permissions: ['Encrypt'] as const }
            await attempt(house.run(actor, grantOnScope, input))
          }
        }
        const had = new Set<SystemPermission>(['Query', 'SelfManage', ...Object.values(clerks).flat()])
        const rights = { ...(await house.rights(key)), name: 'k/1' }
        for (const name of Object.keys(clerks)) {
          const subject = await house.subject(await house.access.principals.find(name))
          if (systemPermissions.some((one) => decide(subject, one).allowed && !had.has(one))) return false
          if (objectPermissions.some((one) => decide(subject, one, rights).allowed)) return false
        }
        return true
      }),
      { numRuns: 12 },
    )
  },
)

t.test(
  'no sequence of changes of users, identities, groups and roles raises what those who make them may do together',
  async (t) => {
    const clerks: Record<string, readonly SystemPermission[]> = {
      ann: ['PrincipalManage', 'Create'],
      bob: ['GroupManage', 'TokenManage'],
      carol: ['RoleManage', 'PrincipalRead'],
    }
    const actor = fc.constantFrom('ann', 'bob', 'carol')
    const target = fc.constantFrom('admin', 'ann', 'bob', 'carol', 'made', 'outside')
    const group = fc.constantFrom('club', 'made', 'admin')
    const roles = fc.subarray(['administrator', 'auditor', 'made'])
    const permissions = fc.subarray([...systemPermissions], { maxLength: 3 })
    const subject = fc.constantFrom('1', '2', 'of the administrator')
    const outside = fc.subarray(['clerk', 'admin'])
    const step = fc.oneof(
      fc.record({ act: fc.constant('create' as const), actor, roles, permissions }),
      fc.record({ act: fc.constant('set' as const), actor, target, roles, permissions }),
      fc.record({ act: fc.constant('rename' as const), actor, target }),
      fc.record({ act: fc.constant('certificate' as const), actor, target }),
      fc.record({ act: fc.constant('delete' as const), actor, target }),
      fc.record({ act: fc.constant('link' as const), actor, target, subject }),
      fc.record({ act: fc.constant('unlink' as const), actor, subject }),
      fc.record({ act: fc.constant('connect' as const), actor, group }),
      fc.record({ act: fc.constant('come in' as const), subject, outside }),
      fc.record({ act: fc.constant('add' as const), actor, group, target }),
      fc.record({ act: fc.constant('group' as const), actor, roles }),
      fc.record({ act: fc.constant('role' as const), actor, system: permissions }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const house = await AccessHouse.build(t)
        const admin = await house.register({ name: 'admin', roles: ['administrator'] })
        for (const [name, permissions] of Object.entries(clerks)) await house.register({ name, permissions })
        await house.run(admin, createGroup, { name: 'club' })
        const settings = { issuer: 'https://id.example.org' }
        const corp = {
          name: 'corp',
          kind: 'oidc',
          registers: true,
          groups: { clerk: 'club' },
          settings,
        } as const
        await house.run(admin, createConnection, corp)
        const own = { connection: 'corp', subject: 'of the administrator' }
        await house.run(admin, linkIdentity, { ...own, principal: 'admin' })
        for (const one of steps) {
          if (one.act === 'come in') {
            const profile = { username: 'outside', groups: one.outside }
            await attempt(house.admit({ connection: 'corp', subject: one.subject, profile }))
            continue
          }
          const actor = await attempt(house.access.principals.find(one.actor))
          if (!actor) continue
          const act = async () => {
            switch (one.act) {
              case 'create':
                return house.run(actor, createPrincipal, { ...fieldsOf(one), name: 'made' })
              case 'set':
                return house.run(actor, setPrincipal, { ...fieldsOf(one), principal: one.target })
              case 'rename':
                return house.run(actor, setPrincipal, { principal: one.target, name: 'made' })
              case 'certificate':
                return house.run(actor, setPrincipal, {
                  principal: one.target,
                  certificateSubject: 'CN=theirs',
                })
              case 'delete':
                return house.run(actor, deletePrincipal, { principal: one.target, force: true })
              case 'link':
                return house.run(actor, linkIdentity, {
                  connection: 'corp',
                  subject: one.subject,
                  principal: one.target,
                })
              case 'unlink':
                return house.run(actor, unlinkIdentity, { connection: 'corp', subject: one.subject })
              case 'connect':
                return house.run(actor, setConnection, { connection: 'corp', groups: { clerk: one.group } })
              case 'add':
                return house.run(actor, addMember, { group: one.group, principal: one.target })
              case 'group':
                return house.run(actor, createGroup, { name: 'made', roles: one.roles })
              case 'role':
                return house.run(actor, createRole, { name: 'made', system: one.system })
            }
          }
          await attempt(act())
        }
        // Those whom the connection registers have what everybody has to begin with.
        const begun = defaultPermissions
        const had = new Set<SystemPermission>([
          'Query',
          'SelfManage',
          ...begun,
          ...Object.values(clerks).flat(),
        ])
        const { identities, accounts, principals } = house.access
        if (!(await principals.get(admin.id))?.enabled) return false
        if ((await identities.principalOf('corp', own.subject)) !== admin.id) return false
        for (const subject of ['1', '2']) {
          if ((await identities.principalOf('corp', subject)) === admin.id) return false
        }
        if ((await accounts.idOfSubject('CN=theirs')) === admin.id) return false
        for (const principal of await principals.list(100, undefined)) {
          if (principal.id === admin.id) continue
          const subject = await house.subject(principal)
          if (systemPermissions.some((one) => decide(subject, one).allowed && !had.has(one))) return false
        }
        return true
      }),
      { numRuns: 15 },
    )
  },
)

/** The fields of an operation's input. */
function fieldsOf<Step extends { readonly act: string; readonly actor: string }>({
  act: _,
  actor: __,
  ...fields
}: Step) {
  return fields
}

/** What it answers, or undefined where it is refused as it should be. */
async function attempt<T>(act: Promise<T>): Promise<T | undefined> {
  try {
    return await act
  } catch (error) {
    if (!isMortiseError(error) || error.status >= 500) throw error
    return undefined
  }
}
