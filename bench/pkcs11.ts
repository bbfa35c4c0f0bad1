import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type KeyManager, openKeyManager, type Session, type TokenOptions } from '../lib/core/index.js'
import { type Contender, type Contest, type Suite, withScratch } from './harness/index.js'
import { limits } from './native/index.js'
import { Pkcs11jsPeer } from './peers/pkcs11js_peer.js'

/** Debian's. */
const softhsm = '/usr/lib/softhsm/libsofthsm2.so'
const pin = '1234'
const processors = availableParallelism()
/** Callers at once: enough that no thread waits for the next job. */
const callers = 16 * processors
/** Records of a leased batch. */
const batch = 64
/** With each call delayed: sessions, and so threads. */
const slowSessions = 16

/** Keys on a token of SoftHSM through the whole product, against pkcs11js and against the token itself. */
export const pkcs11: Suite = {
  name: 'pkcs11',
  run: (contest, quick) =>
    withScratch(async (directory) => {
      await softhsmIn(directory, ['few', 'many', 'slow'])
      await atOnce(directory, contest, quick ? 20 : 1000)
      await delayed(directory, contest)
    }),
}

/** @param labels of the tokens in it */
async function softhsmIn(directory: string, labels: readonly string[]): Promise<void> {
  const configuration = join(directory, 'softhsm2.conf')
  await mkdir(join(directory, 'tokens'))
  await writeFile(
    configuration,
    `directories.tokendir = ${directory}/tokens\nobjectstore.backend = file\nlog.level = ERROR\nslots.mechanisms = ALL\n`,
  )
  process.env['SOFTHSM2_CONF'] = configuration
  for (const label of labels) {
    const pins = ['--so-pin', '12345678', '--pin', pin]
    await promisify(execFile)('softhsm2-util', ['--init-token', '--free', '--label', label, ...pins])
  }
}

/** What stands before it, as in the tests. @returns the path of that module */
async function shimIn(directory: string, rules: readonly string[]): Promise<string> {
  const module = join(directory, 'shim.so')
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const source = join(root, 'test/35-hsm/shim/shim.c')
  const flags = ['-O1', '-shared', '-fPIC', `-I${join(root, 'native')}`, '-o', module]
  await promisify(execFile)('cc', [...flags, source, '-ldl', '-lpthread'])
  await writeFile(`${module}.module`, softhsm)
  // 64 bits for each of its functions.
  await writeFile(`${module}.counts`, Buffer.alloc(8 * 64))
  await writeFile(`${module}.rules`, rules.join('\n'))
  return module
}

function token(name: string, module: string, threads: number): TokenOptions {
  return {
    name,
    module,
    token: { label: name },
    pin: Buffer.from(pin),
    policy: { threads, deadline: 60_000 },
  }
}

interface Place {
  readonly manager: KeyManager
  readonly session: Session
}

async function opened(directory: string, tokens: readonly TokenOptions[]): Promise<Place> {
  const manager = await openKeyManager({ directory, tokens })
  await manager.ensurePrincipal({ name: 'bench' })
  return { manager, session: await manager.as('bench') }
}

/** Signs 32 bytes through the product: decided, done on the token, recorded. */
async function signing(
  { session }: Place,
  provider: string,
  name: string,
  kind: { readonly algorithm: string; readonly length?: number; readonly curve?: string },
  scheme: 'ES256' | 'RS256',
) {
  const pair = await session.createKeyPair({ ...kind, name, provider })
  const data = randomBytes(32)
  const sign = () => session.sign(pair.privateKey.id, data, { scheme, encoding: 'der' })
  const check = async () => {
    const { material } = await session.export(pair.publicKey.id, { format: 'spki' })
    const key = createPublicKey({ key: material, format: 'der', type: 'spki' })
    assert.ok(verify('sha256', data, key, await sign()))
  }
  return { label: name, sign, check }
}

async function atOnce(
  directory: string,
  contest: (contest: Contest) => Promise<void>,
  keys: number,
): Promise<void> {
  const tokens = ['few', 'many'].map((name) => token(name, softhsm, processors))
  const place = await opened(join(directory, 'store'), tokens)
  const { session } = place
  const p256 = await signing(place, 'few', 'p256', { algorithm: 'EC', curve: 'P-256' }, 'ES256')
  const rsa = await signing(place, 'few', 'rsa2048', { algorithm: 'RSA', length: 2048 }, 'RS256')
  for (const [name, { label, sign, check }, what, each] of [
    ['p256', p256, 'ECDSA', 200],
    ['rsa2048', rsa, 'RSA', 20],
  ] as const) {
    const loop = new limits.Pkcs11Loop(softhsm, 'few', label, what, processors)
    const peer = await Pkcs11jsPeer.start({
      ...{ module: softhsm, token: 'few', pin, key: label, what, lanes: 1, count: each },
    })
    await contest({
      name: `${name}/product`,
      unit: 'signatures/s',
      ours: { lanes: callers, work: () => sign().then(() => 1) },
      peer,
      peerName: 'pkcs11js, synchronous, one session in a process of its own',
      limit: { work: () => loop.run(each) },
      limitName: `a C++ loop, ${processors} threads with a session each, nothing decided or recorded`,
      check,
    })
    peer.stop()
    loop.close()
  }
  await contest(await sealing(session))
  // Not one more key may be looked for: then it does not matter how many there are.
  for (let i = 0; i < keys; i++) await session.createKey({ algorithm: 'AES', length: 256, provider: 'many' })
  const among = await signing(place, 'many', 'p256 among many', { algorithm: 'EC', curve: 'P-256' }, 'ES256')
  await contest({
    name: 'p256/thousand',
    unit: 'signatures/s',
    ours: { lanes: callers, work: () => among.sign().then(() => 1) },
    peer: { lanes: callers, work: () => p256.sign().then(() => 1) },
    peerName: 'the same with 5 keys on the token in the place of 1,000',
    check: among.check,
  })
  await place.manager.close()
}

async function sealing(session: Session): Promise<Contest> {
  const label = 'gcm'
  const key = await session.createKey({ algorithm: 'AES', length: 256, name: label, provider: 'few' })
  const cipher = await session.openCipher(key.id)
  const records = Array.from({ length: batch }, () => randomBytes(1024))
  const seal = () => cipher.sealBatchAsync(records)
  const loop = new limits.Pkcs11Loop(softhsm, 'few', label, 'GCM', processors)
  const task = { module: softhsm, token: 'few', pin, key: label, what: 'GCM', lanes: 1, count: 200 } as const
  const peer = await Pkcs11jsPeer.start(task)
  return {
    name: 'gcm1k/product',
    unit: 'records/s',
    ours: { lanes: 4 * processors, work: () => seal().then(({ length }) => length) },
    peer,
    peerName: 'pkcs11js, synchronous, one session in a process of its own',
    limit: { work: () => loop.run(400) },
    limitName: `a C++ loop, ${processors} threads with a session each`,
    check: async () => assert.deepEqual(await cipher.openBatchAsync(await seal()), records),
  }
}

/** 5 ms in C_SignInit and in C_Sign, as if the token were across a network. */
async function delayed(directory: string, contest: (contest: Contest) => Promise<void>): Promise<void> {
  const shim = await shimIn(directory, ['C_SignInit delay=5', 'C_Sign delay=5'])
  const place = await opened(join(directory, 'slow'), [token('slow', shim, slowSessions)])
  const { label, sign, check } = await signing(
    place,
    'slow',
    'p256',
    { algorithm: 'EC', curve: 'P-256' },
    'ES256',
  )
  const peer: Contender & { stop(): void } = await Pkcs11jsPeer.start({
    ...{
      module: shim,
      token: 'slow',
      pin,
      key: label,
      what: 'ECDSA',
      lanes: slowSessions,
      count: slowSessions,
    },
  })
  await contest({
    name: 'delay/p256',
    unit: 'signatures/s',
    ours: { lanes: 4 * slowSessions, work: () => sign().then(() => 1) },
    peer,
    peerName: `pkcs11js, asynchronous, ${slowSessions} sessions in a process of its own`,
    limit: 1400,
    limitName: 'signatures/s that are to be reached',
    watchLoop: true,
    check,
  })
  peer.stop()
  await place.manager.close()
}
