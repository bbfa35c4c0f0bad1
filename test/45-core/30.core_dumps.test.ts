import { spawnSync } from 'node:child_process'
import { createHash, createPrivateKey, generateKeyPairSync, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openKeyManager } from '../../lib/index.js'
import { tracesIn } from '../support/traces.js'
import { xaesKey } from '../support/xaes.js'
import { controls, moments, owner, passphrase } from './dumped.js'

const program = fileURLToPath(new URL('dumped.js', import.meta.url))

/** Keys of every kind, and by name all that of them is secret, derived keys among it. */
async function fill(directory: string): Promise<Map<string, Uint8Array>> {
  const secrets = new Map<string, Uint8Array>()
  const km = await openKeyManager({ directory, policy: 'compatible' })
  await km.ensurePrincipal({ name: owner })
  const me = await km.as(owner)

  const raw = async (name: string, algorithm: string, material: Buffer, usage: readonly string[]) => {
    await me.register({ format: 'raw', algorithm, material, usage: usage as never, name, extractable: true })
    secrets.set(name, material)
  }
  const ciphers = ['Encrypt', 'Decrypt']
  const every = [...ciphers, 'WrapKey', 'UnwrapKey', 'MACGenerate', 'MACVerify', 'DeriveKey']
  for (const bits of [128, 192, 256]) await raw(`aes-${bits}`, 'AES', randomBytes(bits / 8), every)
  for (const bits of [256, 512]) await raw(`xts-${bits}`, 'AES-XTS', randomBytes(bits / 8), ciphers)
  await raw('3des', '3DES', randomBytes(24), ciphers)
  await raw('chacha20', 'ChaCha20', randomBytes(32), ciphers)
  for (const bits of [256, 512]) {
    const key = randomBytes(bits / 8)
    await raw(`hmac-${bits}`, `HMAC-SHA-${bits}`, key, ['MACGenerate', 'MACVerify'])
    secrets.set(`hmac-${bits}, inner`, key.map((byte) => byte ^ 0x36))
    secrets.set(`hmac-${bits}, outer`, key.map((byte) => byte ^ 0x5c))
  }

  const pair = async (name: string, { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }, usage: readonly string[]) => {
    const material = privateKey.export({ type: 'pkcs8', format: 'der' })
    await me.register({ format: 'pkcs8', material, name, usage: usage as never, extractable: true })
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    await me.register({ format: 'spki', material: spki, name: `${name}-public` })
    const jwk = privateKey.export({ format: 'jwk' })
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
      const number = jwk[member]
      if (number !== undefined) secrets.set(`${name}.${member}`, Buffer.from(number as string, 'base64url'))
    }
  }
  const signs = ['Sign']
  await pair('rsa', generateKeyPairSync('rsa', { modulusLength: 2048 }), ['Sign', 'Decrypt', 'UnwrapKey'])
  for (const namedCurve of ['P-256', 'P-384', 'P-521', 'secp256k1'])
    await pair(namedCurve, generateKeyPairSync('ec', { namedCurve }), ['Sign', 'KeyAgreement'])
  await pair('ed25519', generateKeyPairSync('ed25519'), signs)
  await pair('ed448', generateKeyPairSync('ed448'), signs)
  await pair('x25519', generateKeyPairSync('x25519'), ['KeyAgreement'])
  await pair('x448', generateKeyPairSync('x448'), ['KeyAgreement'])
  const seed = secrets.get('ed25519.d') as Uint8Array
  secrets.set('ed25519, expanded', createHash('sha512').update(seed).digest())

  const data = randomBytes(48)
  await me.registerObject({ type: 'SecretData', material: data, name: 'data', usage: ['DeriveKey'] })
  secrets.set('data', data)

  await me.createKey({ algorithm: 'AES', name: 'whole', extractable: true })
  secrets.set('whole', (await me.export('whole')).material)
  for (const share of await me.splitKey('whole', { method: 'PolynomialSharingGF2_8', parts: 3, threshold: 2, extractable: true }))
    secrets.set(`share-${share.id}`, (await me.export(share.id)).material)
  await km.close()

  const root = Buffer.from(readFileSync(join(directory, 'root-key'), 'latin1').slice(-65, -1), 'hex')
  secrets.set('root', root)
  secrets.set('root, text', Buffer.from(root.toString('hex')))
  secrets.set('keyring', Buffer.from(hkdfSync('sha256', root, '', 'mortise keyring', 32)))
  return secrets
}

const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'latin1').trim()
const skip = /[|/]/.test(pattern) ? `this machine puts cores elsewhere: ${pattern}` : false

t.test('a core dump and a heap snapshot tell of no key', { skip }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'mortise-dumps-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const secrets = await fill(directory)
  for (const moment of moments) {
    const place = mkdtempSync(join(directory, 'cwd-'))
    const child = spawnSync(
      'sh',
      ['-c', 'ulimit -c unlimited && exec "$@"', 'sh', process.execPath, program, directory, moment],
      { cwd: place, encoding: 'utf8' },
    )
    t.equal(child.signal, 'SIGABRT', `${moment}: ${child.stderr}`)
    const all = new Map(secrets)
    for (const [, name = '', hex = ''] of child.stdout.matchAll(/^record (\S+) (\w+)$/gm)) {
      const record = Buffer.from(hex, 'hex')
      all.set(`${name}, subkey of ${record.toString('hex', 5, 17)}`, xaesKey(secrets.get(name) as Buffer, record.subarray(5, 29)))
    }
    const core = readdirSync(place).find((name) => name.startsWith('core'))
    const at = Date.now()
    const found = tracesIn(join(place, core ?? 'core'), new Map([...all, ...controls()]))
    console.log(moment, found, Date.now() - at)
    rmSync(place, { recursive: true })
  }
})
void createPrivateKey
void passphrase
