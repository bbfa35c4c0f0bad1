import { randomBytes } from 'node:crypto'
import t from 'tap'
import { native } from '../../lib/native/index.js'
import { exercise, isSignature, newEc, template } from './exercise.js'
import { noSoftHsm, Shim, softHsm } from './tokens.js'

t.test('SoftHSM does what every token must', { skip: noSoftHsm }, async (t) => {
  const token = await native.openPkcs11({ ...softHsm(t), policy: { threads: 2 } })
  t.match(token.capabilities, {
    oaepHashes: ['SHA-1'],
    gcmParameters: 'with-iv-bits',
    gcmIv: 'local',
    keyWrapPad: 'CKM_AES_KEY_WRAP_PAD',
    token: { label: 'test', loginRequired: true, maxSessions: undefined },
  })
  await exercise(t, token, {
    octets: ['Ed25519', 'Ed448', 'X25519', 'X448'],
    takesKeys: true,
    agrees: true,
    keepsToUsages: true,
    oaep256: false,
    importsWrapped: ['AES', 'HMAC', 'EC', 'RSA'],
    checkValueOfHmac: true,
    tellsLocal: true,
  })
  await token.close()
  t.equal(token.status().state, 'closed')
  t.throws(() => token.random(1), { code: 'MORTISE_CLOSED' })
})

t.test(
  'once a key has been used, nothing is looked for, and nobody logs in',
  { skip: noSoftHsm },
  async (t) => {
    const softhsm = softHsm(t)
    const shim = new Shim(t, softhsm.module)
    const token = await native.openPkcs11({ ...softhsm, module: shim.module, policy: { threads: 4 } })
    const pairs = await Promise.all(Array.from({ length: 5 }, () => newEc(token)))
    const keys = pairs.map(({ privateKey }) => token.key(privateKey))
    const sign = async (i: number) => {
      const data = randomBytes(20)
      const pair = pairs[i % 5] as (typeof pairs)[0]
      const signature = await token.sign(keys[i % 5] as (typeof keys)[0], 'ES256', data, {})
      return isSignature(pair.privateKey, data, signature)
    }
    await Promise.all(keys.map((_, i) => sign(i)))
    const calls = ['C_FindObjectsInit', 'C_Login', 'C_GetAttributeValue']
    const before = calls.map((name) => shim.count(name))
    const opened = shim.count('C_OpenSession')
    const asked = shim.count('C_GetSessionInfo')
    const signatures = shim.count('C_Sign')
    t.ok((await Promise.all(Array.from({ length: 200 }, (_, i) => sign(i)))).every((valid) => valid))
    t.same(
      calls.map((name) => shim.count(name)),
      before,
    )
    // A thread that begins only now opens its session, and looks whether the login still stands.
    const begun = shim.count('C_OpenSession') - opened
    t.ok(begun <= 3)
    t.equal(shim.count('C_GetSessionInfo') - asked, begun)
    t.equal(shim.count('C_Sign') - signatures, 200)
    t.equal(shim.count('C_Login'), 1)
    t.ok(token.status().sessions <= 5)

    const one = pairs[0] as (typeof pairs)[0]
    const key = token.key(one.privateKey)
    const data = randomBytes(20)
    const parallel = await Promise.all(Array.from({ length: 50 }, () => token.sign(key, 'ES256', data, {})))
    t.ok(
      parallel.every((signature) => isSignature(one.privateKey, data, signature)),
      '50 at once on one key',
    )
    t.notOk('CKR_OPERATION_ACTIVE' in token.status().returnCodes, 'no session comes back unclean')
    await token.close()
  },
)

t.test('more than the queue holds is refused, and the rest is done', { skip: noSoftHsm }, async (t) => {
  const softhsm = softHsm(t)
  const shim = new Shim(t, softhsm.module)
  const token = await native.openPkcs11({
    ...softhsm,
    module: shim.module,
    policy: { threads: 1, queue: 10 },
  })
  shim.rules('C_GenerateRandom delay=10')
  const settled = await Promise.allSettled(Array.from({ length: 20 }, () => token.random(8)))
  const refused = settled.filter(({ status }) => status === 'rejected')
  t.ok(refused.length >= 9 && refused.length <= 10)
  t.match(refused[0], { reason: { code: 'MORTISE_HSM_BUSY' } })
  t.match(token.status(), { busy: refused.length, queued: 0, state: 'ready' })
  t.throws(() => token.random(70_000), { code: 'MORTISE_INPUT_INVALID' })
  const key = token.key(await token.generateSecret('AES', 256, template(['encrypt'])))
  t.throws(() => token.seal(key, Buffer.alloc(17 << 20), Buffer.alloc(0)), {
    code: 'MORTISE_INPUT_TOO_LARGE',
  })
  await token.close()
})

t.test('what cannot be opened says why', { skip: noSoftHsm }, async (t) => {
  const softhsm = softHsm(t)
  await t.rejects(native.openPkcs11({ ...softhsm, module: '/nowhere.so' }), {
    code: 'MORTISE_HSM_MODULE',
    message: /no such file/,
  })
  await t.rejects(native.openPkcs11({ ...softhsm, module: process.execPath }), { code: 'MORTISE_HSM_MODULE' })
  await t.rejects(native.openPkcs11({ ...softhsm, token: { label: 'other' } }), {
    code: 'MORTISE_HSM_TOKEN_NOT_FOUND',
    message: /there are: test \(/,
  })
})
