import { openKeyManager } from '../lib/index.js'
import { type Suite, withScratch } from './harness/index.js'
import { nobleWay } from './peers/noble_aead.js'
import { nodeWays, openBare, openRecord } from './peers/node_aead.js'
import { sodiumWay } from './peers/sodium_aead.js'
import { webcryptoWay } from './peers/webcrypto_aead.js'
import { coreWays, limitWays, openCore, productWays, recordsOf } from './ways.js'
import { type Way, Work } from './work.js'

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

/** The sizes of the rows that show another way to the same work, or another peer. */
const some: readonly number[] = [64, 1024, 16_384]

/** Of batches that are left to the core's threads: 16 MiB but for the smallest, where the number of records is what takes time. */
const large = [
  { size: 64, count: 65_536 },
  { size: 1024, count: 16_384 },
  { size: 65_536, count: 256 },
  { size: 1_048_576, count: 16 },
] as const

/**
 * AES-256-GCM (`seal`, `open`) and Mortise's records (`record`) by the native core alone, and through the whole product
 * (`lease`, `seal/async`), in batches, one a call into a buffer (`into`), and one a call into a new Buffer (`new`).
 */
export const aead: Suite = {
  name: 'aead',
  sliceMilliseconds: 40,
  run: (contest, quick) =>
    withScratch(async (directory) => {
      // Large batches hold up the renewal of leases.
      const manager = await openKeyManager({ directory, leaseSeconds: 60 })
      await manager.ensurePrincipal({ name: 'bench' })
      const session = await manager.as('bench')
      const cipherOf = async ({ key: material }: Work) => {
        const { id } = await session.register({ format: 'raw', algorithm: 'AES', material })
        return session.openCipher(id)
      }

      for (const { size, count } of shapes) {
        const work = new Work(size, count)
        const row = (name: string, ours: Way, peer: Way, limit?: Way) =>
          contest(work.contest(name.replace('SIZE', String(size)), ours, peer, limit))
        const bareLease = openCore(work.key, true)
        const bareRecords = recordsOf(bareLease, work, openBare)
        const bare = coreWays('bare AES-GCM by the native core', bareLease, work, bareRecords)
        const recordLease = openCore(work.key, false)
        const records = recordsOf(recordLease, work, openRecord)
        const core = coreWays('the native core without a key manager', recordLease, work, records)
        const node = nodeWays(work)
        const limit = limitWays(work, bareRecords)

        await row('seal/batch/SIZE', bare.seal, node.seal, limit.seal)
        await row('seal/batch/SIZE@memcpy', bare.seal, limit.copy)
        await row('seal/into/SIZE', bare.sealInto, node.seal)
        await row('open/batch/SIZE', bare.open, node.open, limit.open)
        await row('open/into/SIZE', bare.openInto, node.open)
        await row('record/batch/SIZE', core.seal, node.seal, bare.seal)
        if (!some.includes(size)) continue
        await row('seal/new/SIZE', bare.sealNew, node.seal)
        await row('open/new/SIZE', bare.openNew, node.open)
        await row('record/open/SIZE', core.open, node.open)
        await row('record/new/SIZE', core.sealNew, node.seal)
        const lease = productWays(await cipherOf(work), work, records)
        await row('lease/batch/SIZE', lease.seal, node.seal, core.seal)
        await row('seal/batch/SIZE@webcrypto', bare.seal, await webcryptoWay(work))
        await row('seal/into/SIZE@sodium', bare.sealInto, sodiumWay(work))
        await row('seal/new/SIZE@noble', bare.sealNew, nobleWay(work))
      }

      for (const { size, count } of large) {
        const work = new Work(size, quick ? count / 16 : count)
        const records = recordsOf(openCore(work.key, false), work, openRecord)
        const lease = productWays(await cipherOf(work), work, records)
        const node = nodeWays(work)
        for (const [name, ours] of [
          ['seal/async', lease.sealAsync],
          ['seal/async-new', lease.sealNewAsync],
        ] as const)
          await contest({ ...work.contest(`${name}/${size}`, ours, node.seal), watchLoop: true })
      }
      await manager.close()
    }),
}
