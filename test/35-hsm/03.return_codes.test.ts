import { randomBytes } from 'node:crypto'
import t from 'tap'
import { native } from '../../lib/native/index.js'
import { isSignature, newEc } from './exercise.js'
import { noSoftHsm, Shim, softHsm } from './tokens.js'

/** How a failing C_Sign ends, and what the pool has done about it. */
type Remedy =
  /** Done again: in another session, with a key that was looked for again, logged in again, or initialised again. */
  | 'session'
  | 'key'
  | 'login'
  | 'initialize'
  /** Fails, and nothing else. */
  | 'fail'
  /** Fails, and the token is tried before anything else is asked of it. */
  | 'break'

const table: Readonly<Record<string, readonly [number, Remedy, string?]>> = {
  CKR_SESSION_HANDLE_INVALID: [0xb3, 'session'],
  CKR_SESSION_CLOSED: [0xb0, 'session'],
  CKR_OPERATION_ACTIVE: [0x90, 'session'],
  CKR_KEY_HANDLE_INVALID: [0x60, 'key'],
  CKR_OBJECT_HANDLE_INVALID: [0x82, 'key'],
  CKR_USER_NOT_LOGGED_IN: [0x101, 'login'],
  CKR_CRYPTOKI_NOT_INITIALIZED: [0x190, 'initialize'],
  CKR_DEVICE_ERROR: [0x30, 'break', 'MORTISE_HSM_UNAVAILABLE'],
  CKR_DEVICE_REMOVED: [0x32, 'break', 'MORTISE_HSM_UNAVAILABLE'],
  CKR_TOKEN_NOT_PRESENT: [0xe0, 'break', 'MORTISE_HSM_UNAVAILABLE'],
  CKR_TOKEN_NOT_RECOGNIZED: [0xe1, 'break', 'MORTISE_HSM_UNAVAILABLE'],
  CKR_GENERAL_ERROR: [0x5, 'fail', 'MORTISE_HSM_REFUSED'],
  CKR_FUNCTION_FAILED: [0x6, 'fail', 'MORTISE_HSM_REFUSED'],
  CKR_HOST_MEMORY: [0x2, 'fail', 'MORTISE_HSM_UNAVAILABLE'],
  CKR_DEVICE_MEMORY: [0x31, 'fail', 'MORTISE_HSM_UNAVAILABLE'],
  CKR_MECHANISM_INVALID: [0x70, 'fail', 'MORTISE_HSM_UNSUPPORTED'],
  CKR_KEY_SIZE_RANGE: [0x62, 'fail', 'MORTISE_HSM_UNSUPPORTED'],
  CKR_KEY_FUNCTION_NOT_PERMITTED: [0x68, 'fail', 'MORTISE_HSM_REFUSED'],
  CKR_DATA_LEN_RANGE: [0x21, 'fail', 'MORTISE_HSM_REFUSED'],
  CKR_ARGUMENTS_BAD: [0x7, 'fail', 'MORTISE_HSM_REFUSED'],
  'another return code': [0x80001234, 'fail', 'MORTISE_HSM_REFUSED'],
}

t.test('each return code leads to its action', { skip: noSoftHsm }, async (t) => {
  const softhsm = softHsm(t)
  const shim = new Shim(t, softhsm.module)
  const token = await native.openPkcs11({ ...softhsm, module: shim.module, policy: { threads: 1 } })
  const pair = await newEc(token)
  const key = token.key(pair.privateKey)
  const data = randomBytes(20)
  const sign = () => token.sign(key, 'ES256', data, {})
  const calls = () => ({
    signs: shim.count('C_SignInit'),
    finds: shim.count('C_FindObjectsInit'),
    logins: shim.count('C_Login'),
    opened: shim.count('C_OpenSession'),
    initialized: shim.count('C_Initialize'),
  })
  for (const [name, [code, remedy, error]] of Object.entries(table)) {
    await ready(token)
    await sign()
    const before = calls()
    const { generation, returnCodes } = token.status()
    shim.rules(`C_SignInit rv=${code} times=1`)
    const signed = sign()
    if (error === undefined) {
      t.ok(isSignature(pair.privateKey, data, await signed), name)
    } else {
      await t.rejects(
        signed,
        { code: error, message: new RegExp(`C_SignInit.*${name} \\(0x${code.toString(16)}\\)`) },
        name,
      )
    }
    await ready(token)
    const after = calls()
    const done = (call: keyof typeof before) => after[call] - before[call]
    t.equal(token.status().returnCodes[name], (returnCodes[name] ?? 0) + 1, `${name} is counted`)
    const again = error === undefined
    if (remedy !== 'key' && remedy !== 'login' && remedy !== 'initialize')
      t.equal(done('signs'), again ? 2 : 1, `${name}: signs`)
    t.equal(done('finds') > 0, ['key', 'login', 'initialize'].includes(remedy), `${name}: looks for the key`)
    t.equal(done('logins') > 0, ['login', 'initialize', 'break'].includes(remedy), `${name}: logs in`)
    t.equal(
      done('opened') > 0,
      ['session', 'login', 'initialize', 'break'].includes(remedy),
      `${name}: opens a session`,
    )
    t.equal(
      token.status().generation > generation,
      ['login', 'initialize', 'break'].includes(remedy),
      `${name}: gives up the generation`,
    )
  }
  shim.rules()
  t.ok(isSignature(pair.privateKey, data, await sign()))

  await t.test('what fails again after its remedy fails', async (t) => {
    for (const [code, error] of [
      [0xb3, 'MORTISE_HSM_UNAVAILABLE'],
      [0x82, 'MORTISE_HSM_KEY_NOT_FOUND'],
      [0x101, 'MORTISE_HSM_UNAVAILABLE'],
      [0x90, 'MORTISE_HSM_REFUSED'],
    ] as const) {
      shim.rules(`C_Sign rv=${code}`)
      await t.rejects(sign(), { code: error })
      shim.rules()
      await ready(token)
      t.ok(isSignature(pair.privateKey, data, await sign()))
    }
  })

  await t.test('errors that repeat bring the device into question', async (t) => {
    shim.rules('C_Sign rv=0x5')
    const { generation } = token.status()
    for (let i = 0; i < 5; i++)
      await t.rejects(sign(), { code: i < 4 ? 'MORTISE_HSM_REFUSED' : 'MORTISE_HSM_UNAVAILABLE' })
    shim.rules()
    await ready(token)
    t.ok(token.status().generation > generation)
  })

  await t.test('a bad ciphertext does not, however often', async (t) => {
    const aes = token.key(
      await token.generateSecret('AES', 256, { id: randomBytes(8), label: 'a', usages: ['decrypt'] }),
    )
    const { generation } = token.status()
    for (let i = 0; i < 20; i++)
      await t.rejects(token.open(aes, randomBytes(50), Buffer.alloc(0)), {
        code: 'MORTISE_CRYPTO_DECRYPTION_FAILED',
      })
    t.match(token.status(), { state: 'ready', generation })
  })

  await t.test('an answer that is longer than expected is asked for again', async (t) => {
    shim.rules('C_Sign rv=0x150 times=1')
    t.ok(isSignature(pair.privateKey, data, await sign()))
  })

  await t.test('a token without more sessions is used with those that there are', async (t) => {
    shim.rules('sessions=2')
    const wide = await native.openPkcs11({ ...softhsm, module: shim.module, policy: { threads: 1 } })
    const signatures = await Promise.all(
      Array.from({ length: 30 }, () => wide.sign(wide.key(pair.privateKey), 'ES256', data, {})),
    )
    t.ok(signatures.every((signature) => isSignature(pair.privateKey, data, signature)))
    shim.rules()
    await wide.close()
  })
  await token.close()
})

t.test('fewer sessions than threads are no fault', { skip: noSoftHsm }, async (t) => {
  const softhsm = softHsm(t)
  const shim = new Shim(t, softhsm.module)
  const token = await native.openPkcs11({ ...softhsm, module: shim.module, policy: { threads: 8 } })
  const pair = await newEc(token)
  const key = token.key(pair.privateKey)
  shim.rules('sessions=3', 'C_Sign delay=2')
  const data = randomBytes(20)
  const signatures = await Promise.all(Array.from({ length: 60 }, () => token.sign(key, 'ES256', data, {})))
  t.ok(signatures.every((signature) => isSignature(pair.privateKey, data, signature)))
  t.match(token.status(), { sessionLimit: 2, sessions: 3, failed: 0 })
  await token.close()
})

async function ready(token: { status(): { readonly state: string } }): Promise<void> {
  for (let i = 0; i < 500 && token.status().state !== 'ready'; i++)
    await new Promise((done) => setTimeout(done, 10))
}
