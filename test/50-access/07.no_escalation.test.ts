import fc from 'fast-check'
import t from 'tap'
import {
  createPrincipal,
  createToken,
  decide,
  grant,
  setPassword,
  setPrincipal,
  withdraw,
} from '../../lib/access/index.js'
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

/** What it answers, or undefined where it is refused as it should be. */
async function attempt<T>(act: Promise<T>): Promise<T | undefined> {
  try {
    return await act
  } catch (error) {
    if (!isMortiseError(error) || error.status >= 500) throw error
    return undefined
  }
}
