import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { keySpec } from '../../lib/crypto/index.js'
import { isMortiseError } from '../../lib/errors/index.js'
import type { KeyProvider, KeyTraits } from '../../lib/hsm/index.js'
import { native } from '../../lib/native/index.js'
import type { ManagedObject, ObjectType, Usage } from '../../lib/operation/index.js'

/** What providers do not have in common. */
export interface Differences {
  /** What keys are not made of, and the code that says so. */
  readonly notMade: readonly { readonly algorithm: string; readonly code: string }[]
  /** Hashes of RSAES-OAEP that it does not open. */
  readonly oaep: readonly ('SHA-1' | 'SHA-256')[]
  /** What it says where the clear bytes of a secret key are asked for; null where it gives them. */
  readonly notExported: string | null
}

const cipherUsages: readonly Usage[] = ['Encrypt', 'Decrypt']
const text = Buffer.from('attack at dawn')
const aad = Buffer.from('order 66')
const binding = {
  manager: native.newManager(),
  store: 'a store',
  principal: 'alice',
  keyVersion: 7,
  uses: 100,
  milliseconds: 60_000,
}

/** What every provider of keys does: the port of lib/hsm. */
export async function exerciseProvider(
  t: Test,
  provider: KeyProvider,
  differences: Differences,
): Promise<void> {
  t.teardown(() => provider.close())

  await t.test('a secret key', async (t) => {
    const object = await secret(provider, 'AES', 256, cipherUsages)
    const key = () => provider.open(object)
    const record = await key().sealRecord(7, text, aad)
    t.equal(record.readUInt32BE(1), 7, 'its record names the version of the key')
    t.same(await key().openRecord(record, aad), text)
    t.not(record.toString('hex'), (await key().sealRecord(7, text, aad)).toString('hex'))
    await fails(t, key().openRecord(record, Buffer.from('other')), 'MORTISE_CRYPTO_DECRYPTION_FAILED')
    for (let i = 0; i < record.length; i++) {
      const changed = Buffer.from(record)
      changed[i] = (changed[i] as number) ^ 1
      // The version is for whoever looks for the key: here it only belongs to what is authenticated.
      await fails(t, key().openRecord(changed, aad), 'MORTISE_CRYPTO_DECRYPTION_FAILED')
    }
    await fails(t, key().openRecord(Buffer.alloc(3), aad), 'MORTISE_CRYPTO_DECRYPTION_FAILED')
    const sealed = await key().gcmSeal(text, aad)
    t.equal(sealed.length, 12 + text.length + 16)
    t.same(await key().gcmOpen(sealed, aad), text)

    const other = await secret(provider, 'AES', 256, cipherUsages)
    await fails(t, provider.open(other).openRecord(record, aad), 'MORTISE_CRYPTO_DECRYPTION_FAILED')
    await fails(t, provider.open(other).gcmOpen(sealed, aad), 'MORTISE_CRYPTO_DECRYPTION_FAILED')

    provider.forget(object.id)
    t.same(await key().openRecord(record, aad), text, 'what was forgotten is found again')
  })

  await t.test('bare modes agree with those of Node', async (t) => {
    const { createCipheriv, createDecipheriv } = await import('node:crypto')
    const bytes = Buffer.alloc(32, 0x5a)
    const object = await imported(provider, bytes, 'raw', 'AES', cipherUsages)
    const key = provider.open(object)
    const iv = Buffer.alloc(16, 3)
    for (const [mode, name, size] of [
      ['CBC', 'aes-256-cbc', 16],
      ['CTR', 'aes-256-ctr', 16],
    ] as const) {
      const parameters = {
        mode,
        padded: mode === 'CBC',
        tag: 0,
        iv: iv.subarray(0, size),
        aad: Buffer.alloc(0),
      }
      const sealed = await key.encryptInMode(parameters, text)
      const cipher = createCipheriv(name, bytes, parameters.iv)
      t.same(sealed, Buffer.concat([cipher.update(text), cipher.final()]), mode)
      t.same(await key.decryptInMode(parameters, sealed), text)
      const decipher = createDecipheriv(name, bytes, parameters.iv)
      t.same(Buffer.concat([decipher.update(sealed), decipher.final()]), text)
    }
    const gcm = { mode: 'GCM', padded: false, tag: 16, iv: iv.subarray(0, 12), aad } as const
    const cipher = createCipheriv('aes-256-gcm', bytes, gcm.iv).setAAD(aad)
    const expected = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
    t.same(await key.encryptInMode(gcm, text), expected)
    t.same(await key.decryptInMode(gcm, expected), text)
    expected[0] = (expected[0] as number) ^ 1
    await fails(t, key.decryptInMode(gcm, expected), 'MORTISE_CRYPTO_DECRYPTION_FAILED')
  })

  await t.test('MACs agree with those of Node', async (t) => {
    const { createHmac } = await import('node:crypto')
    const bytes = Buffer.alloc(32, 0x0b)
    const object = await imported(provider, bytes, 'raw', 'HMAC-SHA-256', ['MACGenerate', 'MACVerify'])
    const expected = createHmac('sha256', bytes).update(text).digest()
    t.same(await provider.open(object).mac(text), expected)
  })

  await t.test('pairs sign, and their public keys verify', async (t) => {
    for (const [algorithm, length, curve, schemes] of [
      ['RSA', 2048, undefined, ['RS256', 'PS256', 'RS512']],
      ['EC', undefined, 'P-256', ['ES256']],
      ['EC', undefined, 'P-384', ['ES384']],
      ['Ed25519', undefined, undefined, ['EdDSA']],
    ] as const) {
      const { privateKey, publicKey } = await pair(provider, algorithm, length, curve)
      for (const scheme of schemes) {
        const options = { digested: false, bare: false, encoding: 'der' } as const
        const signature = await provider.open(privateKey).sign(scheme, text, options)
        const verify = (data: Buffer, one: Buffer) =>
          provider.open(publicKey).verify(scheme, data, one, options)
        t.equal(await verify(text, signature), true, `${algorithm} ${curve ?? ''} ${scheme}`)
        t.equal(await verify(aad, signature), false)
      }
      t.same(await provider.open(publicKey).export({ format: 'spki' }), await spkiOf(provider, publicKey))
    }
  })

  await t.test('RSA-OAEP', async (t) => {
    const { privateKey, publicKey } = await pair(provider, 'RSA', 2048, undefined)
    for (const hash of differences.oaep) {
      const oaep = { hash, mask: hash, label: Buffer.alloc(0) }
      const sealed = await provider.open(publicKey).oaepEncrypt(text, oaep)
      t.same(await provider.open(privateKey).oaepDecrypt(sealed, oaep), text, hash)
      sealed[20] = (sealed[20] as number) ^ 1
      await fails(t, provider.open(privateKey).oaepDecrypt(sealed, oaep), 'MORTISE_CRYPTO_DECRYPTION_FAILED')
    }
  })

  await t.test('private keys that were made elsewhere', async (t) => {
    const made = await native.generateKeyPair('EC', 'P-256')
    const pkcs8 = native.exportKey(made.privateKey)
    const object = await imported(provider, pkcs8, undefined, undefined, ['Sign'])
    const options = { digested: false, bare: false, encoding: 'p1363' } as const
    const signature = await provider.open(object).sign('ES256', text, options)
    const verifier = native.importPublic(made.publicKey)
    t.equal(native.verify(verifier, 'ES256', text, signature, options), true)
    t.equal(signature.length, 64)
  })

  await t.test('leases', async (t) => {
    const object = await secret(provider, 'AES', 256, cipherUsages)
    const lease = provider
      .open(object)
      .cipherLease({ encrypt: true, decrypt: true }, { ...binding, object: object.id })
    const out = Buffer.alloc(text.length * 2 + lease.overhead * 2)
    const arena = Buffer.concat([text, text])
    const places = [Uint32Array.of(0, text.length), Uint32Array.of(text.length, text.length)] as const
    const size = await lease.sealBatchAsync(arena, ...places, out, aad)
    t.equal(size, out.length)
    const record = out.subarray(0, size / 2)
    t.same(await provider.open(object).openRecord(record, aad), text, 'its records are those of single calls')
    const back = Buffer.alloc(arena.length)
    const status = new Uint8Array(2)
    out[size - 1] = (out[size - 1] as number) ^ 1
    const opens = [Uint32Array.of(0, size / 2), Uint32Array.of(size / 2, size / 2)] as const
    await lease.openBatchAsync(out, ...opens, back, status, aad)
    t.same([...status], [1, 0], 'one that does not open leaves the other alone')
    t.same(back, Buffer.concat([text, Buffer.alloc(text.length)]))
    t.equal(lease.used, 4)
    t.equal(lease.left, binding.uses - 4)
    const outside = async () => lease.sealBatchAsync(arena, Uint32Array.of(1000), Uint32Array.of(1), out)
    await fails(t, outside(), 'MORTISE_INPUT_INVALID')
    native.endLeases(binding.store, object.id, null)
    t.equal(lease.ended, true)
    const ended = async () => lease.sealBatchAsync(arena, ...places, out, aad)
    await fails(t, ended(), 'MORTISE_LEASE_ENDED')

    const { privateKey, publicKey } = await pair(provider, 'EC', undefined, 'P-256')
    const options = { digested: false, bare: false, encoding: 'der' } as const
    const signer = provider
      .open(privateKey)
      .signerLease('ES256', options, { ...binding, uses: 5, object: privateKey.id })
    const messages = [0, 1, 2, 3].map((i) => Buffer.from(`message ${i}`))
    const signatures = await signer.signBatchAsync(messages)
    const verdicts = await provider
      .open(publicKey)
      .verifierLease('ES256', options, { ...binding, object: publicKey.id })
      .verifyBatchAsync(messages, signatures)
    t.same(verdicts, [true, true, true, true])
    const more = async () => signer.signBatchAsync(messages)
    await fails(t, more(), 'MORTISE_LEASE_EXHAUSTED')
    signer.end()
  })

  await t.test('a key that is destroyed is gone, and may be destroyed again', async (t) => {
    const object = await secret(provider, 'AES', 256, cipherUsages)
    const record = await provider.open(object).sealRecord(1, text, aad)
    await provider.destroy(object)
    await provider.destroy(object)
    provider.forget(object.id)
    if (provider.external)
      await fails(t, provider.open(object).openRecord(record, aad), 'MORTISE_HSM_KEY_NOT_FOUND')
  })

  await t.test('what the providers do not have in common', async (t) => {
    for (const { algorithm, code } of differences.notMade)
      await fails(t, secret(provider, algorithm, undefined, []), code)
    const object = await secret(provider, 'AES', 256, cipherUsages)
    const exported = async () => provider.open(object).export({ format: 'raw' })
    if (differences.notExported) await fails(t, exported(), differences.notExported)
    else t.equal((await exported()).length, 32)
    const dataKey = native.generateSecret('AES', 256)
    const sealed = await provider.open(object).sealDataKey(dataKey, aad)
    const opened = await provider.open(object).openDataKey(sealed, aad)
    t.equal(opened.type, 'AES')
    t.same(native.exportKey(opened), native.exportKey(dataKey))
    const other = provider.open(object).openDataKey(sealed, Buffer.from('other'))
    await fails(
      t,
      other.then(() => undefined),
      'MORTISE_CRYPTO_DECRYPTION_FAILED',
    )
  })
}

export async function fails(t: Test, work: Promise<unknown>, code: string): Promise<void> {
  try {
    await work
    t.fail(`it should have failed with ${code}`)
  } catch (error) {
    if (isMortiseError(error)) t.equal(error.code, code, error.message)
    else t.error(error)
  }
}

function traits(usage: readonly Usage[]): KeyTraits {
  return { usage, extractable: false, sensitive: true }
}

async function secret(
  provider: KeyProvider,
  algorithm: string,
  length: number | undefined,
  usage: readonly Usage[],
): Promise<ManagedObject> {
  const spec = keySpec(algorithm, length)
  const identity = { id: randomUUID(), type: 'SymmetricKey', serial: 1 } as const
  return managedObject(
    provider,
    identity,
    algorithm,
    await provider.generateSecret(spec, identity, traits(usage)),
  )
}

async function imported(
  provider: KeyProvider,
  bytes: Buffer,
  format: 'raw' | undefined,
  algorithm: string | undefined,
  usage: readonly Usage[],
): Promise<ManagedObject> {
  const id = randomUUID()
  const { material, type, spec } = await provider.importKey(
    { bytes, ...(format && { format }), ...(algorithm !== undefined && { algorithm }) },
    { id, serial: 1 },
    () => traits(usage),
  )
  return managedObject(provider, { id, type, serial: 1 }, spec.algorithm.name, material)
}

async function pair(
  provider: KeyProvider,
  algorithm: string,
  length: number | undefined,
  curve: string | undefined,
) {
  const spec = keySpec(algorithm, length, curve)
  const identities = [
    { id: randomUUID(), type: 'PrivateKey', serial: 1 },
    { id: randomUUID(), type: 'PublicKey', serial: 1 },
  ] as const
  const both = algorithm === 'RSA'
  const { privateMaterial, publicMaterial } = await provider.generatePair(
    spec,
    ...identities,
    traits(both ? ['Sign', 'Decrypt'] : ['Sign']),
    { ...traits(both ? ['Verify', 'Encrypt'] : ['Verify']), extractable: true, sensitive: false },
  )
  return {
    privateKey: managedObject(provider, identities[0], algorithm, privateMaterial),
    publicKey: managedObject(provider, identities[1], algorithm, publicMaterial),
  }
}

async function spkiOf(provider: KeyProvider, publicKey: ManagedObject): Promise<Buffer> {
  return provider.open(publicKey).export({ format: 'spki', encoding: 'der' })
}

export function managedObject(
  provider: KeyProvider,
  identity: { readonly id: string; readonly type: ObjectType; readonly serial: number },
  algorithm: string,
  material: Uint8Array,
): ManagedObject {
  return {
    ...identity,
    version: 1,
    domain: 'root',
    state: 'Active',
    purpose: 'general',
    owner: 'alice',
    name: null,
    family: identity.id,
    algorithm,
    length: 256,
    usage: 0,
    created: 0,
    provider: provider.name,
    material,
    values: { extractable: false, sensitive: true },
  }
}
