import { modes } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import { checkSize, judge, processStates, protectStates } from '../../keys/index.js'
import { type KeyHandle, native } from '../../native/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import type { Certificate } from '../../x509/index.js'
import { identityKey } from '../random_keys.js'
import { thumbprintOf } from '../rings.js'
import type { KeymanagerServices } from '../services.js'

/*
 * What is encrypted for one identity: index of a random key 4 (big endian), nonce 12, additional data 32, AES-256-GCM, tag 16; the key is
 * the identity's, made of the random key.
 */
const indexBytes = 4
const nonceBytes = 12
const aadBytes = 32
const tagBytes = 16
const headBytes = indexBytes + nonceBytes + aadBytes
const keyBytes = 32

/** One thing that is known of somebody. */
export interface ZeroKnowledgeAttribute {
  readonly identifier: string
  readonly value: Uint8Array
}

export interface KeymanagerZkEncryptInput {
  /** Id of the newest key that random keys are kept under. */
  readonly object: string
  /** Of a random key that is there. */
  readonly index: number
  /** Whose attributes they are: who knows it not cannot open them, whatever key they have. */
  readonly id: string
  readonly attributes: readonly ZeroKnowledgeAttribute[]
  /** Who gets the random key: ids of public keys, with their certificates. */
  readonly partners: readonly { readonly publicKey: string; readonly x509: Certificate }[]
}

export interface ZeroKnowledgeAnswer {
  readonly attributes: readonly ZeroKnowledgeAttribute[]
  /** For each partner: SHA-256 of the certificate, and the random key by RSA-OAEP with SHA-256. */
  readonly encryptedRandomKeys: readonly Buffer[]
}

/** Encrypts what is known of somebody under a key that is made of their id. */
export const keymanagerZkEncrypt: ObjectOperation<
  KeymanagerServices,
  KeymanagerZkEncryptInput,
  ZeroKnowledgeAnswer
> = {
  name: 'KeymanagerZkEncrypt',
  permission: 'Encrypt',
  durability: 'written',
  states: protectStates,
  purposes: ['keymanager'],
  usage: 'Encrypt',
  protects: ({ attributes }) => sizeOf(attributes),
  target: ({ object }) => ({ object }),
  alsoOn: ({ partners }) =>
    partners.map(({ publicKey }) => ({
      target: { object: publicKey },
      permission: 'Encrypt' as const,
      states: protectStates,
      purposes: ['keymanager'] as const,
      usage: 'Encrypt' as const,
      protects: () => keyBytes,
    })),
  async prepare(services, _actor, { index, id, attributes, partners }, object, others = []) {
    for (const { value } of attributes) checkSize(value)
    const mark = judge(services, 'protect', object, modes.ECB)
    for (const other of others) judge(services, 'protect', other)
    const randomKey = await services.randomKeys.open(services, object, index)
    try {
      const sealed = withIdentityKey(randomKey, id, (key) =>
        attributes.map(({ identifier, value }) => ({ identifier, value: sealAttribute(key, index, value) })),
      )
      const encryptedRandomKeys = partners.map(({ x509 }) => encryptedTo(x509, randomKey))
      return {
        answer: { attributes: sealed, encryptedRandomKeys },
        detail: { index, attributes: attributes.length, ...mark },
      }
    } finally {
      randomKey.dispose()
    }
  },
}

export interface KeymanagerZkDecryptInput {
  /** Id of the newest key that random keys are kept under. */
  readonly object: string
  readonly id: string
  readonly attributes: readonly ZeroKnowledgeAttribute[]
}

/** Opens what was encrypted for somebody. @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
export const keymanagerZkDecrypt: ObjectOperation<
  KeymanagerServices,
  KeymanagerZkDecryptInput,
  readonly ZeroKnowledgeAttribute[]
> = {
  name: 'KeymanagerZkDecrypt',
  permission: 'Decrypt',
  durability: 'written',
  states: processStates,
  purposes: ['keymanager'],
  usage: 'Decrypt',
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { id, attributes }, object) {
    const mark = judge(services, 'process', object, modes.ECB)
    const opened: ZeroKnowledgeAttribute[] = []
    for (const { identifier, value } of attributes)
      opened.push({ identifier, value: await openAttribute(services, object, id, value) })
    return { answer: opened, detail: { attributes: attributes.length, ...mark } }
  },
}

function sealAttribute(key: KeyHandle, index: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(headBytes)
  native.randomFill(head.subarray(indexBytes))
  head.writeUInt32BE(index)
  const { nonce, aad } = partsOf(head)
  return Buffer.concat([head, native.modeEncrypt(key, 'GCM', false, tagBytes, nonce, value, aad)])
}

async function openAttribute(
  services: KeymanagerServices,
  object: Parameters<KeymanagerServices['randomKeys']['open']>[1],
  id: string,
  sealed: Uint8Array,
): Promise<Buffer> {
  checkSize(sealed)
  if (sealed.length < headBytes + tagBytes) throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
  const { index, nonce, aad, ciphertext } = partsOf(Buffer.from(sealed))
  const randomKey = await services.randomKeys.open(services, object, index)
  try {
    return withIdentityKey(randomKey, id, (key) =>
      native.modeDecrypt(key, 'GCM', false, tagBytes, nonce, ciphertext, aad),
    )
  } finally {
    randomKey.dispose()
  }
}

function partsOf(bytes: Buffer) {
  const afterNonce = indexBytes + nonceBytes
  return {
    index: bytes.readUInt32BE(),
    nonce: bytes.subarray(indexBytes, afterNonce),
    aad: bytes.subarray(afterNonce, headBytes),
    ciphertext: bytes.subarray(headBytes),
  }
}

function withIdentityKey<Result>(randomKey: KeyHandle, id: string, work: (key: KeyHandle) => Result): Result {
  const key = identityKey(randomKey, id)
  try {
    return work(key)
  } finally {
    key.dispose()
  }
}

function encryptedTo(x509: Certificate, randomKey: KeyHandle): Buffer {
  const publicKey = native.importPublic(x509.publicKey.der)
  try {
    const encrypted = native.wrapKey(publicKey, randomKey, 'RSA-OAEP-256')
    return Buffer.concat([Buffer.from(thumbprintOf(x509.der), 'hex'), encrypted])
  } finally {
    publicKey.dispose()
  }
}

function sizeOf(attributes: readonly ZeroKnowledgeAttribute[]): number {
  return attributes.reduce((all, { value }) => all + value.length, 0)
}
