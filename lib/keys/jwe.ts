import { MortiseError } from '../errors/index.js'
import type { ContentEncryption, EnvelopeSender, KeyManagement } from '../native/index.js'
import type { ManagedObject, Prepared, Usage } from '../operation/index.js'
import { judge } from './judge.js'
import type { KeyServices } from './services.js'

/** RFC 7518 section 4: how the content key gets to the key. */
const managements = {
  'RSA-OAEP-256': { management: 'RSA-OAEP-256', fits: ({ algorithm }) => algorithm === 'RSA' },
  A128KW: { management: 'AES-KW', fits: ofAes(128) },
  A192KW: { management: 'AES-KW', fits: ofAes(192) },
  A256KW: { management: 'AES-KW', fits: ofAes(256) },
  dir: { management: 'dir', fits: ({ algorithm }) => algorithm === 'AES' },
  'ECDH-ES': { management: 'ECDH-ES', fits: agrees },
  'ECDH-ES+A128KW': { management: 'ECDH-ES+A128KW', fits: agrees },
  'ECDH-ES+A192KW': { management: 'ECDH-ES+A192KW', fits: agrees },
  'ECDH-ES+A256KW': { management: 'ECDH-ES+A256KW', fits: agrees },
} as const satisfies Record<string, { management: KeyManagement; fits: (object: ManagedObject) => boolean }>
export type JweAlgorithm = keyof typeof managements
export const jweAlgorithms = Object.keys(managements) as JweAlgorithm[]

function ofAes(bits: number): (object: ManagedObject) => boolean {
  return ({ algorithm, length }) => algorithm === 'AES' && length === bits
}

/** RFC 7518 section 4.6, RFC 8037 section 3.2. */
function agrees({ algorithm, values }: ManagedObject): boolean {
  return algorithm === 'X25519' || (algorithm === 'EC' && values.curve !== 'secp256k1')
}

/** The usage by which a key makes or opens a JWE. */
export function jweUsage(object: ManagedObject, otherwise: 'Encrypt' | 'Decrypt'): Usage {
  return agrees(object) ? 'KeyAgreement' : otherwise
}

/** RFC 7518 section 5. */
export const contentEncryptions = [
  'A256GCM',
  'A192GCM',
  'A128GCM',
  'A256CBC-HS512',
  'A192CBC-HS384',
  'A128CBC-HS256',
] as const satisfies ContentEncryption[]

/** RFC 7518 section 5.3. */
const gcmIvBytes = 12

/** Characters of the header, which is parsed before anything is known to be authentic. */
const headerLimit = 8192

export interface JweOptions {
  /** Default `RSA-OAEP-256` of RSA keys, `ECDH-ES` of EC and X25519 keys, `A128KW` to `A256KW` of AES keys by their length. */
  readonly alg?: JweAlgorithm
  /** Default `A256GCM`; with `dir` the GCM of the key's length. */
  readonly enc?: ContentEncryption
  /** What the header calls the key. Default its family and version, `uuid/2`, by which that version is found. */
  readonly kid?: string
}

/** A compact JWE (RFC 7516 section 7.1). */
export async function sealJwe(
  services: KeyServices,
  object: ManagedObject,
  plaintext: Uint8Array,
  options: JweOptions,
): Promise<Prepared<Buffer>> {
  const alg = options.alg ?? defaultAlgorithm(object)
  const enc = options.enc ?? (alg === 'dir' ? (`A${object.length}GCM` as ContentEncryption) : 'A256GCM')
  const management = managementOf(object, alg, enc)
  const mark = judge(services, 'protect', object)
  const kid = options.kid ?? `${object.family}/${object.serial}`
  let header = ''
  const headerWith = (epk: Buffer | undefined): Buffer => {
    header = encode(
      Buffer.from(JSON.stringify({ alg, enc, kid, ...(epk && { epk: JSON.parse(epk.toString()) }) })),
    )
    return Buffer.from(header)
  }
  if (alg === 'dir') await services.usage.takeRandomIv(object)
  // Opened only now: a key may be dropped from memory while something else is waited for.
  const { encryptedKey, iv, ciphertext, tag } = await services
    .provider(object.provider)
    .open(object)
    .sealEnvelope(management, enc, plaintext, headerWith)
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
  if (enc.endsWith('GCM') && jwe.envelope.iv.length !== gcmIvBytes)
    throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
  const answer = await services
    .provider(object.provider)
    .open(object)
    .openEnvelope(management, enc as ContentEncryption, jwe.envelope, Buffer.from(jwe.aad), jwe.sender)
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
  if (row?.fits(object) && contentEncryptions.some((one) => one === enc)) return row.management
  throw new MortiseError(
    'MORTISE_CRYPTO_UNSUPPORTED',
    `this ${object.algorithm} key of ${object.length} bits does no JWE with ${JSON.stringify(alg)} and ${JSON.stringify(enc)}: alg is one of ${jweAlgorithms.join(', ')}, enc one of ${contentEncryptions.join(', ')}`,
  )
}

/** The first that fits: of a key that fits none, one that {@link managementOf} refuses. */
function defaultAlgorithm(object: ManagedObject): JweAlgorithm {
  return jweAlgorithms.find((alg) => managements[alg].fits(object)) ?? 'dir'
}

interface Parsed {
  readonly header: { readonly alg: string; readonly enc: string; readonly kid?: unknown }
  /** The header as it came, which is what is authenticated. */
  readonly aad: string
  readonly envelope: Record<'encryptedKey' | 'iv' | 'ciphertext' | 'tag', Buffer>
  readonly sender: EnvelopeSender
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
  const { alg, enc, kid, ...more } = header as Record<string, unknown>
  const sender = senderOf(more)
  if (typeof alg !== 'string' || typeof enc !== 'string' || !sender) return undefined
  return { header: { alg, enc, kid }, aad, envelope: { encryptedKey, iv, ciphertext, tag }, sender }
}

/** What a header says for ECDH-ES, of `epk` no more than a public key has. Undefined where apu or apv are not base64url. */
function senderOf({ epk, apu = '', apv = '' }: Record<string, unknown>): EnvelopeSender | undefined {
  const { kty, crv, x, y } = (epk ?? {}) as Record<string, unknown>
  const parties = [apu, apv].map((one) => (typeof one === 'string' ? decode(one) : undefined))
  if (!parties[0] || !parties[1]) return undefined
  return { epk: Buffer.from(JSON.stringify({ kty, crv, x, y })), apu: parties[0], apv: parties[1] }
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** Undefined for what is not base64url without padding (RFC 7515 section 2). */
function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
