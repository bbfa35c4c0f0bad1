import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { native } from '../../lib/native/index.js'
import { binding, bytes, cipherLease, empty, throwsCode } from './support.js'

const index = new URL('../../lib/native/index.js', import.meta.url).href

/** Runs the module text in a worker and answers the message that it posts. */
async function inWorker(script: string): Promise<unknown> {
  const source = `
    import { parentPort } from 'node:worker_threads'
    import { native } from ${JSON.stringify(index)}
    ${script}`
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`))
  const [message] = await once(worker, 'message')
  await worker.terminate()
  return message
}

t.test('uses are counted, and end with what is reserved', async (t) => {
  const lease = cipherLease(256, { uses: 3 })
  const record = lease.seal(empty)
  lease.open(record)
  t.throws(() => lease.open(record.subarray(1)), { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' })
  t.equal(lease.used, 3, 'a record that does not open is a use')
  t.equal(lease.left, 0)
  throwsCode(t, 'MORTISE_LEASE_EXHAUSTED', () => lease.seal(empty))
  t.notOk(lease.ended)
  lease.reserve(2)
  t.equal(lease.left, 2)
  throwsCode(t, 'MORTISE_LEASE_EXHAUSTED', () =>
    lease.sealBatch(new Uint8Array(3), Uint32Array.of(0, 1, 2), Uint32Array.of(1, 1, 1), new Uint8Array(200)),
  )
  t.equal(lease.left, 2, 'a batch is counted whole or not at all')
  lease.reserve(Number.MAX_SAFE_INTEGER)
  lease.seal(empty)
  for (const wrong of [-1, 0.5, Number.NaN, '1'])
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.reserve(wrong as number))
})

t.test('a lease does what it was opened for', async (t) => {
  const key = native.generateSecret('AES', 256)
  const sealer = native.openCipherLease(key, { encrypt: true, decrypt: false }, binding())
  const opener = native.openCipherLease(key, { encrypt: false, decrypt: true }, binding())
  const record = sealer.seal(bytes('x'))
  t.equal(opener.open(record).toString(), 'x')
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => sealer.open(record))
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => opener.seal(record))
  t.equal(sealer.used, 1)
})

t.test('a lease lives on when its key handle is disposed of, until it ends', async (t) => {
  const key = native.generateSecret('AES', 256)
  const lease = cipherLease(256, {}, key)
  key.dispose()
  const record = lease.seal(bytes('x'))
  lease.end()
  lease.end()
  t.ok(lease.ended)
  throwsCode(t, 'MORTISE_LEASE_ENDED', () => lease.seal(empty))
  throwsCode(t, 'MORTISE_LEASE_ENDED', () => lease.open(record))
})

t.test('an overdue lease stops, and is not renewed', async (t) => {
  const manager = native.newManager()
  const short = cipherLease(256, { manager, milliseconds: 100 })
  const renewed = cipherLease(256, { manager, milliseconds: 2000 })
  const strange = cipherLease(256, { milliseconds: 2000 })
  while (!short.ended) await sleep(10)
  native.renewLeases(manager, 60_000)
  throwsCode(t, 'MORTISE_LEASE_ENDED', () => short.seal(empty))
  while (!strange.ended) await sleep(10)
  renewed.seal(empty)
  throwsCode(t, 'MORTISE_LEASE_ENDED', () => strange.seal(empty), 'of another manager')
  native.renewLeases(manager, 0)
  throwsCode(t, 'MORTISE_LEASE_ENDED', () => renewed.seal(empty))
})

t.test('leases end by store, object and principal', async (t) => {
  const open = (object: string, principal: string, store = 'here') =>
    cipherLease(256, { store, object, principal })
  const a1 = open('a', '1')
  const a2 = open('a', '2')
  const b1 = open('b', '1')
  const b2 = open('b', '2')
  const other = open('a', '1', 'there')
  const state = () => [a1, a2, b1, b2, other].map((lease) => lease.ended)
  t.equal(native.endLeases('nowhere', null, null), 0)
  t.equal(native.endLeases('here', 'a', '1'), 1)
  t.strictSame(state(), [true, false, false, false, false])
  t.equal(native.endLeases('here', null, '2'), 2)
  t.strictSame(state(), [true, true, false, true, false])
  t.equal(native.endLeases('here', null, null), 1)
  t.strictSame(state(), [true, true, true, true, false])
})

t.test('another thread ends, renews and numbers too', async (t) => {
  const manager = native.newManager()
  t.ok(((await inWorker('parentPort.postMessage(native.newManager())')) as number) > manager)
  const lease = cipherLease(256, { manager, store: 'threads', milliseconds: 5000 })
  await inWorker(`native.renewLeases(${manager}, 60000); parentPort.postMessage('done')`)
  await sleep(5100)
  lease.seal(empty)
  t.equal(await inWorker(`parentPort.postMessage(native.endLeases('threads', 'object', null))`), 1)
  throwsCode(t, 'MORTISE_LEASE_ENDED', () => lease.seal(empty))
})

t.test('threads work side by side, and may be stopped in the middle of it', async (t) => {
  const work = `
    const key = native.generateSecret('AES', 256)
    const lease = native.openCipherLease(key, { encrypt: true, decrypt: true },
      { manager: native.newManager(), store: 'w', object: 'o', principal: 'p', keyVersion: 1, uses: 1e9, milliseconds: 6e4 })
    for (let i = 0; i < 2000; i++) if (lease.open(lease.seal(Buffer.from('text' + i))).toString() !== 'text' + i) throw 0
    const pair = await native.generateKeyPair('EC', 'P-256')
    await native.signAsync(pair.privateKey, 'ES256', new Uint8Array(3), {})
    for (let i = 0; i < 2; i++) native.generateKeyPair('RSA', 2048)
    parentPort.postMessage('done')`
  t.strictSame(await Promise.all(Array.from({ length: 4 }, () => inWorker(work))), Array(4).fill('done'))
})

t.test('leases come from Mortise only, and their getters know them', async (t) => {
  const lease = cipherLease()
  const { privateKey } = await native.generateKeyPair('Ed25519', null)
  const signer = native.openSignerLease(privateKey, 'EdDSA', {}, binding())
  const verifier = native.openVerifierLease(privateKey, 'EdDSA', {}, binding())
  const purposes = { generate: true, verify: true }
  const mac = native.openMacLease(native.generateSecret('HMAC', 256), 'SHA-256', purposes, binding())
  const use = native.openUseLease(binding())
  for (const each of [lease, signer, verifier, mac, use]) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => new (each.constructor as new () => unknown)())
  }
  for (const each of [signer, verifier, mac, use])
    t.equal(Reflect.get(lease.constructor.prototype, 'used', each), each.used)
  for (const wrong of [{}, native.generateSecret('AES', 128), Object.create(lease)]) {
    for (const name of ['used', 'left', 'ended']) {
      t.throws(() => Reflect.get(lease.constructor.prototype, name, wrong), `${name} of another object`)
    }
    t.throws(() => lease.seal.call(wrong, empty), 'seal of another object')
  }
})

t.test('a lease on a key that is elsewhere counts and ends like all others', async (t) => {
  const lease = native.openUseLease(binding({ uses: 3, object: 'elsewhere' }))
  lease.take(2)
  throwsCode(t, 'MORTISE_LEASE_EXHAUSTED', () => lease.take(2))
  t.equal(lease.used, 2, 'all of them or none')
  lease.take(1)
  lease.reserve(1)
  t.equal(lease.left, 1)
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.take(-1))
  t.equal(native.endLeases(binding().store, 'elsewhere', null), 1)
  t.ok(lease.ended)
  throwsCode(t, 'MORTISE_LEASE_ENDED', () => lease.take(1))
  const overdue = native.openUseLease(binding({ milliseconds: 0 }))
  throwsCode(t, 'MORTISE_LEASE_ENDED', () => overdue.take(1))
})

t.test('bindings are checked', async (t) => {
  for (const [name, value] of [
    ['manager', -1],
    ['store', 5],
    ['object', undefined],
    ['principal', null],
    ['keyVersion', 2 ** 32],
    ['uses', -1],
    ['milliseconds', 1.5],
  ] as const) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => cipherLease(256, { [name]: value }), name)
  }
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => cipherLease().seal('text' as unknown as Uint8Array))
})
