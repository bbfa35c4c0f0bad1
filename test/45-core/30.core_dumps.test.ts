import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { createPrivateKey, type KeyPairKeyObjectResult } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type KeyManager, openKeyManager, type RegisterInput } from '../../lib/index.js'
import { textsOf, tracesIn } from '../support/traces.js'
import { xaesKey } from '../support/xaes.js'
import type { Moment } from './dumped.js'

type Secrets = ReadonlyMap<string, Uint8Array>

const program = fileURLToPath(new URL('dumped.js', import.meta.url))

/** The numbers of a private key that are secret. */
function numbersOf(name: string, key: KeyObject): [string, Uint8Array][] {
  const jwk = key.export({ format: 'jwk' })
  return (['d', 'p', 'q', 'dp', 'dq', 'qi'] as const).flatMap((member) => {
    const number = jwk[member]
    return typeof number === 'string' ? [[`${name}.${member}`, Buffer.from(number, 'base64url')]] : []
  })
}

function numbersOfDer(name: string, der: Buffer): [string, Uint8Array][] {
  return numbersOf(name, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
}

/** Registers a key of every kind that a key manager has, and answers what of them is secret, with what is derived from it. */
async function fill(km: KeyManager): Promise<Secrets> {
  await km.ensurePrincipal({ name: 'ann' })
  const me = await km.as('ann')
  const secrets = new Map<string, Uint8Array>()
  const ciphers = ['Encrypt', 'Decrypt'] as const
  const macs = ['MACGenerate', 'MACVerify'] as const

  const raw = async (name: string, algorithm: string, bits: number, usage: NonNullable<RegisterInput['usage']>) => {
    const material = randomBytes(bits / 8)
    await me.register({ format: 'raw', algorithm, material, usage, name, extractable: true })
    secrets.set(name, material)
    if (!algorithm.startsWith('HMAC')) return
    secrets.set(`${name}, inner pad`, material.map((byte) => byte ^ 0x36))
    secrets.set(`${name}, outer pad`, material.map((byte) => byte ^ 0x5c))
  }
  for (const bits of [128, 192, 256])
    await raw(`aes-${bits}`, 'AES', bits, [...ciphers, ...macs, 'WrapKey', 'UnwrapKey', 'DeriveKey'])
  for (const bits of [256, 512]) await raw(`xts-${bits}`, 'AES-XTS', bits, ciphers)
  await raw('3des', '3DES', 192, ciphers)
  await raw('chacha20', 'ChaCha20', 256, ciphers)
  for (const bits of [256, 512]) await raw(`hmac-${bits}`, `HMAC-SHA-${bits}`, bits, macs)

  const pair = async (name: string, { privateKey, publicKey }: KeyPairKeyObjectResult, usage: RegisterInput['usage']) => {
    await me.register({
      material: privateKey.export({ type: 'pkcs8', format: 'der' }),
      name,
      extractable: true,
      ...(usage && { usage }),
    })
    await me.register({ material: publicKey.export({ type: 'spki', format: 'der' }), name: `${name}-public` })
    for (const [number, bytes] of numbersOf(name, privateKey)) secrets.set(number, bytes)
  }
  await pair('rsa', generateKeyPairSync('rsa', { modulusLength: 2048 }), ['Sign', 'Decrypt'])
  for (const namedCurve of ['P-256', 'P-384', 'P-521', 'secp256k1'])
    await pair(namedCurve, generateKeyPairSync('ec', { namedCurve }), ['Sign', 'KeyAgreement'])
  await pair('ed25519', generateKeyPairSync('ed25519'), ['Sign'])
  await pair('ed448', generateKeyPairSync('ed448'), ['Sign'])
  await pair('x25519', generateKeyPairSync('x25519'), ['KeyAgreement'])
  await pair('x448', generateKeyPairSync('x448'), ['KeyAgreement'])
  // RFC 8032 section 5.1.5: the scalar and the prefix.
  secrets.set('ed25519, expanded', createHash('sha512').update(secrets.get('ed25519.d') as Buffer).digest())

  const data = randomBytes(48)
  await me.registerObject({ type: 'SecretData', material: data, name: 'data' })
  secrets.set('data', data)
  await me.createKey({ algorithm: 'AES', name: 'split', extractable: true })
  secrets.set('split', (await me.export('split')).material)
  for (const { id } of await me.splitKey('split', {
    method: 'PolynomialSharingGF2_8',
    parts: 3,
    threshold: 2,
    extractable: true,
  })) {
    secrets.set(`share ${id}`, (await me.export(id)).material)
  }
  return secrets
}

/** The root key, and the key that it wraps the keyring with. */
function rootSecrets(directory: string): Secrets {
  const text = readFileSync(join(directory, 'root-key'), 'latin1').trim().slice(-64)
  const root = Buffer.from(text, 'hex')
  const wrapping = hkdfSync('sha256', root, '', 'mortise keyring', 32)
  return new Map([
    ['root', root],
    ['root, as the file has it', Buffer.from(text)],
    ['keyring', Buffer.from(wrapping)],
  ])
}

/** What the process that was dumped has made by itself. */
async function madeAt(moment: Moment, km: KeyManager): Promise<Secrets> {
  const me = await km.as('ann')
  const pairs = []
  for (const name of ['RSA', 'EC', 'Ed25519'].map((algorithm) => `${moment}-${algorithm}`))
    pairs.push(...numbersOfDer(name, (await me.export(name)).material))
  return new Map([[`${moment}-AES`, (await me.export(`${moment}-AES`)).material], ...pairs])
}

/** The keys of the records that it has told of. */
function subkeys(told: string, secrets: Secrets): Secrets {
  const records = [...told.matchAll(/^record (\S+) (\w+)$/gm)].map(([, name = '', hex = '']) => {
    const record = Buffer.from(hex, 'hex')
    return [`${name}, of record ${hex.slice(0, 34)}`, xaesKey(secrets.get(name) as Buffer, record.subarray(5))] as const
  })
  return new Map(records)
}

const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'latin1').trim()
const header = (process.report?.getReport() as unknown as { header: { glibcVersionRuntime?: string } }).header

function reasonToSkip(): string | false {
  if (/[|/]/.test(pattern)) return `cores do not go into the working directory here, but to ${pattern}`
  if (spawnSync('sh', ['-c', 'ulimit -c unlimited']).status !== 0) return 'the limit of cores cannot be raised here'
  if (!header.glibcVersionRuntime) return 'only with glibc are expanded keys left out of core dumps'
  return false
}

t.test('neither a core dump nor a heap snapshot has a trace of a key', { skip: reasonToSkip() }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'mortise-dumps-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const open = () => openKeyManager({ directory, policy: 'compatible' })
  const km = await open()
  const secrets = new Map([...(await fill(km)), ...rootSecrets(directory)])
  await km.close()

  const control = randomBytes(64)
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  writeFileSync(join(directory, 'control'), control)
  writeFileSync(join(directory, 'control.pem'), other.export({ type: 'pkcs8', format: 'pem' }))
  const controls: Secrets = new Map([['control', control], ...numbersOf('other', other)])

  for (const moment of ['idle', 'leased', 'released', 'closed', 'destroyed'] satisfies Moment[]) {
    const place = mkdtempSync(join(directory, 'place-'))
    const child = spawnSync(
      'sh',
      ['-c', 'ulimit -c unlimited && exec "$@"', 'sh', process.execPath, program, directory, moment],
      { cwd: place, encoding: 'utf8' },
    )
    t.equal(child.signal, 'SIGABRT', `${moment}: ${child.stderr}`)
    const after = await open()
    const all = new Map([...secrets, ...subkeys(child.stdout, secrets), ...(await madeAt(moment, after))])
    await after.close()

    const core = readdirSync(place).find((name) => name.startsWith('core'))
    const inCore = tracesIn(join(place, core ?? 'core'), new Map([...all, ...controls]))
    console.log(inCore)
    const texts = (of: Secrets): Secrets => new Map([...of].flatMap(([name, bytes]) => textsOf(name, bytes)))
    const inSnapshot = tracesIn(join(place, 'snapshot'), texts(new Map([...all, ['control', control]])), 48)
    console.log(inSnapshot)
    if (process.env['WHERE'] && inCore.some((n) => !/control|other/.test(n))) spawnSync('cp', [join(place, core ?? ''), '/tmp/wd-core']), process.exit(3)
    rmSync(place, { recursive: true })
  }
})
