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
const stepUp = { code: 'MORTISE_AUTH_STEP_UP_REQUIRED' }
const enrol = { code: 'MORTISE_AUTH_FACTOR_ENROLMENT_REQUIRED' }

/** People with passwords, some with an authenticator app. */
class Place {
  readonly house: KeyHouse
  readonly clock: TestClock
  readonly #secrets = new Map<string, Buffer>()

  constructor(house: KeyHouse, clock: TestClock) {
    this.house = house
    this.clock = clock
  }

  static async build(t: Test): Promise<Place> {
    const clock = new TestClock()
    const place = new Place(await KeyHouse.build(t, { clock, scheduler: false }), clock)
    await place.register('ann')
    return place
  }

  get km(): KeyManager {
    return this.house.km
  }

  async register(name: string): Promise<void> {
    await this.house.as(name)
    await this.km.asHost().setPassword(name, password)
  }

  /** The code that the app shows so many milliseconds from now. */
  code(name: string, later = 0): string {
    return totpCode(this.#secrets.get(name) ?? Buffer.alloc(0), stepAt(this.clock.now() + later))
  }

  wrong(name: string): string {
    return String((Number(this.code(name)) + 500_000) % 1_000_000).padStart(6, '0')
  }

  async enrol(name: string, session?: Session): Promise<string> {
    const me = session ?? (await this.km.as(name))
    const { id, uri } = await me.enrolTotp({ label: 'phone' })
    this.#secrets.set(name, secretOf(uri))
    await me.confirmTotp(id, this.code(name))
    this.clock.pass(step)
    return id
  }

  /** What the password is answered with: the challenge of a second factor. */
  async challenge(
    name: string,
    km = this.km,
  ): Promise<Readonly<Record<string, unknown>> & { challenge: string }> {
    try {
      await km.authenticate({ name, password }, door)
    } catch (error) {
      if (isMortiseError(error, 'MORTISE_AUTH_FACTOR_REQUIRED')) return error.details as never
      throw error
    }
    throw new Error('no second factor was asked for')
  }

  /** A login as a face makes one: a token, and a session with it. */
  async logIn(name: string): Promise<Session> {
    const entered = await this.km.authenticate({ name, password }, door).catch(async (error: unknown) => {
      if (!isMortiseError(error, 'MORTISE_AUTH_FACTOR_REQUIRED')) throw error
      const { challenge } = error.details as { challenge: string }
      return this.km.authenticate({ challenge, totp: this.code(name) }, door)
    })
    const { text } = (await entered.logIn()).token
    return this.with(text)
  }

  with(token: string, km = this.km): Promise<Session> {
    return km.authenticate({ token }, door)
  }
}

t.test('an authenticator app counts once a code of it was seen', async (t) => {
  const place = await Place.build(t)
  const ann = await place.km.as('ann')
  const { id, uri, secret } = await ann.enrolTotp()
  t.match(uri, `otpauth://totp/Mortise:ann?secret=${secret}&`)
  t.same(await ann.factors(), { factors: [], recoveryCodes: 0 })
  t.ok(await place.km.authenticate({ name: 'ann', password }, door), 'not yet')
  await t.rejects(ann.confirmTotp(id, '000000'), { code: 'MORTISE_INPUT_INVALID' })
  await t.rejects((await place.house.as('bob')).confirmTotp(id, '000000'), {
    code: 'MORTISE_FACTOR_NOT_FOUND',
  })
  place.clock.pass(10 * minute)
  await t.rejects(ann.confirmTotp(id, '000000'), { code: 'MORTISE_FACTOR_NOT_FOUND' }, 'nor after 10 minutes')

  const enrolled = await place.enrol('ann')
  const { factors } = await ann.factors()
  t.match(factors, [{ id: enrolled, method: 'totp', label: 'phone', principal: ann.principal.id }])
  t.notMatch(JSON.stringify(factors), /secret|used/)
  await t.rejects(ann.confirmTotp(enrolled, place.code('ann')), { code: 'MORTISE_INPUT_INVALID' })
})

t.test('a login asks for it, and a code lets in once', async (t) => {
  const place = await Place.build(t)
  await place.enrol('ann')
  const asked = await place.challenge('ann')
  t.match(asked, { methods: ['totp'], rpId: null, credentials: [], expires: place.clock.now() + 5 * minute })
  t.match(asked.challenge, /^[A-Za-z0-9_-]{43}$/)
  const totp = place.code('ann')
  const answer = { challenge: asked.challenge, totp }
  t.equal((await place.km.authenticate(answer, door)).principal.name, 'ann')
  await t.rejects(place.km.authenticate(answer, door), refused, 'the challenge is used up')
  const { challenge } = await place.challenge('ann')
  await t.rejects(place.km.authenticate({ challenge, totp }, door), refused, 'and so is the code')
  place.clock.pass(step)
  t.ok(await place.km.authenticate({ challenge, totp: place.code('ann') }, door), 'the next one does')

  const late = await place.challenge('ann')
  place.clock.pass(5 * minute)
  await t.rejects(
    place.km.authenticate({ challenge: late.challenge, totp: place.code('ann') }, door),
    refused,
  )
  for (const challenge of ['', 'x', 'A'.repeat(43), 'A'.repeat(200)])
    await t.rejects(place.km.authenticate({ challenge, totp: place.code('ann') }, door), refused)
})

t.test('a wrong password never hears of a second factor', async (t) => {
  const place = await Place.build(t)
  await place.enrol('ann')
  await t.rejects(place.km.authenticate({ name: 'ann', password: 'another one' }, door), refused)
})

t.test('of two processes that see the same code at once, one lets in', async (t) => {
  const place = await Place.build(t)
  await place.enrol('ann')
  const managers = [place.km, await place.house.open()]
  for (let round = 0; round < 10; round++) {
    place.clock.pass(step)
    const challenges = await Promise.all(managers.map((km) => place.challenge('ann', km)))
    const totp = place.code('ann')
    const outcomes = await Promise.all(
      managers.map((km, i) =>
        outcome(km.authenticate({ challenge: challenges[i]?.challenge ?? '', totp }, door)),
      ),
    )
    t.same(outcomes.sort(), ['MORTISE_AUTH_REQUIRED', 'ok'])
  }
})

t.test('five wrong codes end a challenge, however many are tried at once', async (t) => {
  const place = await Place.build(t)
  await place.km.asHost().setPasswordPolicy('global', { lockoutThresholds: [] })
  await place.enrol('ann')
  const first = await place.challenge('ann')
  for (let tries = 0; tries < 5; tries++)
    await t.rejects(place.km.authenticate({ ...first, totp: place.wrong('ann') }, door), refused)
  await t.rejects(
    place.km.authenticate({ ...first, totp: place.code('ann') }, door),
    refused,
    'the right one as well',
  )

  const { challenge } = await place.challenge('ann')
  const guess = (totp: string) => outcome(place.km.authenticate({ challenge, totp }, door))
  await Promise.all(Array.from({ length: 30 }, () => guess(place.wrong('ann'))))
  t.equal(await guess(place.code('ann')), 'MORTISE_AUTH_REQUIRED')
  const { records } = await place.km.asHost().audit({ operation: 'ProveFactor', limit: 100 })
  t.ok(records.every(({ outcome, code }) => outcome === 'denied' && code === 'MORTISE_AUTH_REQUIRED'))
  t.ok(records.length >= 10, `${records.length} on the trail`)

  const third = await place.challenge('ann')
  for (let tries = 0; tries < 4; tries++)
    await t.rejects(place.km.authenticate({ ...third, totp: place.wrong('ann') }, door), refused)
  t.ok(await place.km.authenticate({ ...third, totp: place.code('ann') }, door), 'four do not')
})

t.test('a challenge is for whom it was asked', async (t) => {
  const place = await Place.build(t)
  await place.register('bob')
  await place.enrol('ann')
  await place.enrol('bob')
  place.clock.pass(step)
  const { challenge } = await place.challenge('ann')
  await t.rejects(place.km.authenticate({ challenge, totp: place.code('bob') }, door), refused)
  const bob = await place.km.as('bob')
  await t.rejects(bob.proveFactor({ challenge, totp: place.code('bob') }), refused)
  await place.km.asHost().setPrincipal('ann', { enabled: false })
  await t.rejects(place.km.authenticate({ challenge, totp: place.code('ann') }, door), refused)
})

t.test('an answer is one answer', async (t) => {
  const place = await Place.build(t)
  await place.enrol('ann')
  const { challenge } = await place.challenge('ann')
  for (const proof of [{}, { totp: '000000', recovery: 'x' }])
    await t.rejects(place.km.authenticate({ challenge, ...proof }, door), { code: 'MORTISE_INPUT_INVALID' })
})

t.test('a recovery code lets in once', async (t) => {
  const place = await Place.build(t)
  const ann = await place.km.as('ann')
  await t.rejects(ann.newRecoveryCodes(), { code: 'MORTISE_INPUT_INVALID' }, 'there is nothing to recover')
  const factor = await place.enrol('ann')
  const codes = await ann.newRecoveryCodes()
  t.equal(new Set(codes).size, 10)
  for (const code of codes) t.match(code, /^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/)
  t.match(await ann.factors(), { recoveryCodes: 10 })
  const logIn = async (recovery: string) => {
    const { challenge } = await place.challenge('ann')
    return outcome(place.km.authenticate({ challenge, recovery }, door))
  }
  t.match(await place.challenge('ann'), { methods: ['totp', 'recovery'] })
  const [first = '', second = '', third = ''] = codes
  t.equal(await logIn(first), 'ok')
  t.equal(await logIn(first), 'MORTISE_AUTH_REQUIRED')
  t.equal(await logIn(second.toLowerCase().replaceAll('-', ' ')), 'ok', 'as people type it')
  t.match(await ann.factors(), { recoveryCodes: 8 })

  const managers = [place.km, await place.house.open()]
  const challenges = await Promise.all(managers.map((km) => place.challenge('ann', km)))
  const outcomes = await Promise.all(
    managers.map((km, i) =>
      outcome(km.authenticate({ challenge: challenges[i]?.challenge ?? '', recovery: third }, door)),
    ),
  )
  t.same(outcomes.sort(), ['MORTISE_AUTH_REQUIRED', 'ok'], 'of two processes at once')

  const [fresh = ''] = await ann.newRecoveryCodes()
  t.equal(await logIn(codes[5] ?? ''), 'MORTISE_AUTH_REQUIRED', 'new ones end the old ones')
  const inside = await place.house.inside()
  const record = await inside.store.record('recovery-codes', ann.principal.id)
  const stored = record && inside.barrier.openRecord(record).toString()
  t.ok(stored && !stored.includes(fresh) && !stored.includes(fresh.replaceAll('-', '')), 'kept as digests')
  await ann.removeFactor(factor)
  t.same(await ann.factors(), { factors: [], recoveryCodes: 0 }, 'and they go with the last factor')
})

t.test('a policy asks for a factor: who has none may enrol one, and nothing else', async (t) => {
  const place = await Place.build(t)
  const root = await place.house.administrator()
  const before = await place.logIn('ann')
  const api = await place.with((await before.createToken()).text)
  await root.setFactorPolicy({ name: 'people', principals: ['ann'] })

  for (const session of [before, await place.logIn('ann')]) {
    await t.rejects(session.createKey({ algorithm: 'AES' }), { ...enrol, details: { policy: 'people' } })
    await t.rejects(session.createToken(), enrol)
    await t.rejects(session.locate(), enrol)
    t.same(await session.factors(), { factors: [], recoveryCodes: 0 })
  }
  t.ok(await api.createKey({ algorithm: 'AES' }), 'an API token is no login')
  t.ok(await (await place.km.as('ann')).createKey({ algorithm: 'AES' }), 'the process is trusted')

  await place.enrol('ann', before)
  t.ok(await before.createKey({ algorithm: 'AES' }), 'to enrol is to prove')
  const again = await place.logIn('ann')
  t.ok(await again.createKey({ algorithm: 'AES' }))
  await again.removeFactor((await again.factors()).factors[0]?.id ?? '')
  await t.rejects((await place.logIn('ann')).locate(), enrol)
  await root.deleteFactorPolicy('people')
  t.ok(await (await place.logIn('ann')).locate())
  await t.rejects(root.deleteFactorPolicy('people'), { code: 'MORTISE_FACTOR_POLICY_NOT_FOUND' })
})

t.test('a policy is about groups and roles too, as of when somebody has them', async (t) => {
  const place = await Place.build(t)
  const root = await place.house.administrator()
  await root.createGroup({ name: 'clerks' })
  await root.setFactorPolicy({ name: 'by group', groups: ['clerks'] })
  await root.setFactorPolicy({ name: 'by role', roles: ['auditor'] })
  const ann = await place.logIn('ann')
  t.ok(await ann.locate())
  await root.addMember('clerks', 'ann')
  await t.rejects(ann.locate(), { ...enrol, details: { policy: 'by group' } })
  await root.removeMember('clerks', 'ann')
  t.ok(await ann.locate())
  await root.setPrincipal('ann', { roles: ['auditor'] })
  await t.rejects(ann.locate(), { ...enrol, details: { policy: 'by role' } })
  await root.setPrincipal('ann', { roles: [] })
  await root.addMember('Audit Admins', 'ann')
  await t.rejects(ann.locate(), { ...enrol, details: { policy: 'by role' } }, 'through a group')
})

t.test('a policy says which methods are enough', async (t) => {
  const place = await Place.build(t)
  const root = await place.house.administrator()
  await place.enrol('ann')
  const codes = await (await place.km.as('ann')).newRecoveryCodes()
  await root.setFactorPolicy({ name: 'no recovery', principals: ['ann'], methods: ['totp', 'passkey'] })
  const asked = await place.challenge('ann')
  t.same(asked['methods'], ['totp'])
  const entered = await place.km.authenticate({ ...asked, recovery: codes[0] ?? '' }, door)
  const recovered = await place.with((await entered.logIn()).token.text)
  await t.rejects(recovered.locate(), stepUp, 'it has another that would be')
  await root.setFactorPolicy({ name: 'keys', principals: ['ann'], methods: ['passkey'] })
  await t.rejects((await place.logIn('ann')).locate(), { ...enrol, details: { policy: 'keys' } })
})

t.test('what a policy cannot say is refused', async (t) => {
  const place = await Place.build(t)
  const root = await place.house.administrator()
  const set = (policy: object) => outcome(root.setFactorPolicy({ name: 'p', principals: ['ann'], ...policy }))
  t.equal(await set({ principals: [] }), 'MORTISE_INPUT_INVALID')
  t.equal(await set({ principals: ['nobody'] }), 'MORTISE_PRINCIPAL_NOT_FOUND')
  t.equal(await set({ groups: ['nobody'] }), 'MORTISE_GROUP_NOT_FOUND')
  t.equal(await set({ roles: ['nobody'] }), 'MORTISE_ROLE_NOT_FOUND')
  t.equal(await set({ methods: ['recovery'] }), 'MORTISE_INPUT_INVALID')
  t.equal(await set({ methods: ['sms'] }), 'MORTISE_INPUT_INVALID')
  t.equal(await set({ stepUp: ['Exprot'] }), 'MORTISE_INPUT_INVALID', 'a name that would protect nothing')
  for (const minutes of [0, 1.5, 1441, Number.NaN]) t.equal(await set({ minutes }), 'MORTISE_INPUT_INVALID')
  const dangerous = ['Export', 'Destroy', 'Backup', 'AddRootKey', 'RotateKeyring', 'AuditPrune', 'AddMember']
  t.equal(await set({ stepUp: dangerous }), 'ok')
  t.match(await root.factorPolicies(), [{ name: 'p', minutes: 10, exemptTokens: false }])
  t.equal(await outcome((await place.km.as('ann')).factorPolicies()), 'MORTISE_ACCESS_DENIED')
  t.equal(
    await outcome((await place.km.as('ann')).setFactorPolicy({ name: 'p', principals: ['ann'] })),
    'MORTISE_ACCESS_DENIED',
  )
})

t.test('a dangerous act takes a factor that was proved lately', async (t) => {
  const place = await Place.build(t)
  const root = await place.house.administrator()
  await place.enrol('ann')
  const policy = { name: 'exports', principals: ['ann'], stepUp: ['Export'], minutes: 3 }
  await root.setFactorPolicy(policy)
  const ann = await place.logIn('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', extractable: true })
  t.ok(await ann.export(id), 'it was proved at the login')
  place.clock.pass(3 * minute + 1)
  const details = { operation: 'Export', methods: ['totp', 'passkey', 'recovery'], minutes: 3 }
  await t.rejects(ann.export(id), { ...stepUp, details })
  t.ok(await ann.get(id), 'nothing else does')

  const asked = await ann.challengeFactor()
  await t.rejects(ann.proveFactor({ ...asked, totp: place.wrong('ann') }), refused)
  t.match(await ann.proveFactor({ ...asked, totp: place.code('ann') }), {
    method: 'totp',
    at: place.clock.now(),
  })
  t.ok(await ann.export(id))
  place.clock.pass(3 * minute + 1)
  await t.rejects(ann.export(id), stepUp)

  const other = await place.logIn('ann')
  place.clock.pass(step)
  const theirs = await other.challengeFactor()
  await t.rejects(
    ann.proveFactor({ ...theirs, totp: place.code('ann') }),
    refused,
    'a challenge of another login',
  )
  await t.rejects(
    place.km.authenticate({ ...theirs, totp: place.code('ann') }, door),
    refused,
    'is none for logging in',
  )
  t.ok(await (await place.km.as('ann')).export(id), 'the process is trusted')

  const { records } = await root.audit({ operation: 'Export', outcome: 'denied' })
  t.match(records, [{ code: 'MORTISE_AUTH_STEP_UP_REQUIRED', principalName: 'ann' }])
})

t.test('what takes a factor and approvals asks for the factor first', async (t) => {
  const place = await Place.build(t)
  const root = await place.house.administrator()
  await place.register('officer')
  for (const name of ['ann', 'officer']) await place.enrol(name)
  await root.createGroup({ name: 'officers', members: ['officer'] })
  await place.km.asHost().setQuorumPolicy({ act: 'Export', group: 'officers', approvals: 1 })
  const stepUpOf = ['Export', 'ApproveQuorumRequest']
  await root.setFactorPolicy({
    name: 'exports',
    principals: ['ann', 'officer'],
    stepUp: stepUpOf,
    minutes: 3,
  })
  const [ann, officer] = [await place.logIn('ann'), await place.logIn('officer')]
  const { id } = await ann.createKey({ algorithm: 'AES', extractable: true })
  const prove = async (name: string, session: Session) => {
    const { challenge } = await session.challengeFactor()
    await session.proveFactor({ challenge, totp: place.code(name) })
  }
  place.clock.pass(3 * minute + 1)
  await t.rejects(ann.export(id), stepUp)
  t.strictSame((await officer.quorumRequests()).requests, [], 'nobody is asked to approve it yet')

  await prove('ann', ann)
  await t.rejects(ann.export(id), { code: 'MORTISE_QUORUM_REQUIRED' })
  const request = (await officer.quorumRequests()).requests[0]?.id ?? ''
  await t.rejects(officer.approve(request), stepUp, 'nor does a login that was left open approve')
  await prove('officer', officer)
  await officer.approve(request)
  place.clock.pass(3 * minute + 1)
  await t.rejects(ann.export(id), stepUp)
  await prove('ann', ann)
  t.ok(await ann.export(id), 'the approval was not spent on what was refused')
})

t.test('an API token proves nothing, and is refused unless the policy exempts it', async (t) => {
  const place = await Place.build(t)
  const root = await place.house.administrator()
  const policy = { name: 'exports', principals: ['ann'], stepUp: ['Export'] }
  await root.setFactorPolicy(policy)
  const ann = await place.km.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', extractable: true })
  const api = await place.with((await ann.createToken()).text)
  const text = /an API token cannot prove a second factor/
  await t.rejects(api.export(id), { ...stepUp, message: text })
  await t.rejects(api.challengeFactor(), { ...stepUp, message: text })
  await t.rejects(api.enrolTotp(), { ...stepUp, message: text })
  await root.setFactorPolicy({ ...policy, exemptTokens: true })
  t.ok(await api.export(id))
  await t.rejects(api.enrolTotp(), { ...stepUp, message: text }, 'the account itself stays closed to it')
})

t.test('whoever steals a login cannot keep the account', async (t) => {
  const place = await Place.build(t)
  const factor = await place.enrol('ann')
  const stolen = await place.logIn('ann')
  place.clock.pass(10 * minute + 1)
  await t.rejects(stolen.removeFactor(factor), stepUp)
  await t.rejects(stolen.newRecoveryCodes(), stepUp)
  await t.rejects(stolen.enrolTotp(), stepUp)
  const asked = await stolen.challengeFactor()
  await stolen.proveFactor({ ...asked, totp: place.code('ann') })
  t.ok(await stolen.newRecoveryCodes())
  await stolen.removeFactor(factor)
  t.ok(await place.km.authenticate({ name: 'ann', password }, door))
})

t.test('who has lost a factor is helped by somebody with no fewer rights', async (t) => {
  const place = await Place.build(t)
  const root = await place.house.administrator()
  const factor = await place.enrol('ann')
  const officer = await place.house.as('officer')
  await root.setPrincipal('officer', { roles: ['principal-officer'] })
  t.match(await officer.factors('ann'), { factors: [{ id: factor }] })
  await root.setPrincipal('ann', { roles: ['administrator'] })
  t.equal(await outcome(officer.removeFactor(factor, 'ann')), 'MORTISE_ACCESS_DENIED')
  await root.setPrincipal('ann', { roles: [] })
  await officer.removeFactor(factor, 'ann')
  t.equal(await outcome(officer.removeFactor(factor, 'ann')), 'MORTISE_FACTOR_NOT_FOUND')
  t.equal(await outcome((await place.km.as('ann')).factors('officer')), 'MORTISE_ACCESS_DENIED')
})

t.test('other processes hear of factors that were proved and of policies', async (t) => {
  const place = await Place.build(t)
  const root = await place.house.administrator()
  await place.enrol('ann')
  const other = await place.house.open()
  const entered = await place.km.authenticate({ name: 'ann', password }, door).catch(() => undefined)
  t.equal(entered, undefined)
  const answer = { ...(await place.challenge('ann')), totp: place.code('ann') }
  const { text } = (await (await place.km.authenticate(answer, door)).logIn()).token
  const [here, there] = [await place.with(text), await place.with(text, other)]
  const { id } = await here.createKey({ algorithm: 'AES', extractable: true })
  t.ok(await there.export(id))
  await root.setFactorPolicy({ name: 'exports', principals: ['ann'], stepUp: ['Export'], minutes: 1 })
  place.clock.pass(minute + 1)
  await t.rejects(there.export(id), stepUp, 'nothing passes by a policy that this process has not read yet')
  await here.proveFactor({ ...(await here.challengeFactor()), totp: place.code('ann') })
  t.ok(await there.export(id), 'nor is refused for what it has not heard of')
})

t.test('a principal has ten factors at most', async (t) => {
  const place = await Place.build(t)
  const ann = await place.km.as('ann')
  for (let i = 0; i < 10; i++) await ann.enrolTotp()
  await t.rejects(ann.enrolTotp(), { code: 'MORTISE_INPUT_INVALID' })
  await t.rejects(ann.enrolTotp({ label: 'x'.repeat(256) }), { code: 'MORTISE_INPUT_INVALID' })
})

t.test('the secret is sealed in the store, and not on the trail', async (t) => {
  const place = await Place.build(t)
  const ann = await place.km.as('ann')
  const { id, secret, uri } = await ann.enrolTotp()
  const bytes = secretOf(uri)
  const inside = await place.house.inside()
  const record = await inside.store.record('factor', `${ann.principal.id}/${id}`)
  if (!record) return t.fail('there is a record')
  const forms = [
    bytes,
    ...(['base64', 'hex'] as const).map((form) => Buffer.from(bytes.toString(form))),
    Buffer.from(secret),
  ]
  for (const form of forms) t.notOk(Buffer.from(record.value).includes(form))
  t.ok(inside.barrier.openRecord(record).includes(bytes.toString('base64')), 'it is the right record')
  const { rows } = await inside.store.auditTail(100)
  for (const form of forms) t.notOk(rows.some((row) => Buffer.from(row.record).includes(form)))
})
