import t from 'tap'
import { isMortiseError, type KeyManager } from '../../lib/index.js'
import { hour, minute, TestClock } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'

const door = { face: 'test', request: '1' }
const password = 'correct horse battery'
const refused = { code: 'MORTISE_AUTH_REQUIRED', message: 'credentials are missing or not valid' }

async function inhabited(t: Parameters<typeof KeyHouse.build>[0], options = {}) {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false, ...options })
  const { km } = house
  const admin = await house.administrator()
  const { id } = await admin.createPrincipal({ name: 'ann', password })
  const enter = () => km.authenticate({ name: 'ann', password }, door)
  const bearer = (token: string, manager: KeyManager = km) => manager.authenticate({ token }, door)
  return { house, km, clock, admin, id, enter, bearer }
}

t.test('a login is a session that owns its tokens', async (t) => {
  const { km, clock, admin, id, enter, bearer } = await inhabited(t)
  const { session, token } = await (await enter()).logIn({ label: 'laptop', client: 'browser' })
  t.match(session, {
    principal: id,
    identity: `local_account|${id}`,
    factors: [{ method: 'password', at: clock.now() }],
    label: 'laptop',
    client: 'browser',
    created: clock.now(),
    ends: clock.now() + 12 * hour,
    idle: 15 * minute,
  })
  t.match(await bearer(token.text), { login: { id: session.id }, principal: { name: 'ann' } })
  t.match(km.recognise(token.text, door), { login: { id: session.id } })
  const api = await (await km.as('ann')).createToken()
  t.match(await bearer(api.text), { login: null })

  const ann = await km.as('ann')
  const { session: second, token: other } = await (await enter()).logIn()
  const ids = [session.id, second.id].sort()
  t.strictSame(
    (await ann.sessions()).sessions.map(({ id }) => id),
    ids,
  )
  t.strictSame(
    (await admin.sessions({ principal: 'ann' })).sessions.map(({ id }) => id),
    ids,
  )
  t.equal((await ann.tokens()).tokens.length, 3)
  await ann.endSession(session.id)
  await t.rejects(bearer(token.text), refused)
  t.equal(km.recognise(token.text, door), undefined)
  t.equal((await ann.tokens()).tokens.length, 2, 'its tokens went with it')
  t.ok(await bearer(other.text))
  const notFound = { code: 'MORTISE_SESSION_NOT_FOUND' }
  await t.rejects(ann.endSession(session.id), notFound)
  await km.ensurePrincipal({ name: 'bob' })
  const bob = await km.as('bob')
  await t.rejects(bob.endSession(second.id), notFound)
  await t.rejects(bob.endSession(second.id, { own: false }), { code: 'MORTISE_ACCESS_DENIED' })
  await t.rejects(bob.sessions({ principal: 'ann' }), { code: 'MORTISE_ACCESS_DENIED' })
  await admin.endSession(second.id, { own: false })
  await t.rejects(bearer(other.text), refused)
  t.ok(await bearer(api.text))
})

t.test('a session idles out, and lives as long as it is used', async (t) => {
  const { km, clock, enter, bearer } = await inhabited(t)
  const { token, session } = await (await enter()).logIn()
  for (let quarter = 0; quarter < 12; quarter++) {
    clock.pass(14 * minute)
    t.ok(await bearer(token.text), 'it is used')
    // Whatever comes next is committed after the note of it.
    await km.asHost().audit({ limit: 1 })
  }
  const ann = await km.as('ann')
  t.match((await ann.sessions()).sessions, [{ id: session.id }])
  clock.pass(15 * minute)
  t.equal(km.recognise(token.text, door), undefined, 'by the clock')
  await t.rejects(bearer(token.text), refused)
  t.match((await ann.sessions()).sessions, [])
  const { token: next } = await (await enter()).logIn({ idle: null })
  clock.pass(12 * hour - 1)
  t.ok(await bearer(next.text), 'one that does not idle out')
  clock.pass(1)
  await t.rejects(bearer(next.text), refused, 'but it ends')
  for (const wrong of [{ idle: 0 }, { idle: 0.5 }, { lifetime: -1 }, { label: 'x'.repeat(256) }]) {
    await t.rejects((await km.as('ann')).logIn(wrong), { code: 'MORTISE_INPUT_INVALID' })
  }
})

t.test('a use in one process keeps a session alive in another', async (t) => {
  const { house, km, clock, enter, bearer } = await inhabited(t)
  const other = await house.open({ clock, scheduler: false })
  const { token } = await (await enter()).logIn()
  t.ok(await bearer(token.text, other))
  for (let quarter = 0; quarter < 5; quarter++) {
    clock.pass(5 * minute)
    t.ok(await bearer(token.text))
    // Whatever comes next is committed after the note that the session is used.
    await km.asHost().audit({ limit: 1 })
  }
  t.ok(await bearer(token.text, other), 'there it was last used 25 minutes ago')
})

t.test('a refresh token goes on with a session', async (t) => {
  const { km, clock, enter, bearer } = await inhabited(t)
  const first = await (await enter()).logIn({ tokenLifetime: 5 * minute, refresh: { rotates: false } })
  const refreshToken = first.refreshToken?.text ?? ''
  t.match(refreshToken, /^mrr_/)
  clock.pass(5 * minute)
  await t.rejects(bearer(first.token.text), refused)
  for (let again = 0; again < 2; again++) {
    const next = await km.refresh({ refreshToken, tokenLifetime: 5 * minute }, door)
    t.match(next, { session: { id: first.session.id }, refreshToken: null })
    t.ok(await bearer(next.token.text))
  }
  const renewed = await km.refresh({ refreshToken, renew: true }, door)
  t.ok(renewed.refreshToken)
  const wrong = [
    '',
    'mrr_',
    first.token.text,
    `${refreshToken}x`,
    refreshToken.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    refreshToken.replace(/_[0-9a-f]{32}/, `_${'0'.repeat(32)}`),
  ]
  for (const text of wrong) await t.rejects(km.refresh({ refreshToken: text }, door), refused, text)
  await t.rejects(bearer(refreshToken), refused, 'it is no access token')
  const { records } = await km.asHost().audit({ operation: 'Authenticate', outcome: 'denied', limit: 1 })
  t.match(records, [{ detail: { method: 'token' } }])
})

t.test('a rotating refresh token that is used twice ends the whole session', async (t) => {
  const { km, admin, enter, bearer } = await inhabited(t)
  const first = await (await enter()).logIn({ refresh: {} })
  const other = await (await enter()).logIn({ refresh: {} })
  const stolen = first.refreshToken?.text ?? ''
  const second = await km.refresh({ refreshToken: stolen }, door)
  const third = await km.refresh({ refreshToken: second.refreshToken?.text ?? '' }, door)
  t.ok(await bearer(third.token.text))
  await t.rejects(km.refresh({ refreshToken: stolen }, door), refused)
  for (const { token } of [first, second, third]) await t.rejects(bearer(token.text), refused)
  await t.rejects(km.refresh({ refreshToken: third.refreshToken?.text ?? '' }, door), refused)
  t.ok(await bearer(other.token.text), 'other sessions go on')
  const { records } = await admin.audit({ operation: 'RefreshLogin', limit: 1 })
  t.match(records, [{ detail: { reused: true, session: first.session.id } }])
})

t.test('of several uses at once of a rotating refresh token, at most one succeeds', async (t) => {
  const { km, enter } = await inhabited(t)
  const { refreshToken } = await (await enter()).logIn({ refresh: {} })
  const uses = Array.from({ length: 5 }, () =>
    km.refresh({ refreshToken: refreshToken?.text ?? '' }, door).catch((error) => error.code),
  )
  const answers = await Promise.all(uses)
  t.ok(answers.filter((one) => typeof one === 'object').length <= 1)
  t.ok(answers.includes('MORTISE_AUTH_REQUIRED'))
})

t.test('a refresh token is refused when it was not used, or is too old', async (t) => {
  const { km, clock, enter } = await inhabited(t, { sessionIdleMinutes: 0 })
  const refresh = { lifetime: 3 * hour, unused: hour, rotates: false }
  const { refreshToken } = await (await enter()).logIn({ refresh })
  const use = () => km.refresh({ refreshToken: refreshToken?.text ?? '' }, door)
  for (let again = 0; again < 3; again++) {
    clock.pass(hour - 1)
    t.ok(await use())
  }
  clock.pass(3)
  await t.rejects(use(), refused, 'three hours are over')
  const next = await (await enter()).logIn({ refresh })
  clock.pass(hour)
  await t.rejects(km.refresh({ refreshToken: next.refreshToken?.text ?? '' }, door), refused, 'unused')
  await t.rejects((await enter()).logIn({ refresh: { unused: 0 } }), { code: 'MORTISE_INPUT_INVALID' })
})

t.test('whatever ends an identity ends its logins at once', async (t) => {
  const endings = {
    disabled: ({ admin }) => admin.setPrincipal('ann', { enabled: false }),
    deleted: ({ admin }) => admin.deletePrincipal('ann'),
    'another password': ({ admin }) => admin.setPassword('ann', 'another long password'),
    'another password of its own': async ({ km }) =>
      (await km.as('ann')).setOwnPassword(password, 'another long password'),
    'out of a group': ({ admin }) => admin.removeMember('billing', 'ann'),
    expired: async ({ clock, admin }) => {
      await admin.setPrincipal('ann', { expires: clock.now() + minute })
      clock.pass(minute)
    },
    'an identity unlinked': ({ admin }) => admin.unlinkIdentity({ connection: 'corp', subject: '1' }),
  } satisfies Record<string, (house: Awaited<ReturnType<typeof inhabited>>) => Promise<unknown>>
  for (const [what, end] of Object.entries(endings)) {
    const house = await inhabited(t)
    const { house: rooms, km, clock, admin, enter, bearer } = house
    const other = await rooms.open({ clock, scheduler: false })
    await admin.createGroup({ name: 'billing', members: ['ann'] })
    const settings = { issuer: 'https://id.example.org' }
    await admin.createConnection({ name: 'corp', kind: 'oidc', settings })
    await admin.linkIdentity({ principal: 'ann', connection: 'corp', subject: '1' })
    const { token, refreshToken } = await (await enter()).logIn({ refresh: {} })
    const api = await (await km.as('ann')).createToken()
    for (const text of [token.text, api.text]) for (const one of [km, other]) await bearer(text, one)
    await end(house)
    for (const text of [token.text, api.text]) {
      t.equal(km.recognise(text, door), undefined, `${what}: at once`)
      await t.rejects(bearer(text), refused, what)
    }
    await t.rejects(km.refresh({ refreshToken: refreshToken?.text ?? '' }, door), refused, what)
    // The other process hears of it by the changes table.
    for (const text of [token.text, api.text]) {
      let accepted = true
      while (accepted) {
        try {
          await bearer(text, other)
          await new Promise((resolve) => setTimeout(resolve, 5))
        } catch (error) {
          if (!isMortiseError(error, 'MORTISE_AUTH_REQUIRED')) throw error
          accepted = false
        }
      }
      t.notOk(accepted, `${what}: elsewhere`)
    }
  }
})

t.test('a connection that is disabled ends the sessions of whoever came in through it', async (t) => {
  const { km, admin, enter, bearer } = await inhabited(t)
  const settings = { issuer: 'https://id.example.org' }
  await admin.createConnection({ name: 'corp', kind: 'oidc', settings })
  await admin.linkIdentity({ principal: 'ann', connection: 'corp', subject: '1' })
  const proof = { connection: 'corp', subject: '1', profile: {} }
  const outside = await (await km.enter(proof, door)).logIn()
  t.match(outside.session, { identity: 'corp|1', factors: [{ method: 'oidc' }] })
  const local = await (await enter()).logIn()
  await admin.setConnection('corp', { enabled: false })
  await t.rejects(bearer(outside.token.text), refused)
  t.ok(await bearer(local.token.text))
  await t.rejects(km.enter(proof, door), refused)
})

t.test('a session ends with what proved it', async (t) => {
  const { km, clock, admin } = await inhabited(t)
  const settings = { issuer: 'https://id.example.org' }
  await admin.createConnection({ name: 'corp', kind: 'oidc', registers: true, settings })
  const expires = clock.now() + hour
  const entered = await km.enter({ connection: 'corp', subject: '1', profile: {}, expires }, door)
  t.match(await entered.logIn(), { session: { ends: expires }, token: { expires } })
})

t.test('an access token may be a JWT, which is known by its text alone', async (t) => {
  const { km, clock, admin, id, enter, bearer } = await inhabited(t)
  await admin.createGroup({ name: 'billing', members: ['ann'] })
  const claims = (holder: object) => ({ iss: 'test', holder })
  const { session, token, refreshToken } = await (await enter()).logIn({
    client: 'browser',
    tokenLifetime: 5 * minute,
    refresh: { rotates: false },
    claims,
  })
  const said = (text: string) => JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())
  t.strictSame(said(token.text), {
    iss: 'test',
    holder: { principal: id, client: 'browser', identity: `local_account|${id}`, groups: ['billing'] },
    jti: token.id,
    iat: Math.floor(clock.now() / 1000),
    exp: Math.floor((clock.now() + 5 * minute) / 1000),
  })
  t.match(await bearer(token.text), { login: { id: session.id } })
  t.match(km.recognise(token.text, door), { login: { id: session.id } })
  const [head, body, signature = ''] = token.text.split('.')
  for (const text of [
    `${head}.${body}.${'A'.repeat(43)}`,
    `${head}.e30.${signature}`,
    `${head}.bnVsbA.${signature}`,
  ])
    await t.rejects(bearer(text), refused)
  const again = await km.refresh(
    { refreshToken: refreshToken?.text ?? '', tokenLifetime: minute, claims: () => ({ sub: 'x' }) },
    door,
  )
  t.match(said(again.token.text), { sub: 'x', jti: again.token.id })
  clock.pass(5 * minute)
  await t.rejects(bearer(token.text), refused)
})

t.test('a login by an API token is of that token', async (t) => {
  const { km, clock, admin, id, enter, bearer } = await inhabited(t)
  const api = await (await km.as('ann')).createToken({ expires: clock.now() + hour })
  const client = (named: string, token = api.text) => km.authenticate({ token, client: named }, door)
  for (const named of [id, 'ann']) t.equal((await client(named)).principal.id, id)
  await km.ensurePrincipal({ name: 'bob' })
  await t.rejects(client('bob'), refused)
  await t.rejects(client('nobody'), refused)
  const { token } = await (await enter()).logIn()
  await t.rejects(client('ann', token.text), refused, 'a login does not go on by itself for ever')

  const got = await (await client('ann')).logIn()
  t.equal(got.session.ends, clock.now() + hour, 'it ends with the token')
  t.ok(await bearer(got.token.text))
  await admin.revokeToken(api.id, { own: false })
  await t.rejects(bearer(got.token.text), refused, 'however it ends')
  t.ok(await bearer(token.text), 'others go on')
})

t.test('logins are found by numbers', async (t) => {
  const { km, clock, admin, enter } = await inhabited(t)
  const made: string[] = []
  for (const label of ['a', 'b', 'a', '']) {
    clock.pass(1000)
    made.push((await (await enter()).logIn({ label, lifetime: label === 'b' ? minute : hour })).session.id)
  }
  const ann = await km.as('ann')
  const found = async (input: Parameters<typeof ann.findSessions>[0]) => {
    const { sessions, total } = await ann.findSessions(input)
    return [sessions.map(({ id }) => made.indexOf(id)), total]
  }
  t.strictSame(await found({}), [[0, 1, 2, 3], 4], 'the oldest first')
  t.strictSame(await found({ skip: 1, limit: 2 }), [[1, 2], 4])
  t.strictSame(await found({ label: 'a' }), [[0, 2], 2])
  t.strictSame(await found({ skip: 9 }), [[], 4])
  for (const input of [{ limit: 0 }, { limit: 2001 }, { skip: -1 }, { skip: 0.5 }])
    await t.rejects(found(input), { code: 'MORTISE_INPUT_INVALID' }, JSON.stringify(input))
  await km.ensurePrincipal({ name: 'bob' })
  const bob = await km.as('bob')
  t.match(await bob.findSessions(), { sessions: [], total: 0 })
  await t.rejects(bob.findSessions({ principal: 'ann' }), { code: 'MORTISE_ACCESS_DENIED' })
  const [first = ''] = made
  t.match(await ann.getSession(first), { id: first, label: 'a' })
  t.match(await admin.getSession(first), { id: first })
  await t.rejects(bob.getSession(first), { code: 'MORTISE_SESSION_NOT_FOUND' })
  clock.pass(2 * minute)
  t.strictSame(await found({}), [[0, 2, 3], 3], 'what has ended is gone')
})
