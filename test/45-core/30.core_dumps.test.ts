import { spawnSync } from 'node:child_process'
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
  randomBytes,
} from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type KeyManager, openKeyManager, type RegisterInput } from '../../lib/index.js'
import { textsOf, tracesIn } from '../support/traces.js'
import { xaesKey } from '../support/xaes.js'
import type { Moment } from './dumped.js'

// Five processes that are dumped and searched.
t.setTimeout(300_000)

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

/** Registers a key of every kind that a key manager has, and answers what of them is secret, with what is derived from it. */
async function fill(km: KeyManager): Promise<Secrets> {
  await km.ensurePrincipal({ name: 'ann' })
  const me = await km.as('ann')
  const secrets = new Map<string, Uint8Array>()
  const ciphers = ['Encrypt', 'Decrypt'] as const
  const macs = ['MACGenerate', 'MACVerify'] as const

  const raw = async (
    name: string,
    algorithm: string,
    bits: number,
    usage: NonNullable<RegisterInput['usage']>,
  ) => {
    const material = randomBytes(bits / 8)
    await me.register({ format: 'raw', algorithm, material, usage, name, extractable: true })
    secrets.set(name, material)
    if (!algorithm.startsWith('HMAC')) return
    secrets.set(
      `${name}, inner pad`,
      material.map((byte) => byte ^ 0x36),
    )
    secrets.set(
      `${name}, outer pad`,
      material.map((byte) => byte ^ 0x5c),
    )
  }
  for (const bits of [128, 192, 256])
    await raw(`aes-${bits}`, 'AES', bits, [...ciphers, ...macs, 'WrapKey', 'UnwrapKey', 'DeriveKey'])
  for (const bits of [256, 512]) await raw(`xts-${bits}`, 'AES-XTS', bits, ciphers)
  await raw('3des', '3DES', 192, ciphers)
  await raw('chacha20', 'ChaCha20', 256, ciphers)
  for (const bits of [256, 512]) await raw(`hmac-${bits}`, `HMAC-SHA-${bits}`, bits, macs)

  const pair = async (
    name: string,
    { privateKey, publicKey }: KeyPairKeyObjectResult,
    usage: RegisterInput['usage'],
  ) => {
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
  secrets.set(
    'ed25519, expanded',
    createHash('sha512')
      .update(secrets.get('ed25519.d') as Buffer)
      .digest(),
  )

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
  const secrets = new Map<string, Uint8Array>()
  for (const name of ['AES', 'RSA', 'EC', 'Ed25519'].map((algorithm) => `${moment}-${algorithm}`)) {
    const { format, material } = await me.export(name)
    if (format === 'raw') secrets.set(name, material)
    else {
      const key = createPrivateKey({ key: material, format: 'der', type: 'pkcs8' })
      for (const [number, bytes] of numbersOf(name, key)) secrets.set(number, bytes)
    }
  }
  return secrets
}

/** The keys of the records that it has told of. */
function subkeys(told: string, secrets: Secrets): Secrets {
  const records = [...told.matchAll(/^record (\S+) (\w+)$/gm)].map(([, name = '', hex = '']) => {
    const record = Buffer.from(hex, 'hex')
    return [
      `${name}, of record ${hex.slice(0, 34)}`,
      xaesKey(secrets.get(name) as Buffer, record.subarray(5)),
    ] as const
  })
  return new Map(records)
}

function reasonToSkip(): string | false {
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'latin1').trim()
  if (/[|/]/.test(pattern)) return `cores do not go into the working directory here, but to ${pattern}`
  if (spawnSync('sh', ['-c', 'ulimit -c unlimited']).status !== 0)
    return 'the limit of cores cannot be raised here'
  const { header } = process.report.getReport() as {
    readonly header: { readonly glibcVersionRuntime?: string }
  }
  if (!header.glibcVersionRuntime) return 'expanded keys are left out of core dumps with glibc only'
  return false
}

/** Runs the program until it aborts. */
function dump(directory: string, moment: Moment) {
  const place = mkdtempSync(join(directory, 'place-'))
  const { signal, stdout, stderr } = spawnSync(
    'sh',
    ['-c', 'ulimit -c unlimited && exec "$@"', 'sh', process.execPath, program, directory, moment],
    { cwd: place, encoding: 'utf8' },
  )
  if (signal !== 'SIGABRT') throw new Error(`it ended before its time: ${stderr}`)
  const core = readdirSync(place).find((name) => name.startsWith('core'))
  if (core === undefined) throw new Error('there is no core')
  return { place, core: join(place, core), snapshot: join(place, 'snapshot'), told: stdout }
}

const texts = (secrets: Secrets): Secrets =>
  new Map([...secrets].flatMap(([name, bytes]) => textsOf(name, bytes)))

t.test(
  'neither a core dump nor a heap snapshot has a trace of a key',
  { skip: reasonToSkip() },
  async (t) => {
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
    const inEverySnapshot = ['base64 from 0', 'base64url from 0', 'hex', 'latin1'].map(
      (form) => `control, ${form}`,
    )
    const onlyControls = (found: readonly string[], expected: readonly string[], where: string) => {
      t.strictSame(
        expected.filter((name) => !found.includes(name)),
        [],
        `${where}: the controls are found`,
      )
      t.strictSame(
        found.filter((name) => !/^(control|other)\b/.test(name)),
        [],
        `${where}: and no key`,
      )
    }

    for (const moment of ['idle', 'leased', 'released', 'closed', 'destroyed'] satisfies Moment[]) {
      const { place, core, snapshot, told } = dump(directory, moment)
      const after = await open()
      const all = new Map([...secrets, ...subkeys(told, secrets), ...(await madeAt(moment, after))])
      await after.close()
      const found = tracesIn(core, new Map([...all, ...controls]))
      onlyControls(found, ['control'], `${moment}, core`)
      // As OpenSSL has them of a key that is not Mortise's; malloc may put one where it is left out of cores.
      t.ok(
        found.some((name) => /^other\..*reversed$/.test(name)),
        `${moment}, core: numbers of a key are found`,
      )
      const sought = texts(new Map([...all, ['control', control]]))
      onlyControls(tracesIn(snapshot, sought, 48), inEverySnapshot, `${moment}, heap snapshot`)
      rmSync(place, { recursive: true })
    }
  },
)
