import { isMortiseError, MortiseError } from '../../errors/index.js'
import {
  type ClientKind,
  getKeymanagerKeys,
  type KeyName,
  keymanagerDecrypt,
  keymanagerEncryptToClient,
  keymanagerSign,
  keymanagerVerifyClient,
} from '../../keymanager/index.js'
import type { DueKeys, Runner } from './due_keys.js'

/** Whose key stands for the one that a client has in its machine: as MOSIP has it where that is configured so. */
const own: KeyName = { application: 'RESIDENT', reference: '' }

const rsaBytes = 256
/** Bytes of IV and additional data: as they are, and as they were in the first versions. */
const layouts = [
  { iv: 12, aad: 32 },
  { iv: 16, aad: 12 },
] as const

/** What clients of MOSIP do with the keys of their machines, for somebody. */
export class KeymanagerClients {
  readonly #session: Runner
  readonly #due: DueKeys

  /** @internal */
  constructor(session: Runner, due: DueKeys) {
    this.#session = session
    this.#due = due
  }

  /** SPKI, DER, of the key that signs here and is encrypted to. */
  async publicKey(): Promise<Uint8Array> {
    const { publicKey, x509 } = await this.#due.current(own, { use: 'Get', operation: getKeymanagerKeys })
    // Who may not see the key is told so.
    await this.#session.run(getKeymanagerKeys, { ...own, object: publicKey })
    return x509.publicKey.der
  }

  /** RS256. */
  async sign(data: Uint8Array): Promise<Buffer> {
    const { privateKey } = await this.#due.current(own, { use: 'Sign', operation: keymanagerSign })
    const input = { object: privateKey ?? '', data, scheme: 'RS256' } as const
    return (await this.#session.run(keymanagerSign, input)).signature
  }

  /** @param publicKey SPKI, or TPMT_PUBLIC @throws MORTISE_CRYPTO_KEY_INVALID */
  verify(publicKey: Uint8Array, kind: ClientKind, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return this.#session.run(keymanagerVerifyClient, { publicKey, kind, data, signature })
  }

  /** @param publicKey SPKI, or TPMT_PUBLIC @throws MORTISE_CRYPTO_KEY_INVALID */
  encrypt(publicKey: Uint8Array, kind: ClientKind, plaintext: Uint8Array): Promise<Buffer> {
    return this.#session.run(keymanagerEncryptToClient, { publicKey, kind, plaintext })
  }

  /** Opens what was encrypted to the key that stands for this machine's. @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  async decrypt(value: Buffer): Promise<Buffer> {
    const { privateKey } = await this.#due.current(own, { use: 'Decrypt', operation: keymanagerDecrypt })
    const encryptedKey = value.subarray(0, rsaBytes)
    for (const { iv, aad } of layouts) {
      const afterIv = rsaBytes + iv
      const sealed = value.subarray(afterIv + aad)
      if (sealed.length === 0) continue
      const opened = await this.#session
        .run(keymanagerDecrypt, {
          object: privateKey ?? '',
          envelope: { thumbprint: undefined, encryptedKey, sealed, second: false },
          ...{ salt: value.subarray(rsaBytes, afterIv), aad: value.subarray(afterIv, afterIv + aad) },
        })
        .catch(unopened)
      if (opened) return opened
    }
    throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
  }
}

function unopened(error: unknown): undefined {
  if (!isMortiseError(error, 'MORTISE_CRYPTO_DECRYPTION_FAILED')) throw error
  return undefined
}
