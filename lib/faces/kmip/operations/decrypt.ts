import type { CipherMode } from '../../../core/index.js'
import { modeOf, oaepOf, paddingOf } from '../crypto.js'
import { refuse } from '../engine/refusal.js'
import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import { type Encrypting, encryptingIn, ended } from './encrypt.js'
import { identified, type KmipOperation, type Request } from './operation.js'
import { gather, type Part, partOf } from './parts.js'

/** KMIP 2.1 section 6.1.11. */
export const decrypt: KmipOperation = {
  name: 'Decrypt',
  effect: 'read',
  async run(request) {
    const part = await partOf(request, 'Decrypt', () => decryptingIn(request))
    const { key } = part.begun
    const plaintext = await opened(request, part)
    return identified(key.id, {
      secret: plaintext,
      write(writer) {
        if (plaintext.length > 0 || !part.correlation) writer.byteString(Tag.Data, plaintext)
        if (part.correlation && !part.last) writer.byteString(Tag.CorrelationValue, part.correlation)
      },
    })
  },
}

interface Decrypting extends Encrypting {
  readonly tag: Buffer | undefined
}

async function decryptingIn(request: Request): Promise<Decrypting> {
  return { ...(await encryptingIn(request)), tag: tagIn(request) }
}

function tagIn({ payload }: Request): Buffer | undefined {
  const tag = payload.optional(Tag.AuthenticatedEncryptionTag, byteString)
  return tag && Buffer.from(tag)
}

async function opened(request: Request, part: Part<Decrypting>): Promise<Buffer> {
  const { session } = request
  const { key, parameters, iv, stream } = part.begun
  const mode = key.algorithm === 'RSA' ? undefined : modeOf(parameters, key.algorithm)
  if (mode !== undefined && !iv && mode !== 'ECB')
    throw refuse('InvalidMessage', 'the IV that it was encrypted under is missing')
  if (mode === undefined || mode === 'XTS' || authenticates(mode)) {
    // Nobody sees what is not authenticated, and OAEP and XTS take all at once.
    const { whole } = gather(request, part)
    return whole === undefined ? Buffer.alloc(0) : openedWhole(request, part.begun, mode, whole)
  }
  const { data, last, correlation } = part
  return ended(request, part, () =>
    session.decrypt(key.id, data, {
      mode,
      ...paddingOf(mode, parameters),
      ...(iv && { iv }),
      ...(correlation && { stream, last }),
    }),
  )
}

function authenticates(mode: CipherMode): boolean {
  return mode === 'GCM' || mode === 'ChaCha20-Poly1305'
}

function openedWhole(
  request: Request,
  { key, parameters, iv, aad, tag: early }: Decrypting,
  mode: CipherMode | undefined,
  data: Buffer,
): Promise<Buffer> {
  const { session, version } = request
  if (mode === undefined) return session.decrypt(key.id, data, oaepOf(parameters))
  const { ciphertext, tag } = parted(data, tagIn(request) ?? early, {
    // Before 1.4 the tag stands behind the ciphertext.
    behind: version < '1.4' && authenticates(mode),
    length: parameters.tagLength ?? 16,
  })
  return session.decrypt(key.id, ciphertext, {
    mode,
    ...(iv && { iv }),
    ...(aad && { aad }),
    ...(tag && { tag }),
  })
}

function parted(
  data: Buffer,
  tag: Buffer | undefined,
  { behind, length }: { behind: boolean; length: number },
) {
  if (tag || !behind || data.length < length) return { ciphertext: data, tag }
  const end = data.length - length
  return { ciphertext: data.subarray(0, end), tag: data.subarray(end) }
}
