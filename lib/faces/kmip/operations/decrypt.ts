import { modeOf, oaepOf, type Parameters, paddingOf, parametersOf, type UsedKey, usedKey } from '../crypto.js'
import { refuse } from '../engine/refusal.js'
import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf, type Request } from './operation.js'
import { refuseStreams } from './parts.js'

/** KMIP 2.1 section 6.1.12. */
export const decrypt: KmipOperation = {
  name: 'Decrypt',
  effect: 'read',
  async run(request) {
    refuseStreams(request)
    const key = await usedKey(request, objectOf(request))
    const parameters = await parametersOf(request, key.id)
    const data = request.payload.required(Tag.Data, byteString)
    const plaintext = await opened(request, key, parameters, data)
    return identified(key.id, {
      secret: plaintext,
      write: (writer) => writer.byteString(Tag.Data, plaintext),
    })
  },
}

function opened(
  { payload, session, version }: Request,
  key: UsedKey,
  parameters: Parameters,
  data: Buffer,
): Promise<Buffer> {
  if (key.algorithm === 'RSA') {
    return session.decrypt(key.id, data, { oaep: oaepOf(parameters) })
  }
  const mode = modeOf(parameters, key.algorithm)
  const iv = payload.optional(Tag.IVCounterNonce, byteString)
  if (!iv && mode !== 'ECB') throw refuse('InvalidMessage', 'the IV that it was encrypted under is missing')
  const aad = payload.optional(Tag.AuthenticatedEncryptionAdditionalData, byteString)
  const { ciphertext, tag } = parted(data, payload.optional(Tag.AuthenticatedEncryptionTag, byteString), {
    // Before 1.4 the tag stands behind the ciphertext.
    behind: version < '1.4' && (mode === 'GCM' || mode === 'ChaCha20-Poly1305'),
    length: parameters.tagLength ?? 16,
  })
  return session.decrypt(key.id, ciphertext, {
    mode,
    ...paddingOf(mode, parameters),
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
