/** What is dropped without a word is collected, and takes its native memory with it; what fails leaves nothing behind. */
import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import {
  type ContentEncryption,
  type KeyHandle,
  type KeyManagement,
  native,
  openAll,
  openAllAsync,
  sealAll,
  sealAllAsync,
} from '../../lib/native/index.js'
import { binding, bytes, cipherLease, empty } from './support.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

t.setTimeout(300_000)
const store = 'leaks'
const kilobytes = (field: string) =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1])

/** In KiB. */
interface Held {
  /** Key memory. */
  readonly locked: number
  /** Buffers. */
  readonly external: number
  /** What the process has beside the heap of JavaScript. */
  readonly native: number
}

function held(): Held {
  const { external, heapTotal } = process.memoryUsage()
  return {
    locked: kilobytes('VmLck'),
    external: external / 1024,
    native: kilobytes('VmRSS') - heapTotal / 1024,
  }
}

/** A chunk or two of the pool of key memory; ten times as much of what malloc does not give back. */
const slack: Held = { locked: 256, external: 1024, native: 16 * 1024 }

const grown = (now: Held, before: Held) =>
  (Object.keys(slack) as (keyof Held)[]).filter((name) => now[name] > before[name] + slack[name])

/** Collects until no more than before is held. Finalizers run in turns of the loop of their own. */
async function settled(before: Held): Promise<string[]> {
  for (let round = 0; round < 20; round++) {
    collect()
    await setImmediate()
    if (round > 3 && grown(held(), before).length === 0) return []
  }
  return grown(held(), before)
}

/**
 * Does it so often that the smallest leak of key memory each time is more than its slack. What was in use at the peak stays
 * with malloc, and one round may by chance have a higher one than those before it: a leak grows in every round.
 */
function leakless(name: string, times: number, action: (i: number) => unknown): void {
  t.test(name, async (t) => {
    const repeat = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const pending = action(i)
        if (pending instanceof Promise) await pending
        // Lets finalizers run; a program that never waits would hold everything.
        if (i % 256 === 255) await setImmediate()
      }
    }
    await repeat(Math.ceil(times / 4))
    for (let round = 0; round < 3; round++) {
      collect()
      await setImmediate()
    }
    let before: Held
    let leaks: string[]
    let rounds = 0
    do {
      before = held()
      await repeat(times)
      leaks = await settled(before)
    } while (leaks.length > 0 && ++rounds < 3)
    t.strictSame(leaks, [], JSON.stringify({ before, now: held() }))
    t.equal(native.endLeases(store, null, null), 0, 'no lease is open')
  })
}

/** What fails, by a promise or at once, is of no interest here. */
async function failing(action: () => unknown): Promise<void> {
  try {
    await action()
  } catch {
    return
  }
  throw new Error('it did not fail')
}

const aes = native.generateSecret('AES', 256)
const { privateKey: signing, publicKey: verifying } = await native.generateKeyPair('Ed25519', null)
const { privateKey: p256, publicKey: p256Public } = await native.generateKeyPair('EC', 'P-256')
const { privateKey: rsa } = await native.generateKeyPair('RSA', 2048)
const pkcs8 = native.exportKey(signing)
const p256Pkcs8 = native.exportKey(p256)
const texts = Array.from({ length: 20 }, (_, i) => Buffer.alloc(10 * i))

leakless('secret keys', 10_000, (i) => {
  native.generateSecret(i % 2 === 0 ? 'AES' : 'HMAC', 256)
  native.importSecret('Data', pkcs8)
})

leakless('private and public keys', 1000, () => {
  native.importPrivate(pkcs8)
  native.importPrivate(p256Pkcs8)
  native.importPublic(verifying)
  native.publicKeyOf(native.importPrivate(pkcs8))
})

leakless('imports that fail', 10_000, async (i) => {
  const damaged = Buffer.from(p256Pkcs8)
  damaged[i % damaged.length]! ^= 0xff
  await failing(() => native.importPrivate(damaged.subarray(1)))
  await failing(() => native.importPublic(damaged))
  await failing(() => native.importSecret('AES', damaged))
})

leakless('imports that fail on another thread', 5000, async (i) => {
  await failing(() => native.importEncoded(p256Pkcs8.subarray(0, i % p256Pkcs8.length), {}))
  await failing(() => native.importEncoded(bytes('{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODw"}'), {}))
})

leakless('leases that nobody ends', 10_000, () => {
  const lease = cipherLease(256, { store }, aes)
  lease.open(lease.seal(pkcs8))
  native.openSignerLease(signing, 'EdDSA', {}, binding({ store })).signBatch([empty])
})

leakless('batches', 2000, async () => {
  const lease = cipherLease(256, { store }, aes)
  openAll(lease, sealAll(lease, texts))
  await openAllAsync(lease, await sealAllAsync(lease, texts))
  await native.openSignerLease(signing, 'EdDSA', {}, binding({ store })).signBatchAsync(texts)
})

leakless('batches that are refused', 5000, async () => {
  const lease = cipherLease(256, { store, uses: 5 }, aes)
  await failing(() => sealAll(lease, texts))
  await failing(() => sealAllAsync(lease, texts))
  openAll(lease, texts.slice(0, 5))
  lease.end()
  await failing(() => openAllAsync(lease, texts))
})

leakless('wrapping, blobs and what does not open', 3000, async () => {
  const wrapped = native.wrapKey(aes, signing, 'AES-KWP')
  native.unwrapKey(aes, wrapped, 'AES-KWP', 'private', 'Ed25519')
  const sealed = native.sealKey(aes, signing, empty)
  native.openKey(aes, sealed, empty)
  wrapped[9]! ^= 1
  sealed[40]! ^= 1
  await failing(() => native.openKey(aes, sealed, empty))
  await failing(() => native.openBytes(aes, sealed, empty))
  await failing(() => native.unwrapKeyAsync(aes, wrapped, 'AES-KWP', 'private', 'Ed25519'))
  await failing(() => native.oaepDecrypt(rsa, wrapped, 'SHA-256', 'SHA-256', empty))
})

async function envelope(key: KeyHandle, management: KeyManagement, encryption: ContentEncryption) {
  const ephemeral = management === 'ECDH-ES' ? native.ephemeralKey(key) : undefined
  const parts = native.sealEnvelope(key, management, encryption, pkcs8, empty, ephemeral?.privateKey)
  const sender = ephemeral && { epk: ephemeral.publicJwk, apu: empty, apv: empty }
  const own = ephemeral ? p256 : key
  await native.openEnvelope(own, management, encryption, parts, empty, sender)
  await failing(() => native.openEnvelope(own, management, encryption, parts, pkcs8, sender))
}
const recipient = native.importPublic(p256Public)

leakless('envelopes', 1000, async () => {
  await envelope(aes, 'AES-KW', 'A128CBC-HS256')
  await envelope(recipient, 'ECDH-ES', 'A256GCM')
})

leakless('derivations, shares and generated pairs', 1000, async () => {
  await native.deriveKey(p256, recipient, 'HKDF', 'SHA-256', {}, 'AES', 256)
  await failing(() => native.deriveKey(p256, recipient, 'HKDF', 'SHA-256', {}, 'AES', 64))
  const shares = native.splitKey(signing, 'PolynomialSharingGF2_8', 285, 3, 2)
  native.joinShares(
    shares.slice(1),
    Uint8Array.of(2, 3),
    'PolynomialSharingGF2_8',
    285,
    0,
    'private',
    'Ed25519',
  )
  await failing(() =>
    native.joinShares(
      shares.slice(1),
      Uint8Array.of(1, 3),
      'PolynomialSharingGF2_8',
      285,
      0,
      'private',
      'Ed25519',
    ),
  )
  await native.generateKeyPair('X25519', null)
})
