import type { Addon, KeyHandle } from './addon.js'

/** What the add-on itself offers: it writes where it is told. */
export interface NativeRecords {
  /** @returns bytes written */
  sealRecordInto(
    key: KeyHandle,
    keyVersion: number,
    plaintext: Uint8Array,
    aad: Uint8Array,
    out: Uint8Array,
  ): number
}

/** Bytes that a record is longer than its plaintext (docs/formats.md): that of an AES-256 key carries more of a nonce. */
const overhead = { xaes: 45, gcm: 33 } as const

/** Adds the form that answers a new Buffer, for the reason that {@link completeLeases} has. */
export function completeRecords(exports: Addon & NativeRecords): void {
  exports.sealRecord = (key, keyVersion, plaintext, aad) => {
    // Whatever is wrong with the arguments, the native call says so.
    const size = plaintext instanceof Uint8Array ? plaintext.length : 0
    const bits = (key as KeyHandle | undefined)?.length
    const out = Buffer.allocUnsafe(size + (bits === 256 ? overhead.xaes : overhead.gcm))
    exports.sealRecordInto(key, keyVersion, plaintext, aad, out)
    return out
  }
}
