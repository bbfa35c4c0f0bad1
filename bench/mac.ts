import assert from 'node:assert/strict'
import { createHmac, createSecretKey, hash, hkdfSync, randomBytes } from 'node:crypto'
import { openKeyManager } from '../lib/index.js'
import { native } from '../lib/native/index.js'
import { type Contender, type Contest, type Suite, withScratch } from './harness/index.js'
import { limits } from './native/index.js'
import { type Laid, layOut } from './work.js'

/** Messages by their bytes, and how many of them make a batch. */
const macs = [
  { algorithm: 'HMAC-SHA-256', digest: 'sha256', size: 64, count: 256 },
  { algorithm: 'HMAC-SHA-256', digest: 'sha256', size: 1024, count: 64 },
  { algorithm: 'HMAC-SHA-256', digest: 'sha256', size: 16_384, count: 16 },
  { algorithm: 'HMAC-SHA-512', digest: 'sha512', size: 64, count: 256 },
] as const

/** MACs through a lease, with access, audit and usage counting; hashes and derived keys by the native core alone. */
export const mac: Suite = {
  name: 'mac',
  sliceMilliseconds: 40,
  run: (contest) =>
    withScratch(async (directory) => {
      const manager = await openKeyManager({ directory })
      await manager.ensurePrincipal({ name: 'bench' })
      const session = await manager.as('bench')
      for (const { algorithm, digest, size, count } of macs) {
        const material = randomBytes(64)
        const { id } = await session.register({ format: 'raw', algorithm, material })
        const lease = await session.openMac(id, ['generate'])
        const key = createSecretKey(material)
        const raw = new limits.Hmac(material, digest.replace('sha', 'SHA2-'))
        const messages = layOut(randomBytes(size * count), size)
        const theirs = (message: Buffer) => createHmac(digest, key).update(message).digest()
        const ours = making(messages, lease.macLength, (out) => lease.macArena(messages, out))
        const limit = making(messages, lease.macLength, (out) => raw.make(messages.arena, size, out))
        await contest({
          name: `mac/hmac-${digest}/${size}`,
          unit: 'MACs/s',
          ours,
          peer: oneByOne(messages, theirs),
          peerName: 'node:crypto, createHmac with a KeyObject',
          limit,
          limitName: 'OpenSSL looped natively over the same messages',
          check: () => {
            for (const way of [ours, limit]) expectEach(way, messages, theirs)
          },
        })
        await lease.close()
      }
      await manager.close()
      await contest(hashing(256))
      await contest(deriving(256))
    }),
}

/** A contender that writes a result of `size` bytes for each message, and its results. */
interface Making extends Contender {
  readonly out: Buffer
  work(): number
}

function making({ views }: Laid, size: number, run: (out: Buffer) => void): Making {
  const out = Buffer.alloc(views.length * size)
  return {
    out,
    work: () => {
      run(out)
      return views.length
    },
  }
}

function oneByOne({ views }: Laid, run: (message: Buffer) => unknown): Contender {
  return {
    work: () => {
      for (const view of views) run(view)
      return views.length
    },
  }
}

function expectEach({ work, out }: Making, { views }: Laid, theirs: (message: Buffer) => Buffer): void {
  out.fill(0)
  work()
  assert.ok(out.equals(Buffer.concat(views.map(theirs))))
}

function hashing(count: number): Contest {
  const messages = layOut(randomBytes(64 * count), 64)
  const { arena, offsets, lengths } = messages
  const ours = making(messages, 32, (out) => native.hashBatch('SHA-256', arena, offsets, lengths, out))
  const theirs = (message: Buffer) => hash('sha256', message, 'buffer')
  return {
    name: 'hash/sha256/64',
    unit: 'hashes/s',
    ours,
    peer: oneByOne(messages, theirs),
    peerName: 'node:crypto, hash()',
    check: () => expectEach(ours, messages, theirs),
  }
}

/** Keys of 32 bytes, which stay in locked memory here and are Buffers there. */
function deriving(count: number): Contest {
  const secret = randomBytes(32)
  const salt = randomBytes(16)
  const infos = layOut(randomBytes(16 * count), 16)
  const base = native.importSecret('AES', secret)
  const derive = () =>
    native.deriveKeys(base, undefined, 'HKDF', 'SHA-256', { salt }, 'HMAC', 256, infos.views)
  const theirs = (info: Buffer) => Buffer.from(hkdfSync('sha256', secret, salt, info, 32))
  return {
    name: 'kdf/hkdf-sha256/32',
    unit: 'keys/s',
    ours: {
      work: async () => {
        for (const key of await derive()) key.dispose()
        return count
      },
      lanes: 2,
    },
    peer: oneByOne(infos, theirs),
    peerName: 'node:crypto, hkdfSync, which blocks',
    watchLoop: true,
    check: async () => {
      const bytes = (await derive()).map((key) => native.exportKey(key))
      assert.ok(Buffer.concat(bytes).equals(Buffer.concat(infos.views.map(theirs))))
    },
  }
}
