import { MortiseError } from '../../errors/index.js'
import type { CipherLease } from '../../native/index.js'
import type { ManagedObject, ObjectOperation } from '../../operation/index.js'
import { judge } from '../judge.js'
import { processStates, protectStates } from '../lifecycle.js'
import { type OpenedLease, openLease } from '../opened_lease.js'
import type { KeyServices } from '../services.js'

export type CipherPurpose = 'encrypt' | 'decrypt'

/** What each algorithm's leases make, the default first. */
const formats = {
  AES: ['record', 'gcm'],
  ChaCha20: ['chacha20-poly1305'],
} as const

export type LeaseFormat = (typeof formats)[keyof typeof formats][number]

export interface OpenCipherInput {
  /** Id or name of an AES or, under the policy `compatible`, ChaCha20 key. */
  readonly object: string
  readonly purposes: readonly CipherPurpose[]
  /**
   * `record` (default of AES keys): Mortise's own. `gcm`: bare AES-GCM for other systems, IV (12), ciphertext, tag (16), with
   * random IVs of which a key makes 2^32 at most. `chacha20-poly1305` (of ChaCha20 keys, and their default): the same of RFC 8439.
   */
  readonly format?: LeaseFormat
}

/** Decides and records once, and hands out a native handle for many encryptions and decryptions. */
export const openCipher: ObjectOperation<KeyServices, OpenCipherInput, OpenedLease<CipherLease>> = {
  name: 'OpenCipher',
  permission: (input) => input.purposes.map((purpose) => (purpose === 'encrypt' ? 'Encrypt' : 'Decrypt')),
  durability: 'synced',
  states: (input) => (input.purposes.includes('encrypt') ? protectStates : processStates),
  purposes: ['general'],
  usage: (input) => input.purposes.map((purpose) => (purpose === 'encrypt' ? 'Encrypt' : 'Decrypt')),
  protects: 'itself',
  target: (input) => input,
  async prepare(services, actor, input, object) {
    const encrypt = input.purposes.includes('encrypt')
    const decrypt = input.purposes.includes('decrypt')
    if (!encrypt && !decrypt) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'a cipher lease needs the purpose encrypt, decrypt or both',
      )
    }
    const format = formatOf(object, input)
    const mark = judge(services, encrypt ? 'protect' : 'process', object)
    const bare = format !== 'record'
    // As of single encryptions: XAES is not counted, and a token has none.
    const counted = bare || object.length !== 256 || services.provider(object.provider).external
    const counter = {
      kind: encrypt && counted ? 'randomIv' : 'lease',
      limited: encrypt,
    } as const
    const { opened, ...reserved } = await openLease(services, actor.id, object, counter, (key, bound) =>
      key.cipherLease({ encrypt, decrypt, bare }, bound),
    )
    return {
      ...reserved,
      answer: opened,
      detail: { purposes: input.purposes, ...(bare && { format }), reserved: opened.reserved.block, ...mark },
    }
  },
}

function formatOf({ algorithm }: ManagedObject, { format }: OpenCipherInput): LeaseFormat {
  const made: readonly LeaseFormat[] | undefined = Object.hasOwn(formats, algorithm)
    ? formats[algorithm as keyof typeof formats]
    : undefined
  const chosen = format ?? made?.[0]
  if (chosen !== undefined && made?.includes(chosen)) return chosen
  throw new MortiseError(
    'MORTISE_CRYPTO_UNSUPPORTED',
    made
      ? `a lease on a key of ${algorithm} makes ${made.join(' or ')}`
      : 'cipher leases are for AES and ChaCha20 keys',
  )
}
