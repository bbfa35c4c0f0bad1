import { isMortiseError } from '../errors/index.js'
import type { CipherPurpose } from '../keys/index.js'
import type { Cipher } from './cipher.js'
import type { ChunkOpener, ChunkSealer } from './sealed_file.js'
import type { Session } from './session.js'

/** Close it when the file is done. */
export interface FileSealer extends ChunkSealer {
  close(): Promise<void>
}

/** Close it when the file is done. */
export interface FileOpener extends ChunkOpener {
  close(): Promise<void>
}

/**
 * Seals the chunks of a file through a lease.
 *
 * @param key id or name of an AES key
 */
export async function fileSealer(session: Session, key: string): Promise<FileSealer> {
  const lease = await RenewedLease.open(session, key, 'encrypt')
  return {
    keyId: lease.keyId,
    seal: (plaintext, aad) => lease.use((cipher) => cipher.seal(plaintext, aad)),
    close: () => lease.close(),
  }
}

/** Opens the chunks of a file through a lease. */
export async function fileOpener(session: Session, keyId: string): Promise<FileOpener> {
  const lease = await RenewedLease.open(session, keyId, 'decrypt')
  return {
    open: (record, aad) => lease.use((cipher) => cipher.open(record, aad)),
    close: () => lease.close(),
  }
}

/** A rekey, or a pause of the machine, ends a lease but not the right to go on: that is decided anew. */
class RenewedLease {
  readonly #session: Session
  readonly #purpose: CipherPurpose
  #cipher: Cipher

  private constructor(session: Session, purpose: CipherPurpose, cipher: Cipher) {
    this.#session = session
    this.#purpose = purpose
    this.#cipher = cipher
  }

  static async open(session: Session, key: string, purpose: CipherPurpose): Promise<RenewedLease> {
    return new RenewedLease(session, purpose, await session.openCipher(key, [purpose]))
  }

  get keyId(): string {
    return this.#cipher.keyId
  }

  async use<Result>(work: (cipher: Cipher) => Result): Promise<Result> {
    try {
      return work(this.#cipher)
    } catch (error) {
      if (!isMortiseError(error, 'MORTISE_LEASE_ENDED')) throw error
      await this.close()
      this.#cipher = await this.#session.openCipher(this.keyId, [this.#purpose])
      return work(this.#cipher)
    }
  }

  close(): Promise<void> {
    return this.#cipher.close()
  }
}
