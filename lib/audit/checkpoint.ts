import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { MortiseError } from '../errors/index.js'

/** What is vouched for: where every chain stood that was written to since the checkpoint before. */
export interface Checkpoint {
  /** Store id. */
  readonly store: string
  /** 1, 2, ... */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly time: number
  /** `chain:sequence:hash`. The checkpoints before vouch for the chains that are not named. */
  readonly heads: readonly string[]
  /** SHA-256 of the text of the checkpoint before, hexadecimal; null of the first. */
  readonly previous: string | null
  /** Object id of the signing key. */
  readonly key: string
  /** SPKI of its public key (Ed25519), DER, base64. */
  readonly publicKey: string
}

/** A checkpoint as it is stored and exported: JSON, a line feed, the signature in base64, a line feed. */
export interface SignedCheckpoint {
  readonly text: string
  readonly checkpoint: Checkpoint
  readonly body: string
  readonly signature: Buffer
}

const format = 1
/** Stands before what is signed, so that the signature means nothing else. */
const label = 'mortise audit checkpoint\n'

export function checkpointBody(checkpoint: Checkpoint): string {
  return JSON.stringify({ format, ...checkpoint })
}

/** The bytes that the key signs. */
export function signedBytes(body: string): Buffer {
  return Buffer.from(label + body)
}

export function checkpointText(body: string, signature: Uint8Array): string {
  return `${body}\n${Buffer.from(signature).toString('base64')}\n`
}

/** What the next checkpoint names as the one before. */
export function checkpointHash(text: string): string {
  return hash('sha256', text)
}

/** @throws MORTISE_INPUT_INVALID for a text that is no checkpoint */
export function parseCheckpoint(text: string): SignedCheckpoint {
  const [, body = '', signature = ''] = /^(\{.*\})\n([A-Za-z0-9+/=]+)\n$/.exec(text) ?? []
  const checkpoint = parse(body)
  if (!checkpoint) throw new MortiseError('MORTISE_INPUT_INVALID', 'this is no checkpoint of an audit trail')
  return { text, checkpoint, body, signature: Buffer.from(signature, 'base64') }
}

function parse(body: string): Checkpoint | undefined {
  try {
    const { format: given, ...checkpoint } = JSON.parse(body) as Checkpoint & { format: unknown }
    const { store, number, heads, publicKey } = checkpoint
    const sound =
      given === format &&
      typeof store === 'string' &&
      Number.isSafeInteger(number) &&
      Array.isArray(heads) &&
      heads.every((head) => typeof head === 'string') &&
      typeof publicKey === 'string'
    return sound ? checkpoint : undefined
  } catch {
    return undefined
  }
}

/** @param pem SPKI, PEM. @throws MORTISE_INPUT_INVALID */
export function checkpointKey(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Said below.
  }
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    'a checkpoint is signed with Ed25519: give the public key as PEM',
  )
}

/** Whether one of the keys has signed it; without keys, the one that it names itself. */
export function isSigned(
  { body, signature, checkpoint }: SignedCheckpoint,
  keys: readonly KeyObject[],
): boolean {
  try {
    const named = { key: Buffer.from(checkpoint.publicKey, 'base64'), format: 'der', type: 'spki' } as const
    const signers = keys.length > 0 ? keys : [createPublicKey(named)]
    return signers.some((key) => verify(null, signedBytes(body), key, signature))
  } catch {
    return false
  }
}
