import t from 'tap'
import {
  builtinRoles,
  type Decision,
  decide,
  ObjectGrants,
  type ObjectRights,
} from '../../lib/access/index.js'
import {
  type GrantRow,
  objectPermissions,
  type Permission,
  type Role,
  type Scope,
  type ScopedGrant,
  type Subject,
  systemPermissions,
} from '../../lib/operation/index.js'
import { ann } from '../support/subject.js'

const all: readonly Permission[] = [...objectPermissions, ...systemPermissions]

const [administratorRole] = builtinRoles as readonly [Role]
const maker: Subject = { ...ann, permissions: ['Create', 'Import', 'RNGRetrieve'] }
const administrator: Subject = { ...ann, held: [{ role: administratorRole, through: null }] }
const clerk: Subject = { ...ann, groups: new Map([['g1', 'clerks']]) }

function grantTo(
  granteeKind: GrantRow['granteeKind'],
  grantee: string,
  ...permissions: Permission[]
): GrantRow {
  return { object: 'key', granteeKind, grantee, version: 1, permissions, mac: Buffer.alloc(0) }
}

function owned(owner: string, ...grants: GrantRow[]): ObjectRights {
  return {
    owner,
    purpose: 'general',
    name: 'invoices/2026',
    objectGroups: ['payments'],
    grants: new ObjectGrants(grants),
  }
}

function onScope(
  scope: Scope,
  granteeKind: ScopedGrant['granteeKind'],
  grantee: string,
  ...permissions: ScopedGrant['permissions'][number][]
): ScopedGrant {
  return { granteeKind, grantee, scope, permissions }
}

function officer(scope: Scope | null): Role {
  return { name: 'officer', description: '', system: [], objects: ['Grant', 'Revoke'], scope }
}

const invoices: Scope = { namePrefix: 'invoices/' }
const payments: Scope = { objectGroup: 'payments' }

const everything = grantTo('principal', 'ann', ...all)

interface Case {
  readonly who: string
  readonly principal: Subject
  readonly object?: ObjectRights
  /** Every permission that is had, with its reason; all others are denied. */
  readonly has: Partial<Record<Permission, string>>
}

const reason = (text: string, permissions: readonly Permission[]) =>
  Object.fromEntries(permissions.map((permission) => [permission, text]))

const reasons = (
  others: Partial<Record<Permission, string>>,
  text: string,
  ...permissions: Permission[]
) => ({
  ...others,
  ...reason(text, permissions),
})

const self = { Query: 'everybody', SelfManage: 'everybody' }
const made = { Create: 'permitted Create', Import: 'permitted Import', RNGRetrieve: 'permitted RNGRetrieve' }
const administers = reason('role administrator', administratorRole.system)
const governs = reason('role administrator', administratorRole.objects)
const owns = reason('owner', objectPermissions)

const cases: readonly Case[] = [
  { who: 'somebody without rights, no object', principal: ann, has: self },
  { who: "somebody without rights, a stranger's object", principal: ann, object: owned('bob'), has: self },
  { who: 'the owner', principal: ann, object: owned('ann'), has: { ...self, ...owns } },
  {
    who: 'the owner under an empty grant',
    principal: ann,
    object: owned('ann', grantTo('principal', 'ann')),
    has: { ...self, ...owns },
  },
  { who: 'whoever may make keys, no object', principal: maker, has: { ...self, ...made } },
  {
    who: "whoever may make keys, a stranger's object",
    principal: maker,
    object: owned('bob'),
    has: { ...self, ...made },
  },
  {
    who: 'a grantee',
    principal: ann,
    object: owned('bob', grantTo('principal', 'ann', 'Decrypt', 'Encrypt')),
    has: { ...self, Decrypt: 'granted Decrypt', Encrypt: 'granted Encrypt' },
  },
  {
    who: 'one of everyone',
    principal: ann,
    object: owned('bob', grantTo('everyone', '', 'SignatureVerify')),
    has: { ...self, SignatureVerify: 'granted SignatureVerify to everyone' },
  },
  {
    who: 'a grantee who is one of everyone too',
    principal: ann,
    object: owned(
      'bob',
      grantTo('principal', 'bob', 'Sign'),
      grantTo('principal', 'ann', 'MAC'),
      grantTo('everyone', '', 'Get'),
    ),
    has: { ...self, MAC: 'granted MAC', Get: 'granted Get to everyone' },
  },
  {
    who: 'beside the grantee',
    principal: ann,
    object: owned('bob', grantTo('principal', 'carol', ...all)),
    has: self,
  },
  {
    who: 'a group of the same id as the principal',
    principal: ann,
    object: owned('bob', grantTo('group', 'ann', ...all)),
    has: self,
  },
  {
    who: 'a grantee of everything, were that stored',
    principal: ann,
    object: owned('bob', everything),
    has: {
      ...self,
      ...Object.fromEntries(
        objectPermissions.filter((one) => one !== 'Grant').map((one) => [one, `granted ${one}`]),
      ),
    },
  },
  {
    who: 'one of a group that has a grant',
    principal: clerk,
    object: owned('bob', grantTo('group', 'g2', 'Sign'), grantTo('group', 'g1', 'Encrypt', 'Grant')),
    has: { ...self, Encrypt: 'granted Encrypt to the group clerks' },
  },
  {
    who: 'one of a group that has a role',
    principal: { ...clerk, held: [{ role: officer(null), through: 'clerks' }] },
    object: owned('bob'),
    has: reasons({ ...self }, 'role officer through the group clerks', 'Grant', 'Revoke'),
  },
  {
    who: 'whoever has a role on the object by its name',
    principal: { ...ann, held: [{ role: officer(invoices), through: null }] },
    object: owned('bob'),
    has: reasons({ ...self }, 'role officer on name:invoices/*', 'Grant', 'Revoke'),
  },
  {
    who: 'whoever has a role on other names',
    principal: { ...ann, held: [{ role: officer({ namePrefix: 'invoices/2027' }), through: null }] },
    object: owned('bob'),
    has: self,
  },
  {
    who: 'whoever has a role on names, and the object has none',
    principal: { ...ann, held: [{ role: officer(invoices), through: null }] },
    object: { ...owned('bob'), name: null },
    has: self,
  },
  {
    who: 'whoever has a role on a group of objects',
    principal: { ...ann, held: [{ role: officer(payments), through: null }] },
    object: owned('bob'),
    has: reasons({ ...self }, 'role officer on group:payments', 'Grant', 'Revoke'),
  },
  {
    who: 'whoever has a role on a group that the object is not in',
    principal: { ...ann, held: [{ role: officer(payments), through: null }] },
    object: { ...owned('bob'), objectGroups: ['payment', 'payments2'] },
    has: self,
  },
  {
    who: 'a grantee on a scope',
    principal: { ...ann, scoped: [onScope(invoices, 'principal', 'ann', 'Decrypt', 'Grant')] },
    object: owned('bob'),
    has: { ...self, Decrypt: 'granted Decrypt on name:invoices/*' },
  },
  {
    who: 'one of everyone and of a group, on scopes',
    principal: {
      ...clerk,
      scoped: [onScope(payments, 'group', 'g1', 'Sign'), onScope(invoices, 'everyone', '', 'Get')],
    },
    object: owned('bob'),
    has: {
      ...self,
      Get: 'granted Get on name:invoices/* to everyone',
      Sign: 'granted Sign on group:payments to the group clerks',
    },
  },
  {
    who: 'a grantee on a scope, where the key is of another purpose',
    principal: {
      ...ann,
      held: [{ role: officer(invoices), through: null }],
      scoped: [onScope(invoices, 'principal', 'ann', 'Decrypt')],
    },
    object: { ...owned('bob'), purpose: 'token' },
    has: self,
  },
  {
    who: "somebody else's grant on a scope, were that kept here",
    principal: {
      ...clerk,
      scoped: [onScope(invoices, 'principal', 'bob', 'Get'), onScope(invoices, 'group', 'g2', 'Get')],
    },
    object: owned('bob'),
    has: self,
  },
  { who: 'an administrator, no object', principal: administrator, has: { ...self, ...administers } },
  {
    who: "an administrator, a stranger's object",
    principal: administrator,
    object: owned('bob'),
    has: { ...self, ...administers, ...governs },
  },
  {
    who: 'an administrator with a grant',
    principal: administrator,
    object: owned('bob', grantTo('principal', 'ann', 'Encrypt', 'Get')),
    has: { ...self, ...administers, ...governs, Encrypt: 'granted Encrypt' },
  },
  {
    who: 'an administrator, its own object',
    principal: administrator,
    object: owned('ann'),
    has: { ...self, ...administers, ...owns },
  },
  { who: 'a disabled owner', principal: { ...ann, enabled: false }, object: owned('ann'), has: {} },
  {
    who: 'a disabled grantee',
    principal: { ...ann, enabled: false },
    object: owned('bob', everything),
    has: {},
  },
  {
    who: 'a disabled administrator',
    principal: { ...administrator, enabled: false },
    object: owned('bob'),
    has: {},
  },
  {
    who: 'a disabled one of everyone',
    principal: { ...maker, enabled: false },
    object: owned('bob', grantTo('everyone', '', ...all)),
    has: {},
  },
]

t.test('the whole table of decisions', async (t) => {
  for (const { who, principal, object, has } of cases) {
    const decided: Partial<Record<Permission, string>> = {}
    for (const permission of all) {
      const decision = decide(principal, permission, object)
      if (decision.allowed) decided[permission] = decision.reason
    }
    t.strictSame(decided, { ...has }, who)
  }
})

t.test('a denial says why', async (t) => {
  const why = (decision: Decision) => (decision.allowed ? t.fail('must be denied') : decision.reason)
  t.equal(why(decide({ ...ann, enabled: false }, 'SelfManage')), 'disabled')
  t.equal(why(decide(ann, 'Create')), 'no role and no permission for Create')
  t.equal(why(decide(ann, 'Encrypt', owned('bob'))), 'not the owner, no role and no grant for Encrypt')
  t.equal(why(decide(ann, 'Encrypt')), 'Encrypt is asked on an object')
})

t.test('no built-in role opens a key', async (t) => {
  const opens: readonly Permission[] = [
    'Decrypt',
    'Encrypt',
    'Export',
    'MAC',
    'MACVerify',
    'Sign',
    'SignatureVerify',
  ]
  for (const { name, objects } of builtinRoles) {
    t.strictSame(
      objects.filter((permission) => opens.includes(permission)),
      [],
      name,
    )
  }
})
