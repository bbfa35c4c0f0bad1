import type { Cipher } from '../lib/index.js'
import { type CipherLease, native } from '../lib/native/index.js'
import { limits } from './native/index.js'
import { type Laid, layOut, type Work } from './work.js'

/** Of one layout of records: memory, and how node:crypto opens them. */
export interface Records {
  /** To be opened. */
  readonly sealed: Laid
  /** Where they are sealed into. */
  readonly out: Laid
  /** Where they are opened into. */
  readonly opened: Laid
  open(record: Buffer): Buffer
}

/** A lease that no key manager knows of: nothing is decided, recorded or counted. */
export function openCore(key: Uint8Array, bare: boolean): CipherLease {
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

export function recordsOf(
  lease: CipherLease,
  work: Work,
  open: (key: Uint8Array, record: Buffer) => Buffer,
): Records {
  const { arena, offsets, lengths } = work.plaintexts
  const size = work.size + lease.overhead
  const sealed = layOut(Buffer.alloc(size * work.count), size)
  lease.sealBatch(arena, offsets, lengths, sealed.arena)
  return {
    sealed,
    out: work.room(size),
    opened: work.room(work.size),
    open: (record) => open(work.key, record),
  }
}

/** The native core: in batches, one record a call into a buffer, and one a call into a new one. */
export function coreWays(name: string, lease: CipherLease, work: Work, records: Records) {
  const { arena, offsets, lengths, views } = work.plaintexts
  const { sealed, out, opened } = records
  const status = new Uint8Array(work.count)
  const seals = (run: () => readonly Buffer[]) => work.way(name, run, records.open)
  const opens = (run: () => readonly Buffer[]) => work.way(name, run, itself)
  return {
    seal: seals(() => {
      lease.sealBatch(arena, offsets, lengths, out.arena)
      return out.views
    }),
    sealInto: seals(() => {
      for (let i = 0; i < work.count; i++) lease.sealInto(views[i] as Buffer, out.views[i] as Buffer)
      return out.views
    }),
    sealNew: seals(() => views.map((plaintext) => lease.seal(plaintext))),
    open: opens(() => {
      lease.openBatch(sealed.arena, sealed.offsets, sealed.lengths, opened.arena, status)
      return opened.views
    }),
    openInto: opens(() => {
      for (let i = 0; i < work.count; i++)
        lease.openInto(sealed.views[i] as Buffer, opened.views[i] as Buffer)
      return opened.views
    }),
    openNew: opens(() => sealed.views.map((record) => lease.open(record))),
  }
}

/** A lease of the whole product: at once, and on the core's threads. */
export function productWays(cipher: Cipher, work: Work, { out, open }: Records) {
  const name = 'a lease of a key manager'
  return {
    seal: work.way(
      name,
      () => {
        cipher.sealArena(work.plaintexts, out.arena)
        return out.views
      },
      open,
    ),
    sealAsync: work.way(
      name,
      async () => {
        await cipher.sealArenaAsync(work.plaintexts, out.arena)
        return out.views
      },
      open,
    ),
    sealNewAsync: work.way(name, () => cipher.sealBatchAsync(work.plaintexts.views), open),
  }
}

/** What no design surpasses: OpenSSL looped natively over the same memory, and memcpy. */
export function limitWays(work: Work, { sealed, out, opened, open }: Records) {
  const { arena } = work.plaintexts
  const gcm = new limits.Gcm(work.key)
  const name = 'OpenSSL looped natively over the same memory'
  return {
    seal: work.way(
      name,
      () => {
        gcm.seal(arena, work.size, out.arena)
        return out.views
      },
      open,
    ),
    open: work.way(
      name,
      () => {
        gcm.open(sealed.arena, work.size, opened.arena)
        return opened.views
      },
      itself,
    ),
    copy: work.way(
      'memcpy of the same bytes',
      () => {
        limits.copy(arena, work.size, out.arena)
        return out.views
      },
      (copied) => copied.subarray(12, -16),
    ),
  }
}

const itself = (plaintext: Buffer) => plaintext
