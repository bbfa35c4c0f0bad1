import t from 'tap'
import { KeyHouse } from '../support/key_house.js'

const refused = { code: 'MORTISE_CRYPTO_POLICY', status: 403 }

t.test('the policy is approved unless another one is set', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  await t.rejects(ann.createKey({ algorithm: 'HMAC-SHA-1' }), {
    ...refused,
    details: { refused: 'HMAC-SHA-1', policy: 'approved' },
  })
  const material = Buffer.alloc(20, 7)
  await t.rejects(ann.register({ format: 'raw', algorithm: 'HMAC-SHA-1', material }), refused)
  const { records } = await (await house.administrator()).audit({ principal: ann.principal.id })
  t.match(records[0], { operation: 'Register', outcome: 'failed', code: 'MORTISE_CRYPTO_POLICY' })
  await t.rejects(house.open({ policy: 'lax' as 'approved' }), { code: 'MORTISE_CONFIG_INVALID' })
})

t.test('compatible admits what is not approved and marks every use', async (t) => {
  const house = await KeyHouse.build(t, { policy: 'compatible' })
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'HMAC-SHA-1' })
  await ann.mac(id, Buffer.from('data'))
  await ann.rekey(id)
  const material = Buffer.alloc(20, 7)
  await ann.register({ format: 'raw', algorithm: 'HMAC-SHA-1', material })
  const { id: approved } = await ann.createKey({ algorithm: 'HMAC-SHA-256' })
  await ann.mac(approved, Buffer.from('data'))
  const { records } = await (await house.administrator()).audit({ principal: ann.principal.id })
  const marks = records.map(({ operation, detail }) => [operation, detail['notApproved']])
  t.strictSame(marks.reverse(), [
    ['Create', 'HMAC-SHA-1'],
    ['MAC', 'HMAC-SHA-1'],
    ['Rekey', 'HMAC-SHA-1'],
    ['Register', 'HMAC-SHA-1'],
    ['Create', undefined],
    ['MAC', undefined],
  ])
})

t.test('a key of before protects nothing once the policy is approved', async (t) => {
  const house = await KeyHouse.build(t, { policy: 'compatible' })
  const { id } = await (await house.as('ann')).createKey({ algorithm: 'HMAC-SHA-1' })
  const ann = await house.as('ann', await house.open({ policy: 'approved' }))
  await t.rejects(ann.mac(id, Buffer.from('data')), refused)
  await t.rejects(ann.rekey(id), refused)
})
