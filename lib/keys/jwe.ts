import { MortiseError } from '../errors/index.js'
import type { ContentEncryption, KeyManagement } from '../native/index.js'
import type { ManagedObject, Prepared } from '../operation/index.js'
import { judge } from './judge.js'
import type { KeyServices } from './services.js'

/** RFC 7518 section 4: how the content key gets to the key. */
const managements = {
  'RSA-OAEP-256': { management: 'RSA-OAEP-256', algorithm: 'RSA', length: undefined },
  A128KW: { management: 'AES-KW', algorithm: 'AES', length: 128 },
  A192KW: { management: 'AES-KW', algorithm: 'AES', length: 192 },
  A256KW: { management: 'AES-KW', algorithm: 'AES', length: 256 },
  dir: { management: 'dir', algorithm: 'AES', length: undefined },
} as const satisfies Record<
  string,
  { management: KeyManagement; algorithm: string; length: number | undefined }
>
export type JweAlgorithm = keyof typeof managements
export const jweAlgorithms = Object.keys(managements) as JweAlgorithm[]

/** RFC 7518 section 5. */
export const contentEncryptions = [
  'A256GCM',
  'A192GCM',
  'A128GCM',
  'A256CBC-HS512',
  'A192CBC-HS384',
  'A128CBC-HS256',
] as const satisfies ContentEncryption[]

/** Characters of the header, which is parsed before anything is known to be authentic. */
const headerLimit = 8192

export interface JweOptions {
  /** Default `RSA-OAEP-256` of RSA keys, `A128KW` to `A256KW` of AES keys by their length. */
  readonly alg?: JweAlgorithm
  /** Default `A256GCM`; with `dir` the GCM of the key's length. */
  readonly enc?: ContentEncryption
}

/** A compact JWE (RFC 7516 section 7.1). Its `kid` is the key's family and version, `uuid/2`. */
export async function sealJwe(
  services: KeyServices,
  object: ManagedObject,
  plaintext: Uint8Array,
  options: JweOptions,
): Promise<Prepared<Buffer>> {
  const alg = options.alg ?? (object.algorithm === 'RSA' ? 'RSA-OAEP-256' : defaultWrap(object.length))
  const enc = options.enc ?? (alg === 'dir' ? (`A${object.length}GCM` as ContentEncryption) : 'A256GCM')
  const management = managementOf(object, alg, enc)
  const mark = judge(services, 'protect', object)
  const header = encode(Buffer.from(JSON.stringify({ alg, enc, kid: `${object.family}/${object.serial}` })))
  if (alg === 'dir') await services.usage.takeRandomIv(object)
  // Opened only now: a key may be dropped from memory while something else is waited for.
  const { encryptedKey, iv, ciphertext, tag } = await services
    .provider(object.provider)
    .open(object)
    .sealEnvelope(management, enc, plaintext, Buffer.from(header))
  const compact = [header, ...[encryptedKey, iv, ciphertext, tag].map(encode)].join('.')
  return { answer: Buffer.from(compact), detail: { format: 'jwe', alg, enc, ...mark } }
}

/** @throws MORTISE_CRYPTO_DECRYPTION_FAILED; MORTISE_CRYPTO_UNSUPPORTED for an alg or enc that the key does not have */
export async function openJwe(
  services: KeyServices,
  object: ManagedObject,
  sealed: Uint8Array,
): Promise<Prepared<Buffer>> {
  const mark = judge(services, 'process', object)
  const jwe = parse(sealed)
  if (!jwe) throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
  const { alg, enc } = jwe.header
  const management = managementOf(object, alg, enc)
  const answer = await services
    .provider(object.provider)
    .open(object)
    .openEnvelope(management, enc as ContentEncryption, jwe.envelope, Buffer.from(jwe.aad))
  return { answer, detail: { format: 'jwe', alg, enc, ...mark } }
}

/** The version of the key that the `kid` of a JWE names, if it is one of ours: that of a pair names the public key. */
export function jweVersion(sealed: Uint8Array): number | undefined {
  const kid = parse(sealed)?.header.kid
  const version = typeof kid === 'string' ? /^[0-9a-f-]{36}\/([1-9][0-9]{0,9})$/.exec(kid)?.[1] : undefined
  return version === undefined ? undefined : Number(version)
}

function managementOf(object: ManagedObject, alg: string, enc: string): KeyManagement {
  const row = Object.hasOwn(managements, alg) ? managements[alg as JweAlgorithm] : undefined
  const fits = row?.algorithm === object.algorithm && (row.length ?? object.length) === object.length
  if (row && fits && contentEncryptions.some((one) => one === enc)) return row.management
  throw new MortiseError(
    'MORTISE_CRYPTO_UNSUPPORTED',
    `this ${object.algorithm} key of ${object.length} bits does no JWE with ${JSON.stringify(alg)} and ${JSON.stringify(enc)}: alg is one of ${jweAlgorithms.join(', ')}, enc one of ${contentEncryptions.join(', ')}`,
  )
}

function defaultWrap(length: number): JweAlgorithm {
  return length === 128 ? 'A128KW' : length === 192 ? 'A192KW' : 'A256KW'
}

interface Parsed {
  readonly header: { readonly alg: string; readonly enc: string; readonly kid?: unknown }
  /** The header as it came, which is what is authenticated. */
  readonly aad: string
  readonly envelope: Record<'encryptedKey' | 'iv' | 'ciphertext' | 'tag', Buffer>
}

function parse(sealed: Uint8Array): Parsed | undefined {
  const text = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).toString('latin1')
  const parts = text.split('.', 6)
  const [aad, ...rest] = parts
  const [encryptedKey, iv, ciphertext, tag] = rest.map(decode)
  if (aad === undefined || aad.length > headerLimit || parts.length !== 5) return undefined
  if (!encryptedKey || !iv || !ciphertext || !tag) return undefined
  let header: unknown
  try {
    header = JSON.parse(decode(aad)?.toString('utf8') ?? '')
  } catch {
    return undefined
  }
  if (typeof header !== 'object' || header === null || 'crit' in header || 'zip' in header) return undefined
  const { alg, enc, kid } = header as Record<string, unknown>
  if (typeof alg !== 'string' || typeof enc !== 'string') return undefined
  return { header: { alg, enc, kid }, aad, envelope: { encryptedKey, iv, ciphertext, tag } }
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** Undefined for what is not base64url without padding (RFC 7515 section 2). */
function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
