import t from 'tap'
import { minute, TestClock } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'

const wrongState = { code: 'MORTISE_KEY_STATE' }

t.test('an activation and a revocation are taken back within a minute, and never later', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const ann = await house.as('ann')
  const bob = await house.as('bob')

  const { id } = await ann.createKey({ algorithm: 'AES', activate: false })
  const activated = async () => String((await ann.activate(id)).activated)
  const first = await activated()
  await t.rejects(ann.cancelActivation(id, new Date(0).toISOString()), wrongState, 'of another date')
  t.match(await ann.cancelActivation(id, first), { state: 'PreActive', activated: null })
  const second = await activated()
  clock.pass(minute + 1)
  await t.rejects(ann.cancelActivation(id, second), wrongState, 'too late')

  const { deactivated } = await ann.revoke(id)
  t.match(await ann.cancelRevocation(id, { revoked: String(deactivated) }), { state: 'Active' })
  await ann.grant(id, { principal: 'bob' }, ['Revoke'])
  const { compromised } = await bob.revoke(id, 'KeyCompromise')
  const revoked = String(compromised)
  await t.rejects(bob.cancelRevocation(id, { revoked }), { code: 'MORTISE_ACCESS_DENIED' })
  t.match(await ann.cancelRevocation(id, { revoked }), { state: 'Active', revocationReason: null })
  const again = String((await ann.revoke(id, 'KeyCompromise')).compromised)
  clock.pass(minute + 1)
  await t.rejects(ann.cancelRevocation(id, { revoked: again }), wrongState, 'a compromised key stays one')
  t.equal((await ann.get(id)).state, 'Compromised')
})
