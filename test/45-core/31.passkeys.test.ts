import t, { type Test } from 'tap'
import { isMortiseError, type KeyManager, openKeyManager, type Session } from '../../lib/index.js'
import { Authenticator } from '../support/authenticator.js'
import { minute, TestClock } from '../support/clock.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const password = 'a password for tests'
const door = { face: 'admin', request: 'r' }
const rpId = 'keys.example.org'
const origin = 'https://console.keys.example.org'
const passkeys = { rpId, origins: [origin] }
const refused = { code: 'MORTISE_AUTH_REQUIRED', message: 'credentials are missing or not valid' }
const invalid = { code: 'MORTISE_INPUT_INVALID' }

async function build(t: Test) {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false, passkeys })
  const register = async (name: string): Promise<Session> => {
    const session = await house.as(name)
    await house.km.asHost().setPassword(name, password)
    return session
  }
  const ann = await register('ann')
  // What a challenge bears is looked at here, not what an account does.
  await house.km.asHost().setPasswordPolicy('global', { lockoutThresholds: [] })
  return { house, clock, km: house.km, ann, register }
}

/** A passkey of somebody. */
async function enrol(session: Session, label = 'key'): Promise<Authenticator> {
  const authenticator = new Authenticator(rpId, origin)
  const creation = await session.beginPasskey()
  const registration = authenticator.create(creation)
  await session.finishPasskey({ challenge: creation.challenge, registration, label })
  return authenticator
}

/** The challenge that a password leads to. */
async function challengeOf(km: KeyManager, name = 'ann') {
  try {
    await km.authenticate({ name, password }, door)
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_AUTH_FACTOR_REQUIRED')) return error.details as { challenge: string }
    throw error
  }
  throw new Error('no second factor was asked for')
}

t.test('a passkey is enrolled, asked for and accepted', async (t) => {
  const { km, ann } = await build(t)
  const creation = await ann.beginPasskey()
  t.match(creation, {
    rp: { id: rpId },
    user: { name: 'ann', id: Buffer.from(ann.principal.id).toString('base64url') },
    attestation: 'none',
    excludeCredentials: [],
  })
  const one = await enrol(ann, 'one')
  const two = await enrol(ann, 'two')
  t.match(
    (await ann.beginPasskey()).excludeCredentials.map(({ id }) => id).sort(),
    [one, two].map(({ credential }) => credential).sort(),
  )
  t.match(await ann.factors(), { factors: [{ method: 'passkey' }, { method: 'passkey' }] })
  for (const authenticator of [one, two]) {
    const asked = await challengeOf(km)
    t.match(asked, { methods: ['passkey'], rpId })
    t.same(
      (asked as unknown as { credentials: string[] }).credentials.sort(),
      [one.credential, two.credential].sort(),
    )
    const passkey = authenticator.get(asked.challenge, { verified: false })
    const session = await km.authenticate({ challenge: asked.challenge, passkey }, door)
    t.equal(session.principal.name, 'ann', 'beside a password it need not verify who uses it')
  }
})

t.test('a passkey alone is enough when it has verified who uses it', async (t) => {
  const { km, ann, house } = await build(t)
  const authenticator = await enrol(ann)
  const root = await house.administrator()
  await root.setFactorPolicy({ name: 'p', principals: ['ann'], methods: ['passkey'] })
  const { challenge, rpId: asked } = km.requestPasskey()
  t.equal(asked, rpId)
  const passkey = authenticator.get(challenge)
  const session = await km.authenticate({ challenge, passkey }, door)
  t.equal(session.principal.name, 'ann')
  t.ok(
    await (await km.authenticate({ token: (await session.logIn()).token.text }, door)).locate(),
    'and is a factor',
  )
})

t.test('what is asked of nobody in particular leaves nothing behind, and is answered once', async (t) => {
  const { km, ann, house, clock } = await build(t)
  const authenticator = await enrol(ann)
  const inside = await house.inside()
  const { cursor } = await inside.store.auditTail(1)
  const { challenge } = km.requestPasskey()
  t.equal((await inside.store.auditTail(1)).cursor, cursor)
  t.same(await inside.store.records('open-challenge', { limit: 10 }), [])
  // Passkeys that are synced between devices count nothing: it is the challenge alone that is used up.
  const passkey = authenticator.get(challenge, { counter: 0 })
  const managers = [km, await house.open()]
  const outcomes = await Promise.all(
    managers.map((one) => outcome(one.authenticate({ challenge, passkey }, door))),
  )
  t.same(outcomes.sort(), ['MORTISE_AUTH_REQUIRED', 'ok'], 'of two processes at once')

  const late = km.requestPasskey()
  const assertion = authenticator.get(late.challenge)
  clock.pass(5 * minute)
  await t.rejects(km.authenticate({ challenge: late.challenge, passkey: assertion }, door), refused)

  const bytes = Buffer.from(km.requestPasskey().challenge, 'base64url')
  for (const at of [0, 39, 41, bytes.length - 1]) {
    const forged = Buffer.from(bytes)
    forged[at] = (forged[at] ?? 0) ^ 1
    const challenge = forged.toString('base64url')
    await t.rejects(
      km.authenticate({ challenge, passkey: authenticator.get(challenge) }, door),
      refused,
      `byte ${at}`,
    )
  }
})

t.test('hostile assertions', async (t) => {
  const { km, ann, register } = await build(t)
  const authenticator = await enrol(ann)
  const eve = await register('eve')
  const hers = await enrol(eve)
  const eveHandle = Buffer.from(eve.principal.id).toString('base64url')

  const twists = {
    'a wrong origin': { origin: 'https://evil.example.org' },
    'a subdomain that is not listed': { origin: 'https://other.keys.example.org' },
    'the origin without TLS': { origin: 'http://console.keys.example.org' },
    'a wrong relying party': { rpId: 'example.org' },
    'the registration of one': { type: 'webauthn.create' },
    'another user handle': { userHandle: eveHandle },
  }
  for (const [what, twist] of Object.entries(twists)) {
    const open = km.requestPasskey()
    const alone = authenticator.get(open.challenge, twist)
    await t.rejects(
      km.authenticate({ challenge: open.challenge, passkey: alone }, door),
      refused,
      `${what}, alone`,
    )
    const { challenge } = await challengeOf(km)
    const passkey = authenticator.get(challenge, twist)
    await t.rejects(km.authenticate({ challenge, passkey }, door), refused, what)
  }

  const alone = async (twist: Parameters<Authenticator['get']>[1]) => {
    const { challenge } = km.requestPasskey()
    return outcome(km.authenticate({ challenge, passkey: authenticator.get(challenge, twist) }, door))
  }
  t.equal(await alone({ verified: false }), 'MORTISE_AUTH_REQUIRED', 'user verification is missing')
  t.equal(await alone({ userHandle: undefined }), 'MORTISE_AUTH_REQUIRED', 'the user handle is missing')

  const { challenge } = await challengeOf(km)
  await t.rejects(
    km.authenticate({ challenge, passkey: hers.get(challenge) }, door),
    refused,
    'somebody else’s passkey',
  )
  const posing = { ...hers.get(challenge), id: authenticator.credential, rawId: authenticator.credential }
  await t.rejects(
    km.authenticate({ challenge, passkey: posing }, door),
    refused,
    'under the name of one’s own',
  )
  const other = km.requestPasskey()
  const signed = authenticator.get(other.challenge)
  await t.rejects(km.authenticate({ challenge, passkey: signed }, door), refused, 'another challenge')
  const unknown = new Authenticator(rpId, origin)
  await t.rejects(
    km.authenticate({ challenge, passkey: unknown.get(challenge) }, door),
    refused,
    'an unknown one',
  )

  const good = authenticator.get(other.challenge)
  const { signature } = good.response
  const flipped = Buffer.from(signature, 'base64url')
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1
  const tampered = { ...good, response: { ...good.response, signature: flipped.toString('base64url') } }
  await t.rejects(
    km.authenticate({ challenge: other.challenge, passkey: tampered }, door),
    refused,
    'a wrong signature',
  )
  t.equal((await km.authenticate({ challenge: other.challenge, passkey: good }, door)).principal.name, 'ann')
  await t.rejects(km.authenticate({ challenge: other.challenge, passkey: good }, door), refused, 'a replay')
})

t.test('a counter that goes back is refused: the authenticator was copied', async (t) => {
  const { km, ann } = await build(t)
  const authenticator = await enrol(ann)
  const logIn = async (counter: number) => {
    const { challenge } = km.requestPasskey()
    return outcome(km.authenticate({ challenge, passkey: authenticator.get(challenge, { counter }) }, door))
  }
  t.equal(await logIn(10), 'ok')
  t.equal(await logIn(10), 'MORTISE_AUTH_REQUIRED')
  t.equal(await logIn(9), 'MORTISE_AUTH_REQUIRED')
  t.equal(await logIn(0), 'MORTISE_AUTH_REQUIRED')
  t.equal(await logIn(11), 'ok')
})

t.test('hostile registrations', async (t) => {
  const { ann, register, clock } = await build(t)
  const begin = async () => {
    const authenticator = new Authenticator(rpId, origin)
    const creation = await ann.beginPasskey()
    return { authenticator, creation, challenge: creation.challenge }
  }
  // {"x5c": [h'00']}
  const certificates = Buffer.from('a16378356381' + '4100', 'hex')
  const twists = {
    'a wrong origin': { origin: 'https://evil.example.org' },
    'a wrong relying party': { rpId: 'example.org' },
    'an assertion': { type: 'webauthn.get' },
  }
  for (const [what, twist] of Object.entries(twists)) {
    const { authenticator, creation, challenge } = await begin()
    const registration = authenticator.create(creation, twist)
    await t.rejects(ann.finishPasskey({ challenge, registration }), invalid, what)
  }
  // What the library would fetch a revocation list for must not come so far.
  for (const format of ['packed', 'android-key', 'tpm', 'fido-u2f']) {
    const { authenticator, creation, challenge } = await begin()
    const registration = authenticator.create(creation, { attestation: [format, certificates] })
    const unasked = { ...invalid, message: /attestation that was not asked for/ }
    await t.rejects(ann.finishPasskey({ challenge, registration }), unasked, format)
  }
  const garbage = {
    id: 'AA',
    rawId: 'AA',
    type: 'public-key',
    response: { clientDataJSON: 'AA', attestationObject: 'AA' },
  }
  await t.rejects(ann.finishPasskey({ challenge: (await begin()).challenge, registration: garbage }), invalid)

  const { authenticator, creation, challenge } = await begin()
  const registration = authenticator.create(creation)
  const eve = await register('eve')
  await t.rejects(eve.finishPasskey({ challenge, registration }), invalid, 'the challenge of somebody else')
  await ann.finishPasskey({ challenge, registration })
  await t.rejects(ann.finishPasskey({ challenge, registration }), invalid, 'a replay')
  const again = await eve.beginPasskey()
  await t.rejects(
    eve.finishPasskey({ challenge: again.challenge, registration: authenticator.create(again) }),
    invalid,
    'a passkey that somebody else has',
  )
  const late = await begin()
  clock.pass(5 * minute)
  await t.rejects(
    ann.finishPasskey({ challenge: late.challenge, registration: late.authenticator.create(late.creation) }),
    invalid,
  )
  t.equal((await ann.factors()).factors.length, 1)
})

t.test('a challenge serves one purpose', async (t) => {
  const { km, ann, house } = await build(t)
  const authenticator = await enrol(ann)
  const enrolment = await ann.beginPasskey()
  const passkey = authenticator.get(enrolment.challenge)
  await t.rejects(km.authenticate({ challenge: enrolment.challenge, passkey }, door), refused)
  const { challenge } = await challengeOf(km)
  const another = new Authenticator(rpId, origin)
  const registration = another.create({ ...enrolment, challenge })
  await t.rejects(ann.finishPasskey({ challenge, registration }), invalid)
  const open = km.requestPasskey()
  const proof = { challenge: open.challenge, passkey: authenticator.get(open.challenge) }
  const entered = await km.authenticate(proof, door)
  const session = await house.km.authenticate({ token: (await entered.logIn()).token.text }, door)
  const fresh = km.requestPasskey()
  const stepUp = { challenge: fresh.challenge, passkey: authenticator.get(fresh.challenge) }
  await t.rejects(session.proveFactor(stepUp), refused, 'to step up one is asked by name')
  const asked = await session.challengeFactor()
  const right = { challenge: asked.challenge, passkey: authenticator.get(asked.challenge) }
  t.match(await session.proveFactor(right), { method: 'passkey' })
})

t.test('without a relying party there are no passkeys', async (t) => {
  const { km } = await KeyHouse.build(t)
  await km.ensurePrincipal({ name: 'ann' })
  await t.rejects((await km.as('ann')).beginPasskey(), invalid)
  t.throws(() => km.requestPasskey(), invalid)
})

t.test('a relying party that no browser would accept is refused at the start', async (t) => {
  const directory = t.testdir()
  for (const passkeys of [
    { rpId: '' },
    { rpId: 'https://example.org' },
    { rpId: 'Example.org' },
    { rpId: 'example.org:443' },
    { rpId: '127.0.0.1' },
    { rpId: 'example.org', origins: ['https://example.com'] },
    { rpId: 'example.org', origins: ['https://notexample.org'] },
    { rpId: 'example.org', origins: ['http://example.org'] },
    { rpId: 'example.org', origins: ['https://example.org/'] },
    { rpId: 'example.org', origins: ['example.org'] },
  ]) {
    await t.rejects(
      openKeyManager({ directory, passkeys }),
      { code: 'MORTISE_CONFIG_INVALID' },
      JSON.stringify(passkeys),
    )
  }
})
