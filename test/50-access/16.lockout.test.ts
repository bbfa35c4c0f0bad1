import t from 'tap'
import { afterFailure, afterLogin, isLocked } from '../../lib/access/login_states.js'
import { fiveInFifteen, globalPolicy } from '../../lib/access/password_policies.js'
import { isMortiseError, type KeyManager } from '../../lib/index.js'
import { minute, TestClock } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'

const door = { face: 'test', request: '1' }
const password = 'correct horse battery'
const refused = { code: 'MORTISE_AUTH_REQUIRED', message: 'credentials are missing or not valid' }

async function inhabited(t: Parameters<typeof KeyHouse.build>[0]) {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const { km } = house
  const admin = await house.administrator()
  await admin.createPrincipal({ name: 'ann', password })
  const attempt = (given: string, name = 'ann') => km.authenticate({ name, password: given }, door)
  return { house, km, clock, admin, attempt }
}

async function outcomes(attempts: readonly Promise<unknown>[]): Promise<string[]> {
  return Promise.all(
    attempts.map((one) =>
      one.then(
        () => 'in',
        (error) => (isMortiseError(error) ? error.code : String(error)),
      ),
    ),
  )
}

t.test('wrong passwords lock an account, for longer and longer', async (t) => {
  const { clock, admin, attempt } = await inhabited(t)
  const began = clock.now()
  for (let failures = 1; failures <= 4; failures++) {
    await t.rejects(attempt('wrong'), refused)
    t.match(await admin.getUser('ann'), { failedLoginsCount: failures, lockedUntil: null })
  }
  await t.rejects(attempt('wrong'), refused)
  t.match(await admin.getUser('ann'), {
    failedLoginsCount: 5,
    failedLoginsInitialAttemptAt: began,
    lastFailedLoginAt: began,
    accountLockoutAt: began,
    lockedUntil: began + minute,
  })
  await t.rejects(attempt(password), refused, 'the right one is refused as well')
  await t.rejects(attempt('wrong'), refused)
  t.match(
    await admin.getUser('ann'),
    { failedLoginsCount: 5, lockedUntil: began + minute },
    'and nothing counts',
  )
  clock.pass(minute - 1)
  await t.rejects(attempt(password), refused)
  clock.pass(1)
  await t.rejects(attempt('wrong'), refused)
  t.match(await admin.getUser('ann'), { failedLoginsCount: 6, lockedUntil: clock.now() + 5 * minute })
  clock.pass(5 * minute)
  t.ok(await attempt(password), 'it ends by itself')
  t.match(await admin.getUser('ann'), {
    failedLoginsCount: 0,
    failedLoginsInitialAttemptAt: null,
    accountLockoutAt: null,
    lockedUntil: null,
    loginsCount: 1,
    lastLogin: clock.now(),
  })
})

t.test('a lock that runs goes on under the policy of its time, and is taken off by hand', async (t) => {
  const { clock, admin, attempt } = await inhabited(t)
  await admin.setPasswordPolicy('global', { lockoutThresholds: [30] })
  await t.rejects(attempt('wrong'), refused)
  await admin.setPasswordPolicy('global', { lockoutThresholds: [] })
  clock.pass(29 * minute)
  await t.rejects(attempt(password), refused)
  t.match((await admin.users({ locked: true })).users, [{ name: 'ann' }])
  await admin.setPrincipal('ann', { unlock: true })
  t.match(await admin.users({ locked: true }), { users: [], total: 0 })
  t.ok(await attempt(password))
  for (let failures = 0; failures < 10; failures++) await t.rejects(attempt('wrong'), refused)
  t.ok(await attempt(password), 'with no thresholds nothing locks')
})

t.test('five failures in fifteen minutes', async (t) => {
  const policy = { ...globalPolicy, ...fiveInFifteen }
  const fresh = afterLogin({ loginsCount: 0, passwordChangedAt: null } as Parameters<typeof afterLogin>[0], 0)
  let state = { ...fresh, lastFailedLoginAt: null }
  const fail = (at: number) => {
    state = afterFailure(state, policy, at) as typeof state
    return [state.failedLoginsCount, isLocked(state, at)]
  }
  for (const at of [0, 1, 2]) t.strictSame(fail(at * minute), [at + 1, false])
  t.strictSame(fail(15 * minute), [1, false], 'a window later they begin anew')
  for (const [index, at] of [16, 17, 29].entries()) t.strictSame(fail(at * minute), [index + 2, false])
  t.strictSame(fail(30 * minute), [1, false])
  for (const at of [31, 32, 33]) fail(at * minute)
  t.strictSame(fail(34 * minute), [5, true])
  t.ok(isLocked(state, 49 * minute - 1))
  t.notOk(isLocked(state, 49 * minute))
})

t.test('fifty attempts at once are no more than the policy allows', async (t) => {
  const { km, admin, attempt } = await inhabited(t)
  await admin.setPasswordPolicy('global', { lockoutThresholds: [0, 0, 0, 0, 60] })
  // From the sixth on it is the right one: were any of them looked at beside the fifth, it would come in.
  const attempts = Array.from({ length: 50 }, (_, index) => attempt(index < 5 ? `wrong ${index}` : password))
  const all = await outcomes(attempts)
  t.strictSame(new Set(all), new Set(['MORTISE_AUTH_REQUIRED']))
  t.match(await admin.getUser('ann'), { failedLoginsCount: 5 })
  const { records } = await admin.audit({ operation: 'Authenticate', limit: 100 })
  t.equal(records.length, 50, 'each is on the trail')
  t.equal(records.filter(({ detail }) => detail['failures'] !== undefined).length, 5)
  await outcomes([km.authenticate({ name: 'ann', password }, door)])
})

t.test('several processes count together', async (t) => {
  const { house, km, clock, admin } = await inhabited(t)
  const other = await house.open({ clock })
  await admin.setPasswordPolicy('global', { lockoutThresholds: [] })
  const wrong = (manager: KeyManager) => manager.authenticate({ name: 'ann', password: 'wrong' }, door)
  await outcomes([km, other, km, other, km, other, km, other].map(wrong))
  t.match(await admin.getUser('ann'), { failedLoginsCount: 8 }, 'no failure is lost')
})

t.test('a flood of logins is refused before it takes memory', async (t) => {
  const { km, admin } = await inhabited(t)
  await admin.createPrincipal({ name: 'bob', password })
  const one = Array.from({ length: 60 }, () => km.authenticate({ name: 'ann', password: 'wrong' }, door))
  const all = await outcomes(one)
  t.ok(all.includes('MORTISE_RATE_LIMITED'), 'on one account')
  const many = Array.from({ length: 160 }, (_, index) =>
    km.authenticate({ name: `nobody ${index}`, password: 'wrong' }, door),
  )
  const others = await outcomes(many)
  t.ok(others.includes('MORTISE_RATE_LIMITED'), 'on many')
  t.strictSame(new Set(others), new Set(['MORTISE_AUTH_REQUIRED', 'MORTISE_RATE_LIMITED']))
  t.ok(await km.authenticate({ name: 'bob', password }, door), 'and afterwards all is well')
})

t.test('whoever has a token does not guess the password with it', async (t) => {
  const { km, admin } = await inhabited(t)
  await admin.setPasswordPolicy('global', { lockoutThresholds: [0, 0, 60] })
  const ann = await km.as('ann')
  for (let failures = 1; failures <= 3; failures++) {
    await t.rejects(ann.setOwnPassword('wrong', 'another long password'), refused)
  }
  await t.rejects(ann.setOwnPassword(password, 'another long password'), refused, 'locked')
  t.match(await admin.getUser('ann'), { failedLoginsCount: 3 })
})

t.test('a password that must be changed allows nothing else', async (t) => {
  const { km, admin, attempt } = await inhabited(t)
  await admin.createPrincipal({ name: 'bob', password, passwordChangeRequired: true })
  const bob = await attempt(password, 'bob')
  const required = { code: 'MORTISE_AUTH_PASSWORD_CHANGE_REQUIRED', status: 403 }
  await t.rejects(bob.createKey({ algorithm: 'AES' }), required)
  await t.rejects(bob.createToken(), required)
  await t.rejects(bob.locate(), required)
  const { token } = await bob.logIn()
  const again = await km.authenticate({ token: token.text }, door)
  await t.rejects(again.random(1), required)
  t.match(await again.ownUser(), { passwordChangeRequired: true })
  await t.rejects(again.setOwnPassword(password, password), { code: 'MORTISE_INPUT_INVALID' })
  await again.setOwnPassword(password, 'another long password')
  await t.rejects(km.authenticate({ token: token.text }, door), refused)
  const free = await attempt('another long password', 'bob')
  t.ok(await free.createKey({ algorithm: 'AES', name: 'now' }))
  const cipher = await free.openCipher('now', ['encrypt'])
  await admin.setPrincipal('bob', { passwordChangeRequired: true })
  t.throws(() => cipher.seal(Buffer.from('x')), { code: 'MORTISE_LEASE_ENDED' }, 'leases end as well')
  const { records } = await admin.audit({ operation: 'Create', outcome: 'denied' })
  t.match(records, [{ principalName: 'bob', code: required.code }])
  t.match(await admin.explainAccess({ principal: 'bob', operation: 'CreateOwnToken' }), {
    allowed: false,
    code: required.code,
  })
})

t.test('leases of whoever expires end', async (t) => {
  const { clock, km, admin } = await inhabited(t)
  await admin.setPrincipal('ann', { expires: clock.now() + minute })
  const ann = await km.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const cipher = await ann.openCipher(id, ['encrypt'])
  cipher.seal(Buffer.from('x'))
  clock.pass(minute)
  await t.rejects(ann.encrypt(id, Buffer.from('x')), { code: 'MORTISE_AUTH_REQUIRED' }, 'at once')
  let ended = false
  while (!ended) {
    try {
      cipher.seal(Buffer.from('x'))
      await new Promise((resolve) => setTimeout(resolve, 5))
    } catch (error) {
      ended = isMortiseError(error, 'MORTISE_LEASE_ENDED')
    }
  }
  t.ok(ended)
})

t.test('policies say what passwords must be', async (t) => {
  const { clock, km, admin, attempt } = await inhabited(t)
  const day = 24 * 60 * minute
  await admin.createPasswordPolicy({
    name: 'strict',
    minimumLength: 8,
    maximumLength: 30,
    minimumLowerCase: 1,
    minimumUpperCase: 1,
    minimumDigits: 1,
    minimumOther: 1,
    history: 3,
    maximumAgeDays: 90,
    minimumAgeDays: 1,
  })
  await admin.setPrincipal('ann', { passwordPolicy: 'strict' })
  const invalid = { code: 'MORTISE_INPUT_INVALID' }
  for (const wrong of [
    'Aa1!aa',
    'aaaaaaa1!',
    'AAAAAAA1!',
    'Aaaaaaaa!',
    'Aaaaaaaa1',
    `Aa1!${'a'.repeat(27)}`,
  ]) {
    await t.rejects(admin.setPassword('ann', wrong), invalid, wrong)
  }
  const good = ['Passw0rd!', 'Passw1rd!', 'Passw2rd!', 'Passw3rd!'] as const
  await admin.setPassword('ann', good[0])
  const ann = () => km.as('ann')
  await t.rejects((await ann()).setOwnPassword(good[0], good[1]), invalid, 'too soon')
  clock.pass(day)
  await (await ann()).setOwnPassword(good[0], good[1])
  clock.pass(day)
  await t.rejects((await ann()).setOwnPassword(good[1], good[0]), invalid, 'it was its own')
  await (await ann()).setOwnPassword(good[1], good[2])
  clock.pass(day)
  await t.rejects((await ann()).setOwnPassword(good[2], good[0]), invalid, 'three are remembered')
  await (await ann()).setOwnPassword(good[2], good[3])
  clock.pass(day)
  await (await ann()).setOwnPassword(good[3], good[0])
  t.match(await attempt(good[0]), { principal: { passwordChangeRequired: false } })
  clock.pass(90 * day)
  t.match(await attempt(good[0]), { principal: { passwordChangeRequired: true } }, 'it is too old')

  t.match(await admin.passwordPolicies(), {
    policies: [{ name: 'global', minimumLength: 12 }, { name: 'strict' }],
  })
  for (const wrong of [
    { name: 'a b' },
    { name: 'x', minimumLength: 0 },
    { name: 'x', minimumLength: 20, maximumLength: 10 },
    { name: 'x', minimumDigits: 20, maximumLength: 10, minimumLength: 1 },
    { name: 'x', lockoutThresholds: [-1] },
    { name: 'x', lockoutThresholds: [0.5] },
    { name: 'x', history: 25 },
  ]) {
    await t.rejects(admin.createPasswordPolicy(wrong), invalid, JSON.stringify(wrong))
  }
  await t.rejects(admin.createPasswordPolicy({ name: 'global' }), { code: 'MORTISE_PASSWORD_POLICY_EXISTS' })
  await t.rejects(admin.deletePasswordPolicy('global'), { code: 'MORTISE_ACCESS_BUILT_IN' })
  await admin.setPasswordPolicy('global', { minimumLength: 16 })
  await t.rejects(admin.setPassword('ann', 'short1!aA'.repeat(5)), invalid)
  await admin.deletePasswordPolicy('strict')
  await t.rejects(admin.setPassword('ann', 'Passw0rd!'), invalid, 'then everybody’s counts')
  await admin.setPassword('ann', 'a password that is long enough')
})
