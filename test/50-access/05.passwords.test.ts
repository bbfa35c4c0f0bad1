import t from 'tap'
import { createOwnToken, setOwnPassword, setPassword } from '../../lib/access/index.js'
import { AccessHouse } from './house.js'

const refused = { code: 'MORTISE_AUTH_REQUIRED', message: 'credentials are missing or not valid' }
const good = 'correct horse battery'

t.test('a password stands for its principal', async (t) => {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  const ann = await house.register({ name: 'ann' })
  const authenticate = (name: string, password: string) => house.logIn(name, password)
  await t.rejects(authenticate('ann', good), refused, 'before there is one')
  await house.run(admin, setPassword, { principal: 'ann', password: good })
  t.strictSame(await authenticate('ann', good), ann)
  await t.rejects(authenticate('ann', `${good}!`), refused)
  await t.rejects(authenticate('ann', ''), refused)
  await t.rejects(authenticate('admin', good), refused)
  await t.rejects(authenticate('nobody', good), refused)
})

t.test('a new password ends the old one and every token', async (t) => {
  const house = await AccessHouse.build(t)
  const ann = await house.register({ name: 'ann' })
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  await house.run(admin, setPassword, { principal: 'ann', password: good })
  const { text } = await house.run(ann, createOwnToken, {})
  await house.bearer(text)
  const next = 'another long password'
  await t.rejects(house.run(ann, setOwnPassword, { current: 'wrong password', password: next }), {
    code: 'MORTISE_AUTH_REQUIRED',
  })
  t.strictSame(await house.run(ann, setOwnPassword, { current: good, password: next }), { tokensEnded: 1 })
  await t.rejects(house.logIn('ann', good), refused)
  await t.rejects(house.bearer(text), refused)
  t.strictSame(await house.logIn('ann', next), ann)
})

t.test('a password has 12 to 1024 characters, the same however they are composed', async (t) => {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  for (const password of ['', 'x'.repeat(11), 'x'.repeat(1025)]) {
    await t.rejects(house.run(admin, setPassword, { principal: 'admin', password }), {
      code: 'MORTISE_INPUT_INVALID',
    })
  }
  const longest = 'x'.repeat(1024)
  await house.run(admin, setPassword, { principal: 'admin', password: longest })
  t.ok(await house.logIn('admin', longest))
  await t.rejects(house.logIn('admin', `${longest}x`), refused, 'nothing is cut off')
  await house.run(admin, setPassword, { principal: 'admin', password: 'los ni\u00f1os juegan' })
  t.ok(await house.logIn('admin', 'los nin\u0303os juegan'))
})

t.test('a clerk sets no password of somebody who may do more', async (t) => {
  const house = await AccessHouse.build(t)
  await house.register({ name: 'admin', roles: ['administrator'] })
  const clerk = await house.register({ name: 'clerk', permissions: ['PrincipalManage'] })
  await t.rejects(house.run(clerk, setPassword, { principal: 'admin', password: good }), {
    code: 'MORTISE_ACCESS_DENIED',
  })
})
