import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import {
  algorithmNames,
  algorithms,
  hashNames,
  kdfMethods,
  modeNames,
  modes,
  signatureSchemes,
  splitMethods,
  wrapMethods,
} from '../../lib/crypto/index.js'
import { native, type SelfTestResult } from '../../lib/native/index.js'
import { throwsCode } from './support.js'

const run = promisify(execFile)
const index = new URL('../../lib/native/index.js', import.meta.url).href
const tests = native.selfTest()

t.test('every known answer is right', async (t) => {
  t.strictSame(
    tests.filter((each) => !each.passed),
    [],
  )
  t.match(native.opensslVersion, /^OpenSSL 3\./)
  const microseconds = tests.reduce((sum, each) => sum + each.microseconds, 0)
  t.comment(`${tests.length} tests in ${(microseconds / 1000).toFixed(1)} ms`)
})

t.test('every row of the tables has a known answer', async (t) => {
  const rows = [
    ...hashNames,
    ...algorithmNames.filter((name) => algorithms[name].native === 'HMAC'),
    ...modeNames.flatMap((mode) => modes[mode].algorithms.map((algorithm) => nameOf(algorithm, mode))),
    ...Object.keys(signatureSchemes),
    ...wrapMethods,
    ...kdfMethods,
    ...splitMethods,
    ...algorithms.EC.curves.map((curve) => `ECDH-${curve}`),
    ...(['X25519', 'X448'] satisfies (keyof typeof algorithms)[]),
    ...['XAES-256-GCM', 'AES-CMAC', 'AES-CBC-HMAC', 'Concat-KDF', 'DRBG'],
  ]
  const names = new Set(tests.map(({ name }) => name.replace(/^(HKDF|PBKDF2)-.*/, '$1')))
  t.strictSame(names, new Set(rows))
  // What nothing is done with cannot be wrong.
  const used = algorithmNames.filter((name) => Object.keys(algorithms[name].usages).length > 0)
  const keys = used.filter((name) => ![...names].some((test) => concerns(test, name)))
  t.strictSame(keys, [], 'no algorithm of keys is without one')
})

function nameOf(algorithm: string, mode: string): string {
  if (algorithm === 'AES-XTS') return 'AES-XTS'
  return algorithm === 'ChaCha20' ? mode : `${algorithm}-${mode}`
}

/** An Ed25519 key signs by EdDSA, those of RSA and EC by schemes whose names do not begin so. */
function concerns(test: string, algorithm: string): boolean {
  const beginning = { EC: 'ECDH', Ed25519: 'EdDSA' }[algorithm] ?? algorithm
  return test.startsWith(beginning)
}

/** What still does something in the error state, and is no use of a key. */
const exempt = [
  'selfTest',
  ...['dispose'],
  ...['countUsed', 'countLeft', 'hasEnded', 'reserve', 'end'].flatMap((name) => [
    `CipherLease.${name}`,
    `SignerLease.${name}`,
    `VerifierLease.${name}`,
    `MacLease.${name}`,
  ]),
]

/** Breaks a vector and runs the tests in a process of its own, which tells which failed and what then still did anything. */
async function broken(name: string, vector: number): Promise<{ failed: string[]; working: string[] }> {
  const script = `
    const { native } = await import(${JSON.stringify(index)})
    const key = native.generateSecret('AES', 256)
    const { privateKey } = await native.generateKeyPair('Ed25519', null)
    const binding = { manager: 1, store: 's', object: 'o', principal: 'p', keyVersion: 1, uses: 9, milliseconds: 9e4 }
    const cipher = native.openCipherLease(key, { encrypt: true, decrypt: true }, binding)
    const signer = native.openSignerLease(privateKey, 'EdDSA', {}, binding)
    const verifier = native.openVerifierLease(privateKey, 'EdDSA', {}, binding)
    const mac = native.openMacLease(key, undefined, { generate: true, verify: true }, binding)
    native.breakSelfTest(${JSON.stringify(name)}, ${vector})
    cipher.seal(new Uint8Array(3))
    const failed = native.selfTest().filter(each => !each.passed).map(each => each.name)

    const working = []
    async function call(name, action) {
      try { await action() } catch (error) { if (error.code === 'MORTISE_SELFTEST_FAILED') return }
      working.push(name)
    }
    for (const [name, value] of Object.entries(native))
      if (typeof value === 'function' && value.prototype?.end === undefined) await call(name, () => native[name]())
    const leases = [['CipherLease.', cipher], ['SignerLease.', signer], ['VerifierLease.', verifier], ['MacLease.', mac]]
    for (const [face, object] of [...leases, ['', key]]) {
      const prototype = Object.getPrototypeOf(object)
      for (const name of Object.getOwnPropertyNames(prototype))
        if (name !== 'constructor' && typeof object[name] === 'function') await call(face + name, () => object[name](1))
    }
    console.log(JSON.stringify({ failed, working }))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script])
  return JSON.parse(stdout)
}

/** As many processes at a time as there are processors on a small machine. */
async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all([worker(), worker()])
}

t.test('a wrong byte in any vector stops everything in the process', async (t) => {
  t.ok(tests.every(({ vectors }) => vectors > 0))
  await eachOf(tests, async ({ name, vectors }: SelfTestResult) => {
    for (let vector = 0; vector < vectors; vector++) {
      const { failed, working } = await broken(name, vector)
      t.strictSame(failed, [name], `${name}, vector ${vector}`)
      t.strictSame(working.sort(), [...exempt].sort(), 'nothing else works')
    }
  })
})

t.test('what is under way when a test fails gives out nothing', async (t) => {
  const script = `
    const { native } = await import(${JSON.stringify(index)})
    const key = native.generateSecret('AES', 256)
    const binding = { manager: 1, store: 's', object: 'o', principal: 'p', keyVersion: 1, uses: 9, milliseconds: 9e4 }
    const lease = native.openCipherLease(key, { encrypt: true, decrypt: true }, binding)
    const promises = [
      native.generateKeyPair('Ed25519', null),
      lease.sealBatchAsync(new Uint8Array(9), Uint32Array.of(0), Uint32Array.of(9), new Uint8Array(99)),
    ]
    native.breakSelfTest('AES-GCM', 0)
    native.selfTest()
    const settled = await Promise.allSettled(promises)
    console.log(settled.map(({ status, reason }) => reason?.code ?? status).join())`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script])
  t.equal(stdout.trim(), 'MORTISE_SELFTEST_FAILED,MORTISE_SELFTEST_FAILED')
})

t.test('no vector can be broken that is not there', async (t) => {
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.breakSelfTest('MD5', 0))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.breakSelfTest('DRBG', 1))
})
