import t from 'tap'
import { type Decision, decide, type ObjectRights, roles } from '../../lib/access/index.js'
import {
  type GrantRow,
  objectPermissions,
  type Permission,
  type Principal,
  systemPermissions,
} from '../../lib/operation/index.js'

const all: readonly Permission[] = [...objectPermissions, ...systemPermissions]

const ann: Principal = { id: 'ann', name: 'Ann', kind: 'user', roles: [], permissions: [], enabled: true }
const maker: Principal = { ...ann, permissions: ['Create', 'Import', 'RNGRetrieve'] }
const administrator: Principal = { ...ann, roles: ['administrator'] }

function grantTo(
  granteeKind: GrantRow['granteeKind'],
  grantee: string,
  ...permissions: Permission[]
): GrantRow {
  return { object: 'key', granteeKind, grantee, version: 1, permissions, mac: Buffer.alloc(0) }
}

function owned(owner: string, ...grants: GrantRow[]): ObjectRights {
  return { owner, grants }
}

const everything = grantTo('principal', 'ann', ...all)

interface Case {
  readonly who: string
  readonly principal: Principal
  readonly object?: ObjectRights
  /** Every permission that is had, with its reason; all others are denied. */
  readonly has: Partial<Record<Permission, string>>
}

const reason = (text: string, permissions: readonly Permission[]) =>
  Object.fromEntries(permissions.map((permission) => [permission, text]))

const self = { Query: 'everybody', SelfManage: 'everybody' }
const made = { Create: 'permitted Create', Import: 'permitted Import', RNGRetrieve: 'permitted RNGRetrieve' }
const administers = reason('role administrator', roles.administrator.system)
const governs = reason('role administrator', roles.administrator.objects)
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

t.test('no role opens a key', async (t) => {
  const opens: readonly Permission[] = [
    'Decrypt',
    'Encrypt',
    'Export',
    'MAC',
    'MACVerify',
    'Rekey',
    'Sign',
    'SignatureVerify',
  ]
  for (const [role, { objects }] of Object.entries(roles)) {
    t.strictSame(
      objects.filter((permission) => opens.includes(permission)),
      [],
      role,
    )
  }
})
