import t, { type Test } from 'tap'
import { stepAt, totpCode } from '../../lib/access/factors/totp.js'
import { isMortiseError, type KeyManager, type Session } from '../../lib/index.js'
import { minute, TestClock } from '../support/clock.js'
import { KeyHouse, outcome } from '../support/key_house.js'
import { secretOf } from '../support/totp.js'

const password = 'a password for tests'
const door = { face: 'admin', request: 'r' }
const step = 30_000
const refused = { code: 'MORTISE_AUTH_REQUIRED', message: 'credentials are missing or not valid' }

/** Ann, who has a password, an authenticator app and a login. */
async function build(t: Test) {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const { km } = house
  const host = km.asHost()
  const { id } = await host.createPrincipal({ name: 'ann', password })
  const ann = await km.as('ann')
  const { id: factor, uri } = await ann.enrolTotp()
  const secret = secretOf(uri)
  const code = () => totpCode(secret, stepAt(clock.now()))
  const wrong = () => String((Number(code()) + 500_000) % 1_000_000).padStart(6, '0')
  await ann.confirmTotp(factor, code())
  clock.pass(step)
  const challenge = async (manager: KeyManager = km): Promise<string> => {
    const error = await manager.authenticate({ name: 'ann', password }, door).catch((reason) => reason)
    if (isMortiseError(error, 'MORTISE_AUTH_FACTOR_REQUIRED')) return String(error.details['challenge'])
    throw error
  }
  const answer = (text: string, totp: string) => km.authenticate({ challenge: text, totp }, door)
  const enter = async () => {
    const entered = await answer(await challenge(), code())
    clock.pass(step)
    return entered
  }
  const bearer = (token: string): Promise<Session> => km.authenticate({ token }, door)
  const failures = async () => (await host.getUser('ann')).failedLoginsCount
  return { house, km, host, clock, id, code, wrong, challenge, answer, enter, bearer, failures }
}

t.test('wrong codes lock an account with wrong passwords', async (t) => {
  const { km, host, clock, code, wrong, challenge, answer, failures } = await build(t)
  await t.rejects(km.authenticate({ name: 'ann', password: 'wrong' }, door), refused)
  await t.rejects(km.authenticate({ name: 'ann', password: 'wrong' }, door), refused)
  const first = await challenge()
  const second = await challenge()
  t.equal(await failures(), 2, 'the password alone takes nothing back')
  await t.rejects(answer(first, wrong()), refused)
  await t.rejects(answer(first, wrong()), refused)
  t.match(await host.getUser('ann'), { failedLoginsCount: 4, lockedUntil: null })
  await t.rejects(answer(second, wrong()), refused)
  t.match(await host.getUser('ann'), { failedLoginsCount: 5, lockedUntil: clock.now() + minute })
  t.match((await host.audit({ operation: 'ProveFactor', limit: 1 })).records, [
    {
      outcome: 'denied',
      code: 'MORTISE_AUTH_REQUIRED',
      detail: { method: 'totp', failures: 5, locked: true },
    },
  ])

  await t.rejects(answer(first, code()), refused, 'a challenge that is open does not let in')
  await t.rejects(challenge(), refused, 'and the right password does not make another')
  t.equal(await failures(), 5, 'nor does it count')
  clock.pass(minute)
  t.ok(await answer(first, code()), 'and was not used up')
  t.match(await host.getUser('ann'), { failedLoginsCount: 0, lockedUntil: null, loginsCount: 1 })
})

t.test('of fifty codes at once no more are looked at than the policy allows', async (t) => {
  const { host, code, wrong, challenge, answer } = await build(t)
  await host.setPasswordPolicy('global', { lockoutThresholds: [0, 0, 0, 0, 60] })
  const challenges: string[] = []
  for (let asked = 0; asked < 50; asked++) challenges.push(await challenge())
  // From the sixth on it is the right one, each for a challenge of its own.
  const codes = challenges.map((_, index) => (index < 5 ? wrong() : code()))
  const outcomes = await Promise.all(
    challenges.map((text, index) => outcome(answer(text, codes[index] ?? ''))),
  )
  t.same(new Set(outcomes), new Set(['MORTISE_AUTH_REQUIRED']))
  t.match(await host.getUser('ann'), { failedLoginsCount: 5, loginsCount: 0 })
})

t.test('wrong codes of a login that goes on count as well', async (t) => {
  const { clock, code, wrong, enter, bearer, host, failures, challenge } = await build(t)
  const { token } = await (await enter()).logIn()
  const session = await bearer(token.text)
  const asked = (await session.challengeFactor()).challenge
  for (let tries = 0; tries < 4; tries++)
    await t.rejects(session.proveFactor({ challenge: asked, totp: wrong() }), refused)
  const other = (await session.challengeFactor()).challenge
  await t.rejects(session.proveFactor({ challenge: other, totp: wrong() }), refused)
  t.equal(await failures(), 5)
  await t.rejects(session.proveFactor({ challenge: other, totp: code() }), refused, 'locked')
  await t.rejects(challenge(), refused, 'at the door as well')
  t.ok(await session.locate(), 'what it was let in for goes on')
  clock.pass(minute)
  t.match(await session.proveFactor({ challenge: other, totp: code() }), { method: 'totp' })
  t.equal(await failures(), 5, 'only a login takes it back')
  await host.setPrincipal('ann', { unlock: true })
  t.equal(await failures(), 0)
})

t.test('a session remembers what its login has proved and when, however often it is refreshed', async (t) => {
  const { km, host, clock, code, enter, bearer } = await build(t)
  await host.setFactorPolicy({ name: 'exports', principals: ['ann'], stepUp: ['CreateOwnToken'], minutes: 5 })
  const began = clock.now()
  const entered = await enter()
  const { session, token, refreshToken } = await entered.logIn({ idle: null, refresh: {} })
  const proved = [
    { method: 'password', at: began },
    { method: 'totp', at: began },
  ]
  t.strictSame(session.factors, proved)
  t.ok(await (await bearer(token.text)).createToken())

  clock.pass(5 * minute)
  const next = await km.refresh({ refreshToken: refreshToken?.text ?? '' }, door)
  t.strictSame(next.session.factors, proved, 'to refresh is not to prove')
  const again = await bearer(next.token.text)
  const stepUp = { code: 'MORTISE_AUTH_STEP_UP_REQUIRED', details: { minutes: 5 } }
  await t.rejects(again.createToken(), stepUp)
  const at = clock.now()
  const { challenge } = await again.challengeFactor()
  await again.proveFactor({ challenge, totp: code() })
  t.ok(await again.createToken())
  t.ok(await (await bearer(token.text)).createToken(), 'of every token that it owns')
  t.strictSame((await again.sessions()).sessions[0]?.factors, [proved[0], { method: 'totp', at }])

  const last = await km.refresh({ refreshToken: next.refreshToken?.text ?? '' }, door)
  t.strictSame(last.session.factors, [proved[0], { method: 'totp', at }])
  clock.pass(5 * minute + 1)
  await t.rejects((await bearer(last.token.text)).createToken(), stepUp)

  const second = await (await bearer(last.token.text)).logIn()
  t.strictSame(second.session.factors, [], 'another login has proved nothing by itself')
  const { sessions } = await again.sessions()
  await again.endSession(session.id)
  await t.rejects(again.createToken(), stepUp, 'nor does one that has ended')
  t.equal(sessions.length, 2)
})

t.test('a challenge answers what it was asked for', async (t) => {
  const { km, code, challenge, answer, enter, bearer } = await build(t)
  const [one, two] = [await enter(), await enter()]
  const first = await bearer((await one.logIn()).token.text)
  const second = await bearer((await two.logIn()).token.text)
  const asked = (await first.challengeFactor()).challenge
  await t.rejects(answer(asked, code()), refused, 'it lets nobody in')
  await t.rejects(second.proveFactor({ challenge: asked, totp: code() }), refused, 'nor another session')
  const login = await challenge()
  await t.rejects(first.proveFactor({ challenge: login, totp: code() }), refused)
  t.ok(await first.proveFactor({ challenge: asked, totp: code() }))
  const api = await bearer((await (await km.as('ann')).createToken()).text)
  const stepUp = { code: 'MORTISE_AUTH_STEP_UP_REQUIRED', message: /API token/ }
  await t.rejects(api.challengeFactor(), stepUp)
  await t.rejects(api.proveFactor({ challenge: login, totp: code() }), stepUp)
})

t.test('whoever must change the password may prove and enrol a factor first', async (t) => {
  const { km, host, clock, code, enter, bearer } = await build(t)
  await host.setFactorPolicy({ name: 'all', principals: ['ann'] })
  await host.setPrincipal('ann', { passwordChangeRequired: true })
  const session = await bearer((await (await enter()).logIn()).token.text)
  await t.rejects(session.locate(), { code: 'MORTISE_AUTH_PASSWORD_CHANGE_REQUIRED' })
  const { challenge } = await session.challengeFactor()
  t.ok(await session.proveFactor({ challenge, totp: code() }))
  clock.pass(step)
  t.ok(await session.setOwnPassword(password, 'another password of hers'))

  await host.createPrincipal({ name: 'bob', password, passwordChangeRequired: true })
  await host.setFactorPolicy({ name: 'bob', principals: ['bob'] })
  const entered = await km.authenticate({ name: 'bob', password }, door)
  const bob = await bearer((await entered.logIn()).token.text)
  await t.rejects(bob.setOwnPassword(password, 'another password of his'), {
    code: 'MORTISE_AUTH_FACTOR_ENROLMENT_REQUIRED',
  })
  const { id, uri } = await bob.enrolTotp()
  await bob.confirmTotp(id, totpCode(secretOf(uri), stepAt(clock.now())))
  t.equal((await bob.factors()).factors.length, 1)
  t.ok(await bob.setOwnPassword(password, 'another password of his'))
})

t.test('a connection proves somebody without a code, and a policy asks for one all the same', async (t) => {
  const { km, host, clock, code, bearer } = await build(t)
  await host.createConnection({ name: 'corp', kind: 'oidc', settings: { issuer: 'https://id.example.org' } })
  await host.linkIdentity({ connection: 'corp', subject: '1', principal: 'ann' })
  const proof = { connection: 'corp', subject: '1', profile: {} }
  const session = await bearer((await (await km.enter(proof, door)).logIn()).token.text)
  t.ok(await session.locate())
  await host.setFactorPolicy({ name: 'all', principals: ['ann'] })
  await t.rejects(session.locate(), { code: 'MORTISE_AUTH_STEP_UP_REQUIRED' })
  const { challenge } = await session.challengeFactor()
  await session.proveFactor({ challenge, totp: code() })
  t.ok(await session.locate())
  t.match((await session.sessions()).sessions, [
    { identity: 'corp|1', factors: [{ method: 'oidc' }, { method: 'totp', at: clock.now() }] },
  ])
})

t.test('what was said with the password holds for the code', async (t) => {
  const { km, host, id, clock, code } = await build(t)
  const given = { name: 'ann', password, clientType: 'public' } as const
  const asked = await km.authenticate(given, door).catch((error) => error)
  await host.setPrincipal('ann', { clientTypes: ['confidential'] })
  const answer = () => ({ challenge: asked.details.challenge, totp: code() })
  await t.rejects(km.authenticate(answer(), door), refused, 'what it comes through is not allowed any more')
  await host.setPrincipal('ann', { clientTypes: null })
  clock.pass(step)
  const again = await km.authenticate(given, door).catch((error) => error)
  const entered = await km.authenticate({ challenge: again.details.challenge, totp: code() }, door)
  t.match((await entered.logIn()).session, { identity: `local_account|${id}` })
  t.match((await host.audit({ operation: 'Authenticate', outcome: 'success', limit: 1 })).records, [
    { principalName: 'ann', detail: { identity: `local_account|${id}`, factors: ['password', 'totp'] } },
  ])
})
