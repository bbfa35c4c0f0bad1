import assert from 'node:assert/strict'
import { createHmac, createSecretKey, hash, hkdfSync, randomBytes } from 'node:crypto'
import { type Arena, openKeyManager } from '../lib/index.js'
import { native } from '../lib/native/index.js'
import { type Contender, type Contest, type Suite, withScratch } from './harness/index.js'

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
        await contest(
          overMessages(`mac/hmac-${digest}/${size}`, 'MACs/s', {
            size,
            count,
            each: lease.macLength,
            ours: (messages, out) => lease.macArena(messages, out),
            peer: (message) => createHmac(digest, key).update(message).digest(),
            peerName: 'node:crypto, createHmac with a KeyObject',
          }),
        )
        await lease.close()
      }
      await manager.close()
      await contest(
        overMessages('hash/sha256/64', 'hashes/s', {
          size: 64,
          count: 256,
          each: 32,
          ours: ({ arena, offsets, lengths }, out) =>
            native.hashBatch('SHA-256', arena, offsets, lengths, out),
          peer: (message) => hash('sha256', message, 'buffer'),
          peerName: 'node:crypto, hash()',
        }),
      )
      await contest(deriving(256))
    }),
}

interface Way {
  /** Bytes of a message. */
  readonly size: number
  readonly count: number
  /** Bytes of a result. */
  readonly each: number
  /** All of them, into a buffer. */
  ours(messages: Arena, out: Buffer): void
  /** One of them. */
  peer(message: Buffer): Buffer
  readonly peerName: string
}

function overMessages(name: string, unit: string, way: Way): Contest {
  const { size, count, each, ours, peer, peerName } = way
  const arena = randomBytes(size * count)
  const views = Array.from({ length: count }, (_, i) => arena.subarray(i * size, (i + 1) * size))
  const offsets = Uint32Array.from(views, (_, i) => i * size)
  const messages = { arena, offsets, lengths: new Uint32Array(count).fill(size) }
  const out = Buffer.alloc(each * count)
  return {
    name,
    unit,
    ours: counted(count, () => ours(messages, out)),
    peer: counted(count, () => {
      for (const view of views) peer(view)
    }),
    peerName,
    check: () => {
      ours(messages, out)
      assert.ok(out.equals(Buffer.concat(views.map(peer))))
    },
  }
}

/** Keys of 32 bytes, which stay in locked memory here and are Buffers there. */
function deriving(count: number): Contest {
  const secret = randomBytes(32)
  const salt = randomBytes(16)
  const infos = Array.from({ length: count }, () => randomBytes(16))
  const base = native.importSecret('AES', secret)
  const derive = () => native.deriveKeys(base, undefined, 'HKDF', 'SHA-256', { salt }, 'HMAC', 256, infos)
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
    peer: counted(count, () => {
      for (const info of infos) hkdfSync('sha256', secret, salt, info, 32)
    }),
    peerName: 'node:crypto, hkdfSync, which blocks',
    check: async () => {
      const keys = await derive()
      for (const [i, info] of infos.entries())
        assert.ok(native.exportKey(keys[i] as (typeof keys)[number]).equals(theirs(info)))
    },
  }
}

function counted(count: number, run: () => void): Contender {
  return {
    work: () => {
      run()
      return count
    },
  }
}
