import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Arena } from '../lib/index.js'
import type { Contender, Contest } from './harness/index.js'

/** Byte strings of one size, one behind the other. */
export interface Laid extends Arena {
  readonly arena: Buffer
  readonly views: readonly Buffer[]
}

/** A way to seal or open all records of a {@link Work}. */
export interface Way extends Contender {
  /** For people. */
  readonly name: string
  /** Does it, and finds the plaintexts: what was sealed is opened with node:crypto. */
  plaintexts(): Promise<readonly Buffer[]>
}

/** What the contenders of a row are given. */
export class Work {
  readonly key = randomBytes(32)
  /** Of a plaintext, in bytes. */
  readonly size: number
  readonly count: number
  readonly plaintexts: Laid
  readonly #rooms: Buffer[] = []

  constructor(size: number, count: number) {
    this.size = size
    this.count = count
    this.plaintexts = layOut(randomBytes(size * count), size)
  }

  /** Memory for a result of so many bytes from each record. Ways share it, so that none has the better one. */
  room(size: number): Laid {
    const arena = Buffer.alloc(size * this.count)
    this.#rooms.push(arena)
    return layOut(arena, size)
  }

  /**
   * @param run does all records and returns what it made of them
   * @param plaintext of one result
   */
  way<T>(
    name: string,
    run: () => readonly T[] | Promise<readonly T[]>,
    plaintext: (result: T) => Buffer,
  ): Way {
    const { count } = this
    return {
      name,
      work: () => {
        const made = run()
        return made instanceof Promise ? made.then(() => count) : count
      },
      plaintexts: async () => (await run()).map(plaintext),
    }
  }

  contest(name: string, ours: Way, peer: Way, limit?: Way): Contest {
    return {
      name,
      unit: 'records/s',
      ours,
      peer,
      peerName: peer.name,
      ...(limit && { limit, limitName: limit.name }),
      check: async () => {
        for (const way of limit ? [ours, peer, limit] : [ours, peer]) {
          // Nobody is taken for what another has done.
          for (const room of this.#rooms) room.fill(0)
          const found = Buffer.concat(await way.plaintexts())
          assert.ok(found.equals(this.plaintexts.arena), `${name}: ${way.name} does something else`)
        }
      },
    }
  }
}

export function layOut(arena: Buffer, size: number): Laid {
  const views = Array.from({ length: arena.length / size }, (_, i) =>
    arena.subarray(i * size, (i + 1) * size),
  )
  return {
    arena,
    offsets: Uint32Array.from(views, (_, i) => i * size),
    lengths: new Uint32Array(views.length).fill(size),
    views,
  }
}
