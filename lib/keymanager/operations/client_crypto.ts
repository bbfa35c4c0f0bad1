import { admit, hashes, judgedKey, judgedScheme } from '../../crypto/index.js'
import { checkSize } from '../../keys/index.js'
import { native } from '../../native/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { type ClientKey, type ClientKind, clientKey } from '../client_key.js'
import type { KeymanagerServices } from '../services.js'

/* What is encrypted to a client: an AES-256 key by RSA-OAEP 256, IV 12, additional data 32, AES-GCM, tag 16. */
const ivBytes = 12
const aadBytes = 32
const tagBytes = 16
const keyBytes = 32

interface ClientInput {
  /** SPKI (DER), or TPMT_PUBLIC of a TPM. */
  readonly publicKey: Uint8Array
  readonly kind: ClientKind
}

export interface KeymanagerVerifyClientInput extends ClientInput {
  readonly data: Uint8Array
  readonly signature: Uint8Array
}

/** Whether a signature, RS256, is of a client’s key; whose that is, whoever gives it knows. @throws MORTISE_CRYPTO_KEY_INVALID */
export const keymanagerVerifyClient: SystemOperation<
  KeymanagerServices,
  KeymanagerVerifyClientInput,
  boolean
> = {
  name: 'KeymanagerVerifyClient',
  permission: 'Query',
  durability: 'written',
  async prepare({ policy }, _actor, { publicKey, kind, data, signature }) {
    checkSize(data)
    return withKey(publicKey, kind, ({ handle }) => {
      const mark = admit(
        policy,
        'process',
        judgedKey(handle.type, handle.length, undefined),
        judgedScheme('RS256'),
      )
      const options = { digested: false, encoding: 'der' } as const
      const valid = native.verify(handle, 'RS256', data, signature, options)
      return { answer: valid, detail: { valid, ...mark } }
    })
  },
}

export interface KeymanagerEncryptToClientInput extends ClientInput {
  readonly plaintext: Uint8Array
}

/** Encrypts to a client’s key. @throws MORTISE_CRYPTO_KEY_INVALID */
export const keymanagerEncryptToClient: SystemOperation<
  KeymanagerServices,
  KeymanagerEncryptToClientInput,
  Buffer
> = {
  name: 'KeymanagerEncryptToClient',
  permission: 'Query',
  durability: 'written',
  async prepare({ policy }, _actor, { publicKey, kind, plaintext }) {
    checkSize(plaintext)
    return withKey(publicKey, kind, (key) => {
      const { handle, oaep } = key
      const judged = [judgedKey(handle.type, handle.length, undefined), hashes[oaep.hash], hashes[oaep.mask]]
      const mark = admit(policy, 'protect', ...judged)
      return { answer: sealedTo(key, plaintext), detail: mark }
    })
  },
}

function sealedTo({ handle, oaep: { hash, mask, label } }: ClientKey, plaintext: Uint8Array): Buffer {
  const head = Buffer.alloc(ivBytes + aadBytes)
  const session = Buffer.alloc(keyBytes)
  for (const bytes of [head, session]) native.randomFill(bytes)
  const key = native.importSecret('AES', session)
  try {
    const encryptedKey = native.oaepEncrypt(handle, session, hash, mask, label)
    const [iv, aad] = [head.subarray(0, ivBytes), head.subarray(ivBytes)]
    const sealed = native.modeEncrypt(key, 'GCM', false, tagBytes, iv, plaintext, aad)
    return Buffer.concat([encryptedKey, head, sealed])
  } finally {
    session.fill(0)
    key.dispose()
  }
}

async function withKey<Result>(
  publicKey: Uint8Array,
  kind: ClientKind,
  work: (key: ClientKey) => Result,
): Promise<Result> {
  const key = await clientKey(publicKey, kind)
  try {
    return work(key)
  } finally {
    key.handle.dispose()
  }
}
