import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type Arena, openKeyManager } from '../lib/index.js'
import { type CipherLease, native } from '../lib/native/index.js'
import { type Contender, type Suite, withScratch } from './harness/index.js'
import { NodeAead, openRecord } from './peers/node_aead.js'

/** Bytes of a plaintext, and how many of them make a batch. */
const shapes = [
  { size: 64, count: 256 },
  { size: 1024, count: 64 },
  { size: 16_384, count: 16 },
] as const

/** Mortise's records, sealed and opened by the native core alone (`record`) and through the whole product (`lease`). */
export const aead: Suite = {
  name: 'aead',
  run: (contest) =>
    withScratch(async (directory) => {
      const key = randomBytes(32)
      const peer = new NodeAead(key)
      const core = openCore(key)
      const manager = await openKeyManager({ directory })
      await manager.ensurePrincipal({ name: 'bench' })
      const session = await manager.as('bench')
      const { id } = await session.register({ format: 'raw', algorithm: 'AES', material: key })
      const lease = await session.openCipher(id)

      for (const { size, count } of shapes) {
        const arena = randomBytes(size * count)
        const plaintexts = layOut(arena, size)
        const out = Buffer.alloc((size + core.overhead) * count)
        const records = layOut(Buffer.from(out), size + core.overhead)
        const opened = Buffer.alloc(arena.length)
        const status = new Uint8Array(count)
        core.sealBatch(arena, plaintexts.offsets, plaintexts.lengths, records.arena)
        const sealedByPeer = plaintexts.views.map((plaintext) => peer.seal(plaintext))

        const coreSeals = batch(count, () =>
          core.sealBatch(arena, plaintexts.offsets, plaintexts.lengths, out),
        )
        const leaseSeals = batch(count, () => lease.sealArena(plaintexts, out))
        const peerSeals = batch(count, () => {
          for (const plaintext of plaintexts.views) peer.seal(plaintext)
        })
        const sealed = (contender: Contender) => async () => {
          out.fill(0)
          await contender.work()
          const byNode = pieces(out, size + core.overhead).map((record) => openRecord(key, record))
          assert.deepEqual(Buffer.concat(byNode), arena)
        }
        const peerName = 'node:crypto, AES-256-GCM'

        await contest({
          name: `record/batch/${size}`,
          unit: 'records/s',
          ours: coreSeals,
          peer: peerSeals,
          peerName,
          check: sealed(coreSeals),
        })
        await contest({
          name: `record/open/${size}`,
          unit: 'records/s',
          ours: batch(count, () =>
            core.openBatch(records.arena, records.offsets, records.lengths, opened, status),
          ),
          peer: batch(count, () => {
            for (const record of sealedByPeer) peer.open(record)
          }),
          peerName,
          check() {
            core.openBatch(records.arena, records.offsets, records.lengths, opened, status)
            assert.deepEqual(opened, arena)
            assert.deepEqual(Buffer.concat(sealedByPeer.map((record) => peer.open(record))), arena)
          },
        })
        await contest({
          name: `record/new/${size}`,
          unit: 'records/s',
          ours: batch(count, () => {
            for (const plaintext of plaintexts.views) core.seal(plaintext)
          }),
          peer: peerSeals,
          peerName,
          check() {
            for (const plaintext of plaintexts.views)
              assert.deepEqual(openRecord(key, core.seal(plaintext)), plaintext)
          },
        })
        await contest({
          name: `lease/batch/${size}`,
          unit: 'records/s',
          ours: leaseSeals,
          peer: peerSeals,
          peerName,
          limit: coreSeals,
          limitName: 'the native core without a key manager',
          check: sealed(leaseSeals),
        })
      }
      await manager.close()
    }),
}

/** A lease that no key manager knows of: nothing is decided, recorded or counted. */
function openCore(key: Uint8Array): CipherLease {
  return native.openCipherLease(
    native.importSecret('AES', key),
    { encrypt: true, decrypt: true },
    {
      manager: native.newManager(),
      store: 'bench',
      object: 'bench',
      principal: 'bench',
      keyVersion: 1,
      uses: Number.MAX_SAFE_INTEGER,
      milliseconds: 24 * 3600 * 1000,
    },
  )
}

function batch(count: number, run: () => void): Contender {
  return {
    work: () => {
      run()
      return count
    },
  }
}

function layOut(arena: Buffer, size: number): Arena & { readonly views: readonly Buffer[] } {
  const views = pieces(arena, size)
  return {
    arena,
    offsets: Uint32Array.from(views, (_, i) => i * size),
    lengths: new Uint32Array(views.length).fill(size),
    views,
  }
}

function pieces(arena: Buffer, size: number): Buffer[] {
  return Array.from({ length: arena.length / size }, (_, i) => arena.subarray(i * size, (i + 1) * size))
}
