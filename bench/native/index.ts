import { createRequire } from 'node:module'

/**
 * OpenSSL in the shortest loop over pieces of `size` bytes that lie one behind the other, as does in `out` what is made of
 * them.
 */
interface Limits {
  /** AES-256-GCM, the IV counts: IV (12), ciphertext, tag (16). `size` is that of the plaintexts. */
  readonly Gcm: new (
    key: Buffer,
  ) => {
    seal(plaintexts: Buffer, size: number, out: Buffer): void
    open(records: Buffer, size: number, out: Buffer): void
  }
  /** `hash` as OpenSSL calls it, for instance `SHA2-256`. */
  readonly Hmac: new (
    key: Buffer,
    hash: string,
  ) => {
    make(messages: Buffer, size: number, out: Buffer): void
  }
  /** ECDSA as DER, RSA with PKCS#1 padding, and without a hash EdDSA. */
  readonly Signer: new (
    pkcs8: Buffer,
    hash: string | null,
  ) => {
    /** @returns how far apart the signatures lie in `out`: as many bytes as the longest would have */
    sign(messages: Buffer, size: number, out: Buffer, lengths: Uint32Array): number
  }
  /**
   * So many threads, each with a session on a token, which use one key: ECDSA of digests, RSA with PKCS#1 padding of messages of 32 bytes,
   * AES-GCM of 1 KiB with a random IV. The module is initialised, and the user logged in, by somebody else in this process.
   */
  readonly Pkcs11Loop: new (
    module: string,
    token: string,
    label: string,
    what: 'ECDSA' | 'RSA' | 'GCM',
    threads: number,
  ) => {
    /** So many by each thread; blocks. @returns how many in all */
    run(each: number): number
    close(): void
  }
  /** memcpy to where {@link Limits.Gcm} would put the ciphertexts. */
  copy(plaintexts: Buffer, size: number, out: Buffer): void
}

/** Of limits.cc, which tools/limits.mjs builds. */
export const limits: Limits = createRequire(import.meta.url)(
  '../../../.cache/limits/build/Release/limits.node',
)
