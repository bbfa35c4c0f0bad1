import { modeOf, oaepOf, type Parameters, paddingOf, parametersOf, type UsedKey, usedKey } from '../crypto.js'
import { refuse } from '../engine/refusal.js'
import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf, type Request } from './operation.js'
import { refuseStreams } from './parts.js'

/** KMIP 2.1 section 6.1.16. */
export const encrypt: KmipOperation = {
  name: 'Encrypt',
  effect: 'read',
  async run(request) {
    refuseStreams(request)
    const { payload } = request
    const key = await usedKey(request, objectOf(request))
    const parameters = await parametersOf(request, key.id)
    const data = payload.required(Tag.Data, byteString)
    const { ciphertext, iv, tag } = await sealed(request, key, parameters, data)
    // Before 1.4 there is no field for the tag: it stands behind the ciphertext, as everywhere else.
    const apart = request.version >= '1.4'
    return identified(key.id, {
      write(writer) {
        writer.byteString(Tag.Data, tag && !apart ? Buffer.concat([ciphertext, tag]) : ciphertext)
        if (iv?.length) writer.byteString(Tag.IVCounterNonce, iv)
        if (tag && apart) writer.byteString(Tag.AuthenticatedEncryptionTag, tag)
      },
    })
  },
}

async function sealed({ payload, session }: Request, key: UsedKey, parameters: Parameters, data: Buffer) {
  if (key.algorithm === 'RSA') {
    const ciphertext = await session.encrypt(key.id, data, { oaep: oaepOf(parameters) })
    return { ciphertext, iv: undefined, tag: undefined }
  }
  const mode = modeOf(parameters, key.algorithm)
  const { tagLength } = parameters
  // What the profiles' cases expect of a length that no tag has.
  if (tagLength !== undefined && (tagLength < 4 || tagLength > 16))
    throw refuse('GeneralFailure', 'a tag has 4 to 16 bytes')
  const iv = payload.optional(Tag.IVCounterNonce, byteString)
  const aad = payload.optional(Tag.AuthenticatedEncryptionAdditionalData, byteString)
  const answer = await session.encryptInMode(key.id, data, {
    mode,
    ...paddingOf(mode, parameters),
    ...(iv && { iv }),
    ...(aad && { aad }),
    ...(tagLength !== undefined && { tagLength }),
  })
  // Who gives the IV has it.
  return { ciphertext: answer.ciphertext, iv: iv ? undefined : answer.iv, tag: answer.tag }
}
