import { CipherStream } from '../../../core/index.js'
import { cipherKey, modeOf, oaepOf, type Parameters, paddingOf, type UsedKey } from '../crypto.js'
import { refuse } from '../engine/refusal.js'
import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf, type Request } from './operation.js'
import { gather, type Part, partOf } from './parts.js'

/** What the first part says of all of them. */
export interface Encrypting {
  readonly key: UsedKey
  readonly parameters: Parameters
  readonly iv: Buffer | undefined
  readonly aad: Buffer | undefined
  readonly stream: CipherStream
}

/** KMIP 2.1 section 6.1.17. */
export const encrypt: KmipOperation = {
  name: 'Encrypt',
  effect: 'read',
  async run(request) {
    const part = await partOf(request, 'Encrypt', () => encryptingIn(request))
    const { key } = part.begun
    const answer = await ended(request, part, () =>
      key.algorithm === 'RSA' ? sealedByRsa(request, part) : sealed(request, part),
    )
    const { ciphertext, iv, tag } = answer
    // Before 1.4 there is no field for the tag: it stands behind the ciphertext, as everywhere else.
    const apart = request.version >= '1.4'
    const data = tag && !apart ? Buffer.concat([ciphertext, tag]) : ciphertext
    return identified(key.id, {
      write(writer) {
        if (data.length > 0 || !part.correlation) writer.byteString(Tag.Data, data)
        if (iv?.length) writer.byteString(Tag.IVCounterNonce, iv)
        if (part.correlation && !part.last) writer.byteString(Tag.CorrelationValue, part.correlation)
        if (tag && apart) writer.byteString(Tag.AuthenticatedEncryptionTag, tag)
      },
    })
  },
}

/** What a request to encrypt or decrypt says beside the data. Copies: the message is gone before the next part comes. */
export async function encryptingIn(request: Request): Promise<Encrypting> {
  const copied = (tag: number) => {
    const bytes = request.payload.optional(tag, byteString)
    return bytes && Buffer.from(bytes)
  }
  return {
    ...(await cipherKey(request, objectOf(request))),
    iv: copied(Tag.IVCounterNonce),
    aad: copied(Tag.AuthenticatedEncryptionAdditionalData),
    stream: new CipherStream(),
  }
}

/** Does the work, and forgets the stream with its last part, or where a part has failed: nobody knows how far it has come. */
export async function ended<Answer>(
  { streams }: Request,
  { correlation, stream, last }: Part<unknown>,
  work: () => Promise<Answer>,
): Promise<Answer> {
  let goesOn = false
  try {
    const answer = await work()
    goesOn = !last
    return answer
  } finally {
    if (!goesOn && correlation && stream) streams.end(correlation, stream)
  }
}

async function sealedByRsa(request: Request, part: Part<Encrypting>) {
  const { begun, whole } = gather(request, part)
  if (whole === undefined) return { ciphertext: Buffer.alloc(0), iv: undefined, tag: undefined }
  const ciphertext = await request.session.encrypt(begun.key.id, whole, oaepOf(begun.parameters))
  return { ciphertext, iv: undefined, tag: undefined }
}

async function sealed(
  { session }: Request,
  { begun: { key, parameters, iv, aad, stream }, data, last, correlation }: Part<Encrypting>,
) {
  const mode = modeOf(parameters, key.algorithm)
  const { tagLength } = parameters
  // What the profiles' cases expect of a length that no tag has.
  if (tagLength !== undefined && (tagLength < 4 || tagLength > 16))
    throw refuse('GeneralFailure', 'a tag has 4 to 16 bytes')
  const first = stream.begins()
  const answer = await session.encryptInMode(key.id, data, {
    mode,
    ...paddingOf(mode, parameters),
    ...(iv && { iv }),
    ...(aad && { aad }),
    ...(tagLength !== undefined && { tagLength }),
    ...(correlation && { stream, last }),
  })
  // Who gives the IV has it, and nobody needs it twice.
  return { ciphertext: answer.ciphertext, iv: iv || !first ? undefined : answer.iv, tag: answer.tag }
}
