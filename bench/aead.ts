import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type Arena, openKeyManager } from '../lib/index.js'
import { type CipherLease, native } from '../lib/native/index.js'
import { type Contender, type Contest, type Suite, withScratch } from './harness/index.js'
import { NodeAead, openBare, openRecord } from './peers/node_aead.js'

/** Bytes of a plaintext, and how many of them make a batch. */
const shapes = [
  { size: 64, count: 256 },
  { size: 256, count: 128 },
  { size: 1024, count: 64 },
  { size: 4096, count: 32 },
  { size: 16_384, count: 16 },
  { size: 65_536, count: 8 },
  { size: 1_048_576, count: 2 },
] as const

/** The shapes of the rows that show another way to the same work. */
const some: readonly number[] = [64, 1024, 16_384]

const peerName = 'node:crypto, AES-256-GCM'

/**
 * AES-256-GCM (`seal`, `open`) and Mortise's records (`record`) by the native core alone, and through the whole product
 * (`lease`), in batches, one a call into a buffer (`into`), and one a call into a new Buffer (`new`).
 */
export const aead: Suite = {
  name: 'aead',
  sliceMilliseconds: 40,
  run: (contest) =>
    withScratch(async (directory) => {
      const key = randomBytes(32)
      const manager = await openKeyManager({ directory })
      await manager.ensurePrincipal({ name: 'bench' })
      const session = await manager.as('bench')
      const { id } = await session.register({ format: 'raw', algorithm: 'AES', material: key })
      const lease = await session.openCipher(id)

      for (const { size, count } of shapes) {
        const work = new Work(key, size, count)
        const bare = new Sealing(openCore(key, true), work)
        const records = new Sealing(openCore(key, false), work)

        await contest(work.sealing(`seal/batch/${size}`, bare.batch, openBare))
        await contest(work.sealing(`seal/into/${size}`, bare.into, openBare))
        await contest(work.opening(`open/batch/${size}`, bare.openBatch))
        await contest(work.opening(`open/into/${size}`, bare.openInto))
        await contest({
          ...work.sealing(`record/batch/${size}`, records.batch, openRecord),
          limit: bare.batch,
          limitName: 'a batch of bare AES-GCM by the same core',
        })
        if (!some.includes(size)) continue
        await contest(work.sealing(`seal/new/${size}`, bare.fresh, openBare))
        await contest(work.opening(`open/new/${size}`, bare.openFresh))
        await contest(work.opening(`record/open/${size}`, records.openBatch))
        await contest(work.sealing(`record/new/${size}`, records.fresh, openRecord))
        const leased = {
          ...batch(count, () => lease.sealArena(work.plaintexts, records.out)),
          results: records.batch.results,
        }
        await contest({
          ...work.sealing(`lease/batch/${size}`, leased, openRecord),
          limit: records.batch,
          limitName: 'the native core without a key manager',
        })
      }
      await manager.close()
    }),
}

/** What both contenders of a row do, and the peer's way to do it. */
class Work {
  readonly #key: Uint8Array
  readonly #peer: NodeAead
  readonly count: number
  readonly plaintexts: Laid
  readonly #sealedByPeer

  constructor(key: Uint8Array, size: number, count: number) {
    this.#key = key
    this.#peer = new NodeAead(key)
    this.count = count
    this.plaintexts = layOut(randomBytes(size * count), size)
    this.#sealedByPeer = this.plaintexts.views.map((plaintext) => this.#peer.seal(plaintext))
  }

  /** What was sealed is opened with node:crypto before any time is taken. */
  sealing(name: string, ours: Way, open: (key: Uint8Array, sealed: Buffer) => Buffer): Contest {
    return {
      name,
      unit: 'records/s',
      ours,
      peer: batch(this.count, () => {
        for (const plaintext of this.plaintexts.views) this.#peer.seal(plaintext)
      }),
      peerName,
      check: async () => {
        await ours.work()
        this.#expectPlaintexts(ours.results().map((sealed) => open(this.#key, sealed)))
      },
    }
  }

  opening(name: string, ours: Way): Contest {
    return {
      name,
      unit: 'records/s',
      ours,
      peer: batch(this.count, () => {
        for (const sealed of this.#sealedByPeer) this.#peer.open(sealed)
      }),
      peerName,
      check: async () => {
        await ours.work()
        this.#expectPlaintexts(ours.results())
        this.#expectPlaintexts(this.#sealedByPeer.map((sealed) => this.#peer.open(sealed)))
      },
    }
  }

  #expectPlaintexts(opened: readonly Buffer[]): void {
    assert.ok(Buffer.concat(opened).equals(this.plaintexts.arena))
  }
}

/** A way to do the work, and what it has made last. */
interface Way extends Contender {
  results(): readonly Buffer[]
}

/** The ways of a lease. */
class Sealing {
  readonly batch: Way
  readonly into: Way
  readonly fresh: Way
  readonly openBatch: Way
  readonly openInto: Way
  readonly openFresh: Way
  /** Where batches are sealed into. */
  readonly out: Buffer

  constructor(lease: CipherLease, { plaintexts, count }: Work) {
    const { arena, offsets, lengths, views } = plaintexts
    const size = arena.length / count
    const sealedSize = size + lease.overhead
    const sealed = layOut(Buffer.alloc(sealedSize * count), sealedSize)
    lease.sealBatch(arena, offsets, lengths, sealed.arena)
    const out = layOut(Buffer.alloc(sealedSize * count), sealedSize)
    const opened = layOut(Buffer.alloc(arena.length), size)
    const status = new Uint8Array(count)
    const made: Buffer[] = []
    const way = (contender: Contender, results: readonly Buffer[]) => ({
      ...contender,
      results: () => results,
    })

    this.out = out.arena
    this.batch = way(
      batch(count, () => lease.sealBatch(arena, offsets, lengths, out.arena)),
      out.views,
    )
    this.into = way(
      each(count, (i) => lease.sealInto(views[i] as Buffer, out.views[i] as Buffer)),
      out.views,
    )
    this.fresh = way(
      each(count, (i) => {
        made[i] = lease.seal(views[i] as Buffer)
      }),
      made,
    )
    this.openBatch = way(
      batch(count, () => lease.openBatch(sealed.arena, sealed.offsets, sealed.lengths, opened.arena, status)),
      opened.views,
    )
    this.openInto = way(
      each(count, (i) => lease.openInto(sealed.views[i] as Buffer, opened.views[i] as Buffer)),
      opened.views,
    )
    this.openFresh = way(
      each(count, (i) => {
        made[i] = lease.open(sealed.views[i] as Buffer)
      }),
      made,
    )
  }
}

/** A lease that no key manager knows of: nothing is decided, recorded or counted. */
function openCore(key: Uint8Array, bare: boolean): CipherLease {
  return native.openCipherLease(
    native.importSecret('AES', key),
    { encrypt: true, decrypt: true, bare },
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

function each(count: number, run: (i: number) => void): Contender {
  return batch(count, () => {
    for (let i = 0; i < count; i++) run(i)
  })
}

interface Laid extends Arena {
  readonly arena: Buffer
  readonly views: readonly Buffer[]
}

function layOut(arena: Buffer, size: number): Laid {
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
