import t from 'tap'
import { builtinRoles, decide, ObjectGrants, type ObjectRights } from '../../lib/access/index.js'
import { catalogue } from '../../lib/core/catalogue.js'
import { check } from '../../lib/core/checks.js'
import type { Services } from '../../lib/core/services.js'
import { isMortiseError } from '../../lib/errors/index.js'
import {
  type GrantRow,
  type ManagedObject,
  type ObjectOperation,
  type ObjectPermission,
  objectPermissions,
  type Permission,
  purposes,
  type Role,
  type Subject,
  type SystemOperation,
  states,
  systemPermissions,
  type Usage,
  usageMask,
} from '../../lib/operation/index.js'
import { ann } from '../support/subject.js'

/**
 * Every operation of the catalogue, asked by everybody who could be, on every object that could be. What must come of it
 * is said by the model below, which knows nothing of how it is decided.
 */

type Asked = ObjectOperation<Services, Readonly<Record<string, unknown>>, unknown>

/** What operations are asked whose demands depend on it. */
const inputs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  OpenCipher: { purposes: ['encrypt', 'decrypt'] },
  OpenSigner: {},
  OpenVerifier: {},
  OpenMAC: { purposes: ['generate', 'verify'] },
  GenerateDataKey: { as: 'plaintext' },
  DecryptDataKey: { as: 'plaintext' },
  AddAttribute: { name: 'Comment' },
  ModifyAttribute: { name: 'Comment' },
  SetAttribute: { name: 'Comment' },
  DeleteAttribute: { name: 'Comment' },
  RenewKeymanagerKey: { use: 'Encrypt' },
}

const nobody: Subject = { ...ann, groups: new Map([['g1', 'clerks']]) }
const all = objectPermissions
const half = objectPermissions.filter((_, at) => at % 2 === 0)

/** Who asks, by the role that it has: and what the role is good for on an object named `invoices/1` in `payments`. */
interface Standing {
  readonly role: Role | null
  readonly through: string | null
  /** Of keys of general purpose; `everywhere` of the others too. */
  readonly gives: readonly Permission[]
  readonly everywhere: boolean
}

const own = (scope: Role['scope']): Role => ({
  name: 'own',
  description: '',
  system: [],
  objects: half,
  scope,
})

const standings: readonly Standing[] = [
  { role: null, through: null, gives: [], everywhere: true },
  ...builtinRoles.map((role) => ({
    role,
    through: null,
    gives: [...role.system, ...role.objects],
    everywhere: true,
  })),
  { role: own(null), through: 'clerks', gives: half, everywhere: true },
  { role: own({ namePrefix: 'invoices/' }), through: null, gives: half, everywhere: false },
  { role: own({ objectGroup: 'payments' }), through: 'clerks', gives: half, everywhere: false },
  { role: own({ namePrefix: 'invoices/10' }), through: null, gives: [], everywhere: false },
  { role: own({ objectGroup: 'payment' }), through: null, gives: [], everywhere: false },
]

/** A grant: on the key, or on a scope; whether it is for Ann, and for keys of every purpose. */
interface Given {
  readonly rows: readonly GrantRow[]
  readonly scoped: Subject['scoped']
  readonly reaches: boolean
  readonly everywhere: boolean
}

const onKey = (granteeKind: GrantRow['granteeKind'], grantee: string, reaches: boolean): Given => ({
  rows: [{ object: 'k', granteeKind, grantee, version: 1, permissions: half, mac: Buffer.alloc(0) }],
  scoped: [],
  reaches,
  everywhere: true,
})
const onScope = (scope: NonNullable<Role['scope']>, reaches: boolean, grantee = 'ann'): Given => ({
  rows: [],
  scoped: [{ granteeKind: grantee === 'g1' ? 'group' : 'principal', grantee, scope, permissions: half }],
  reaches,
  everywhere: false,
})

const gifts: readonly Given[] = [
  { rows: [], scoped: [], reaches: false, everywhere: true },
  onKey('principal', 'ann', true),
  onKey('principal', 'bob', false),
  onKey('group', 'g1', true),
  onKey('group', 'g2', false),
  onKey('everyone', '', true),
  onScope({ namePrefix: 'i' }, true),
  onScope({ namePrefix: 'invoices/1' }, true, 'g1'),
  onScope({ namePrefix: 'Invoices/' }, false),
  onScope({ objectGroup: 'payments' }, true),
  onScope({ objectGroup: 'other' }, false, 'g1'),
]

function objectOf(
  state: ManagedObject['state'],
  purpose: ManagedObject['purpose'],
  usage: number,
): ManagedObject {
  const values = { extractable: true, sensitive: false, objectGroups: ['payments'] }
  return {
    id: 'k',
    version: 1,
    domain: 'root',
    type: 'SymmetricKey',
    state,
    purpose,
    owner: 'bob',
    name: 'invoices/1',
    family: 'k',
    serial: 1,
    algorithm: 'AES',
    length: 256,
    usage,
    created: 0,
    provider: 'software',
    attributes: '{}',
    material: null,
    mac: Buffer.alloc(0),
    values,
  } as unknown as ManagedObject
}

const fullMask = Object.values(usageMask).reduce((mask, bit) => mask | bit, 0)

/** What an operation asks for, as it says itself. */
function demandsOf(operation: Asked) {
  const input = inputs[operation.name] ?? {}
  const object = objectOf('Active', 'general', fullMask)
  const ask = <T>(demand: T | ((input: never, object: ManagedObject) => T)): T =>
    typeof demand === 'function'
      ? (demand as (input: unknown, object: ManagedObject) => T)(input, object)
      : demand
  const permission = ask<ObjectPermission | readonly ObjectPermission[]>(operation.permission)
  const usage = ask<Usage | readonly Usage[] | undefined>(operation.usage)
  return {
    input,
    permissions: [permission].flat() as ObjectPermission[],
    states: ask(operation.states),
    usage: [usage].flat().filter((one) => one !== undefined),
  }
}

t.test('every operation on an object', async (t) => {
  const wrong: string[] = []
  const skipped: string[] = []
  let asked = 0
  for (const operation of catalogue.values()) {
    if (!('target' in operation)) continue
    const one = operation as unknown as Asked
    let demands: ReturnType<typeof demandsOf>
    try {
      demands = demandsOf(one)
    } catch {
      skipped.push(one.name)
      continue
    }
    for (const state of states)
      for (const purpose of purposes)
        for (const usage of [fullMask, 0]) {
          const object = objectOf(state, purpose, usage)
          const fits =
            one.purposes.includes(purpose) &&
            demands.states.includes(state) &&
            (demands.usage.length === 0 || usage === fullMask)
          const passes = passed(() => check(one, demands.input, object, 0))
          asked++
          if (passes !== fits) wrong.push(`${one.name} on ${state} ${purpose} ${usage}: ${passes}`)
        }
    for (const standing of standings)
      for (const gift of gifts)
        for (const enabled of [true, false])
          for (const owner of ['ann', 'bob'])
            for (const purpose of purposes) {
              const who: Subject = {
                ...nobody,
                enabled,
                held: standing.role ? [{ role: standing.role, through: standing.through }] : [],
                scoped: gift.scoped,
              }
              const object: ObjectRights = {
                owner,
                purpose,
                name: 'invoices/1',
                objectGroups: ['payments'],
                grants: new ObjectGrants(gift.rows),
              }
              const general = purpose === 'general'
              const expected =
                enabled &&
                demands.permissions.every(
                  (permission) =>
                    owner === 'ann' ||
                    (standing.gives.includes(permission) && (general || standing.everywhere)) ||
                    (gift.reaches &&
                      half.includes(permission) &&
                      permission !== 'Grant' &&
                      (general || gift.everywhere)),
                )
              const actual = demands.permissions.every((one) => decide(who, one, object).allowed)
              asked++
              if (actual !== expected) {
                wrong.push(
                  `${one.name} (${demands.permissions}) as ${standing.role?.name} ${JSON.stringify(standing.role?.scope)}, ${JSON.stringify(gift)}, ${owner}, ${purpose}, ${enabled}: ${actual}`,
                )
              }
            }
  }
  t.strictSame(wrong.slice(0, 5), [])
  t.ok(asked > 10_000, `${asked} decisions`)
  t.comment(`not asked, for want of an input: ${skipped.join(', ')}`)
  t.ok(all.length > half.length)
})

t.test('every operation on no object', async (t) => {
  const wrong: string[] = []
  for (const operation of catalogue.values()) {
    if ('target' in operation) continue
    const { name, permission } = operation as SystemOperation<Services, never, unknown>
    for (const standing of standings)
      for (const given of [[], systemPermissions.filter((_, at) => at % 2 === 0)])
        for (const enabled of [true, false]) {
          const who: Subject = {
            ...nobody,
            enabled,
            permissions: given,
            held: standing.role ? [{ role: standing.role, through: standing.through }] : [],
          }
          const expected =
            enabled &&
            (permission === 'Query' ||
              permission === 'SelfManage' ||
              given.includes(permission) ||
              standing.gives.includes(permission))
          if (decide(who, permission).allowed !== expected) wrong.push(`${name} as ${standing.role?.name}`)
        }
  }
  t.strictSame(wrong, [])
})

t.test('the administrator has every system permission, and no other role manages rights', async (t) => {
  const asked = new Set([...catalogue.values()].flatMap((one) => ('target' in one ? [] : [one.permission])))
  const [administrator, ...others] = builtinRoles
  const everybodys = ['Query', 'SelfManage']
  t.strictSame(
    [...asked].filter((one) => !everybodys.includes(one) && !administrator?.system.includes(one)),
    [],
  )
  for (const { name, system, objects } of others) {
    t.notOk(
      system.includes('RoleManage') || system.includes('GrantManage') || objects.includes('Grant'),
      name,
    )
  }
})

function passed(work: () => void): boolean {
  try {
    work()
    return true
  } catch (error) {
    if (isMortiseError(error)) return false
    throw error
  }
}
