import { execFile, execFileSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { native } from '../../lib/native/index.js'
import { userPin } from '../support/softhsm.js'
import { isSignature, newEc } from './exercise.js'
import { noOpenSc, noSoftHsm, Shim, softHsm } from './tokens.js'

const child = fileURLToPath(new URL('child.js', import.meta.url))

t.test('calls that do not return hold up nothing else', { skip: noSoftHsm }, async (t) => {
  const softhsm = softHsm(t)
  const shim = new Shim(t, softhsm.module)
  const token = await native.openPkcs11({
    ...softhsm,
    module: shim.module,
    policy: { threads: 4, deadline: 200 },
  })
  const pair = await newEc(token)
  const key = token.key(pair.privateKey)
  const sign = () => token.sign(key, 'ES256', Buffer.from('x'), {})
  await sign()

  shim.rules('C_Sign hang')
  const first = sign()
  await t.rejects(first, { code: 'MORTISE_HSM_TIMEOUT' })
  t.match(token.status(), { state: 'degraded', stuck: 1, timeouts: 1 })
  t.equal((await token.random(8)).length, 8, 'other threads go on')

  const all = await Promise.allSettled(Array.from({ length: 12 }, sign))
  t.ok(all.every(({ status }) => status === 'rejected'))
  t.ok(['poisoned', 'down', 'recovering', 'degraded'].includes(token.status().state))
  await until(async () => {
    await Promise.allSettled(Array.from({ length: 4 }, sign))
    return token.status().state === 'poisoned'
  })
  t.ok(token.status().stuck >= 4)
  const started = process.hrtime.bigint()
  await t.rejects(token.random(8), { code: 'MORTISE_HSM_UNAVAILABLE', message: /restart the process/ })
  t.ok(process.hrtime.bigint() - started < 150_000_000n, 'at once')
  t.ok((await stat('/')).isDirectory(), 'files are for others')

  shim.rules()
  await until(async () => token.status().state === 'ready')
  t.match(token.status(), { stuck: 0 })
  t.ok(isSignature(pair.privateKey, Buffer.from('x'), await sign()), 'and when they return, all is well')
  await token.close()
})

t.test('a process ends while calls hang', { skip: noSoftHsm }, async (t) => {
  const softhsm = softHsm(t)
  const shim = new Shim(t, softhsm.module)
  shim.rules('C_GenerateRandom hang')
  for (const way of ['exit', 'worker']) {
    const { stdout } = await promisify(execFile)(process.execPath, [child, shim.module, way], {
      timeout: 20_000,
    })
    t.equal(stdout, 'ends\n', way)
  }
})

t.test(
  'threads share a token, and one that ends takes nothing from the others',
  { skip: noSoftHsm },
  async (t) => {
    const softhsm = softHsm(t)
    const shim = new Shim(t, softhsm.module)
    const options = { ...softhsm, module: shim.module, policy: { threads: 2 } }
    const token = await native.openPkcs11(options)
    const pair = await newEc(token)
    const workers = Array.from(
      { length: 2 },
      () => new Worker(child, { argv: [shim.module, 'sign'], workerData: pair.privateKey }),
    )
    const counts = await Promise.all(
      workers.map(
        (worker) => new Promise<number>((done, fail) => worker.once('message', done).once('error', fail)),
      ),
    )
    t.same(counts, [50, 50])
    const busy = new Worker(child, { argv: [shim.module, 'forever'], workerData: pair.privateKey })
    await new Promise((done) => busy.once('message', done))
    await busy.terminate()
    t.ok(
      isSignature(
        pair.privateKey,
        Buffer.from('x'),
        await token.sign(token.key(pair.privateKey), 'ES256', Buffer.from('x'), {}),
      ),
    )
    t.equal(shim.count('C_Login'), 1)
    t.equal(shim.count('C_Initialize'), 1)
    t.equal(shim.count('C_Finalize'), 0)
    await token.close()
    await until(async () => shim.count('C_Finalize') === 1)
    t.equal(shim.count('C_Finalize'), 1, 'the last one finalises it')
  },
)

t.test('a wrong PIN is tried once and never again', { skip: noSoftHsm }, async (t) => {
  const softhsm = softHsm(t)
  const shim = new Shim(t, softhsm.module)
  const wrong = { ...softhsm, module: shim.module, pin: Buffer.from('4321') }
  for (let i = 0; i < 3; i++)
    await t.rejects(native.openPkcs11(wrong), {
      code: 'MORTISE_HSM_LOGIN_REFUSED',
      message: i === 0 ? /CKR_PIN_INCORRECT/ : /not tried again/,
    })
  t.equal(shim.count('C_Login'), 1)
  const token = await native.openPkcs11({ ...wrong, pin: Buffer.from('1234') })
  t.equal(shim.count('C_Login'), 2, 'the right one is another')
  await t.rejects(native.openPkcs11(wrong), { code: 'MORTISE_HSM_LOGIN_REFUSED', message: /another PIN/ })
  t.equal(shim.count('C_Login'), 2)

  shim.rules('C_Login rv=0xa4', 'logout=1')
  await t.rejects(newEc(token), { code: 'MORTISE_HSM_LOGIN_REFUSED', message: /CKR_PIN_LOCKED/ })
  await t.rejects(token.random(8), { code: 'MORTISE_HSM_LOGIN_REFUSED' })
  t.equal(shim.count('C_Login'), 3)
  t.equal(token.status().state, 'refused')
  await token.close()
})

t.test('so is one that a key asks for at each use', { skip: noOpenSc }, async (t) => {
  const softhsm = softHsm(t)
  const about = ['--token-label', 'test', '--login', '--pin', userPin, '--id', '01', '--label', 'careful']
  const pair = ['--keypairgen', '--key-type', 'EC:prime256v1', '--always-auth']
  execFileSync('pkcs11-tool', ['--module', softhsm.module, ...about, ...pair], { stdio: 'pipe' })
  const shim = new Shim(t, softhsm.module)
  const token = await native.openPkcs11({ ...softhsm, module: shim.module, policy: { threads: 4 } })
  const [facts] = await token.find({ kind: 'private' })
  if (!facts) throw new Error('it was not made')
  const data = Buffer.from('x')
  const sign = () => token.sign(token.key(facts), 'ES256', data, {})
  t.ok(isSignature(facts, data, await sign()))
  const before = shim.count('C_Login')
  shim.rules('C_Login rv=0xa0')
  for (const one of await Promise.allSettled(Array.from({ length: 8 }, sign)))
    t.match(one, { status: 'rejected', reason: { code: 'MORTISE_HSM_LOGIN_REFUSED' } })
  t.equal(shim.count('C_Login'), before + 1, 'by one of those who wanted to, and nobody else')
  t.equal(token.status().state, 'refused')
  await token.close()
})

async function until(met: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 300 && !(await met()); i++) await new Promise((done) => setTimeout(done, 20))
}
