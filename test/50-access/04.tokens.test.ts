import t from 'tap'
import {
  createOwnToken,
  createToken,
  listOwnTokens,
  listTokens,
  logIn,
  revokeOwnToken,
  revokeToken,
  setPrincipal,
} from '../../lib/access/index.js'
import { AccessHouse } from './house.js'

const refused = { code: 'MORTISE_AUTH_REQUIRED', message: 'credentials are missing or not valid' }

async function inhabited(t: Parameters<typeof AccessHouse.build>[0]) {
  const house = await AccessHouse.build(t)
  const admin = await house.register({ name: 'admin', roles: ['administrator'] })
  const ann = await house.register({ name: 'ann' })
  const authenticate = (text: string) => house.bearer(text)
  return { house, admin, ann, authenticate }
}

t.test('a token stands for its principal', async (t) => {
  const { house, admin, ann, authenticate } = await inhabited(t)
  const token = await house.run(ann, createOwnToken, { label: 'laptop' })
  t.match(token.text, /^mrt_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$/)
  t.match(token, { principal: ann.id, label: 'laptop', created: house.house.clock.now(), expires: null })
  t.strictSame(await authenticate(token.text), ann)
  t.strictSame(await authenticate(token.text), ann, 'from memory too')
  const other = await house.run(admin, createToken, { principal: 'ann', label: 'server' })
  t.strictSame(await authenticate(other.text), ann, 'there may be several')
})

t.test('nothing else is accepted, and every refusal looks the same', async (t) => {
  const { house, ann, authenticate } = await inhabited(t)
  const { text } = await house.run(ann, createOwnToken, {})
  await authenticate(text)
  const changed = (at: number) => text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1)
  const wrong = [
    '',
    'mrt_',
    text.slice(0, -1),
    `${text}A`,
    ` ${text}`,
    `${text}\n`,
    text.toUpperCase(),
    'Bearer',
  ]
  for (const at of [4, 20, 35, 37, 50, 79]) wrong.push(changed(at))
  for (const text of wrong) await t.rejects(authenticate(text), refused, JSON.stringify(text))
})

t.test('the text of a token is nowhere in the store', async (t) => {
  const { house, ann } = await inhabited(t)
  const { text, id } = await house.run(ann, createOwnToken, {})
  const record = await house.house.store.record('token', id)
  const value = record && house.house.barrier.openRecord(record)
  t.ok(value?.includes(id), 'the value is the right one')
  t.notOk(value?.includes(text.slice(37)))
  const tail = await house.house.store.auditTail(1000)
  t.notOk(tail.rows.some(({ record }) => Buffer.from(record).includes(text.slice(37))))
})

t.test('a token expires, from memory too', async (t) => {
  const { house, ann, authenticate } = await inhabited(t)
  const { clock } = house.house
  const minute = await house.run(ann, createOwnToken, { expires: clock.now() + 60_000 })
  const { token: session } = await house.run(ann, logIn, {})
  t.equal(session.expires, clock.now() + 12 * 3_600_000)
  await authenticate(minute.text)
  clock.milliseconds += 59_999
  t.strictSame(await authenticate(minute.text), ann)
  clock.milliseconds += 1
  await t.rejects(authenticate(minute.text), refused)
  await authenticate(session.text)
  clock.milliseconds = session.expires ?? 0
  await t.rejects(authenticate(session.text), refused)
  for (const expires of [clock.now(), clock.now() - 1, Number.NaN, Number.POSITIVE_INFINITY]) {
    await t.rejects(house.run(ann, createOwnToken, { expires }), { code: 'MORTISE_INPUT_INVALID' })
  }
  await t.rejects(house.run(ann, createOwnToken, { label: 'x'.repeat(256) }), {
    code: 'MORTISE_INPUT_INVALID',
  })
})

t.test('tokens are listed without their secrets and revoked one by one', async (t) => {
  const { house, admin, ann, authenticate } = await inhabited(t)
  const issued = [
    await house.run(ann, createOwnToken, { label: 'one' }),
    await house.run(ann, createOwnToken, { label: 'two' }),
  ].sort((a, b) => (a.id < b.id ? -1 : 1))
  await house.run(admin, createOwnToken, {})
  const shown = issued.map(({ text: _, ...token }) => token)
  t.strictSame(await house.run(ann, listOwnTokens, {}), { tokens: shown, next: null })
  t.strictSame(await house.run(admin, listTokens, { principal: 'ann' }), { tokens: shown, next: null })
  t.strictSame(await house.run(ann, listOwnTokens, { limit: 1 }), {
    tokens: shown.slice(0, 1),
    next: shown[0]?.id,
  })

  const [first, second] = issued
  if (!first || !second) return t.fail('two tokens were issued')
  await authenticate(first.text)
  t.match(await house.run(ann, revokeOwnToken, { token: first.id }), { id: first.id })
  await t.rejects(authenticate(first.text), refused)
  t.strictSame(await authenticate(second.text), ann)
  await house.run(admin, revokeToken, { token: second.id })
  await t.rejects(authenticate(second.text), refused)
  await t.rejects(house.run(admin, revokeToken, { token: second.id }), { code: 'MORTISE_TOKEN_NOT_FOUND' })
})

t.test('a revocation in another process counts once it is heard of', async (t) => {
  const { house, ann, authenticate } = await inhabited(t)
  const { id, text } = await house.run(ann, createOwnToken, {})
  await authenticate(text)
  await house.house.apply({ records: [{ remove: { namespace: 'token', key: id, version: 1 } }] })
  house.access.tokens.forget(id)
  await t.rejects(authenticate(text), refused)
})

t.test('whoever is disabled loses its tokens, cached ones too', async (t) => {
  const { house, admin, ann, authenticate } = await inhabited(t)
  const { text } = await house.run(ann, createOwnToken, {})
  await authenticate(text)
  await house.run(admin, setPrincipal, { principal: 'ann', enabled: false })
  await t.rejects(authenticate(text), refused)
  await house.run(admin, setPrincipal, { principal: 'ann', enabled: true })
  await t.rejects(authenticate(text), refused, 'for good')
  const fresh = await house.run(ann, createOwnToken, {})
  t.strictSame(await authenticate(fresh.text), ann)
})

t.test('a disabled principal is refused even while its token is known', async (t) => {
  const { house, ann, authenticate } = await inhabited(t)
  const { text } = await house.run(ann, createOwnToken, {})
  await authenticate(text)
  const before = await house.access.principals.read('ann')
  const record = {
    namespace: 'principal',
    key: ann.id,
    version: before.version + 1,
    expires: null,
    index: {},
  }
  const value = Buffer.concat([
    Buffer.of(1),
    Buffer.from(JSON.stringify({ ...before.value, enabled: false })),
  ])
  await house.house.apply({ records: [{ row: house.house.barrier.sealRecord(record, value) }] })
  house.access.principals.forget(ann.id)
  await t.rejects(authenticate(text), refused)
})

t.test('tokens of others need the right to manage them, and no fewer rights than theirs', async (t) => {
  const { house, admin, ann } = await inhabited(t)
  const clerk = await house.register({ name: 'clerk', permissions: ['TokenManage'] })
  const denied = { code: 'MORTISE_ACCESS_DENIED' }
  const { id } = await house.run(admin, createOwnToken, {})
  await t.rejects(house.run(ann, createToken, { principal: 'ann' }), denied)
  await t.rejects(house.run(ann, listTokens, { principal: 'admin' }), denied)
  await t.rejects(house.run(ann, revokeToken, { token: id }), denied)
  await t.rejects(house.run(ann, revokeOwnToken, { token: id }), { code: 'MORTISE_TOKEN_NOT_FOUND' })
  await t.rejects(house.run(clerk, createToken, { principal: 'admin' }), denied)
  await t.rejects(house.run(clerk, createToken, { principal: 'ann' }), denied)
  t.ok(await house.run(clerk, createToken, { principal: 'clerk' }))
})
