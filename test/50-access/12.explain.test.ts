import t from 'tap'
import type { AccessExplanation } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const data = Buffer.from('data')

async function inhabited(t: Parameters<typeof KeyHouse.build>[0]) {
  const house = await KeyHouse.build(t)
  const [ann, bob, admin] = [await house.as('ann'), await house.as('bob'), await house.administrator()]
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'invoices/1' })
  return { house, ann, bob, admin, id }
}

/** `owner refuses; roles silent: ...` as one reads it. */
const told = ({ steps }: AccessExplanation) =>
  steps.map(({ check, verdict, reason }) => `${check} ${verdict}: ${reason}`)

t.test('every reason in order, of what is allowed and of what is not', async (t) => {
  const { ann, bob, admin, id } = await inhabited(t)
  const ask = (principal: string, operation: string, object?: string) =>
    admin.explainAccess({ principal, operation, ...(object !== undefined && { object }) })

  const refused = await ask('bob', 'Encrypt', 'invoices/1')
  t.match(refused, { allowed: false, code: 'MORTISE_KEY_NOT_FOUND', object: id, principal: bob.principal.id })
  t.strictSame(told(refused).slice(0, 6), [
    'principal allows: enabled',
    'owner silent: bob is not the owner',
    'roles silent: no roles',
    'grants silent: no grant on the key',
    'scopes silent: no grant on a scope',
    'permission refuses: not the owner, no role and no grant for Encrypt',
  ])
  t.match(told(refused).slice(6), [/^purpose allows/, /^state allows/])

  await admin.createGroup({ name: 'billing', members: ['bob'], roles: ['auditor'] })
  await ann.grant(id, { group: 'billing' }, ['Encrypt'])
  await admin.grantOnScope({ namePrefix: 'invoices/' }, { everyone: true }, ['Encrypt', 'Decrypt'])
  const granted = await ask('bob', 'Encrypt', id)
  t.match(granted, { allowed: true, code: null })
  t.strictSame(told(granted).slice(0, 6), [
    'principal allows: enabled',
    'owner silent: bob is not the owner',
    'roles silent: not in the roles auditor',
    'grants allows: granted Encrypt to the group billing',
    'scopes allows: granted Encrypt on name:invoices/* to everyone',
    'permission allows: granted Encrypt to the group billing',
  ])
  t.match(told(await ask('ann', 'Get', id))[1], 'owner allows: owner')
  t.match(told(await ask('bob', 'Get', id))[2], 'roles allows: role auditor through the group billing')
  t.match(await ask('bob', 'Sign', id), { allowed: false, code: 'MORTISE_ACCESS_DENIED' })

  await ann.revoke(id)
  const stopped = await ask('bob', 'Encrypt', id)
  t.match(stopped, { allowed: false, code: 'MORTISE_KEY_STATE' })
  t.ok(
    told(stopped).includes('state refuses: Encrypt needs an object that is Active: this one is Deactivated'),
  )
  t.match(await ask('bob', 'Decrypt', id), { allowed: true })
  t.match(await ask('ann', 'Sign', id), { code: 'MORTISE_KEY_STATE', allowed: false })

  await admin.setPrincipal('bob', { enabled: false })
  const disabled = await ask('bob', 'Decrypt', id)
  t.match(disabled, { allowed: false, code: 'MORTISE_AUTH_REQUIRED' })
  t.equal(told(disabled)[0], 'principal refuses: disabled')
})

t.test('of what is done to no object, and of what depends on the input', async (t) => {
  const { admin, id } = await inhabited(t)
  const create = await admin.explainAccess({ principal: 'bob', operation: 'Create' })
  t.match(create, { allowed: true, object: null })
  t.strictSame(told(create), ['principal allows: enabled', 'permission allows: permitted Create'])
  t.match(await admin.explainAccess({ principal: 'bob', operation: 'CreatePrincipal' }), {
    allowed: false,
    code: 'MORTISE_ACCESS_DENIED',
  })
  const ask = { principal: 'ann', operation: 'OpenCipher', object: id }
  await t.rejects(admin.explainAccess(ask), { code: 'MORTISE_INPUT_INVALID' })
  t.match(await admin.explainAccess({ ...ask, input: { purposes: ['encrypt'] } }), { allowed: true })
  await t.rejects(admin.explainAccess({ principal: 'ann', operation: 'Encrypt' }), {
    code: 'MORTISE_INPUT_INVALID',
  })
  await t.rejects(admin.explainAccess({ principal: 'ann', operation: 'Nothing' }), {
    code: 'MORTISE_INPUT_INVALID',
    message: /give one of .*Encrypt/,
  })
  await t.rejects(admin.explainAccess({ principal: 'nobody', operation: 'Create' }), {
    code: 'MORTISE_PRINCIPAL_NOT_FOUND',
  })
})

t.test('it needs a permission, tells of no key that one may not know of, and is recorded', async (t) => {
  const { house, bob, admin, id } = await inhabited(t)
  const ask = { principal: 'ann', operation: 'Encrypt', object: id }
  t.equal(await outcome(bob.explainAccess(ask)), 'MORTISE_ACCESS_DENIED')
  await house.km.ensurePrincipal({ name: 'desk', permissions: ['AccessExplain'] })
  const desk = await house.km.as('desk')
  t.equal(await outcome(desk.explainAccess(ask)), 'MORTISE_KEY_NOT_FOUND')
  await admin.explainAccess(ask)
  t.match(await admin.audit({ limit: 1 }), {
    records: [{ operation: 'ExplainAccess', object: id, detail: { operation: 'Encrypt', allowed: true } }],
  })
})

t.test('it says what the operation then does', async (t) => {
  const { ann, bob, admin, id } = await inhabited(t)
  await ann.grant(id, { principal: 'bob' }, ['Encrypt', 'Revoke', 'Export'])
  const operations = {
    Get: () => bob.get(id),
    Encrypt: () => bob.encrypt(id, data),
    MAC: () => bob.mac(id, data),
    Activate: () => bob.activate(id),
    Revoke: () => bob.revoke(id),
  }
  for (const [operation, run] of Object.entries(operations)) {
    const { allowed, code } = await admin.explainAccess({ principal: 'bob', operation, object: id })
    t.equal(await outcome(run()), allowed ? 'ok' : code, operation)
  }
})
