import { parametersOf, schemeOf, usedKey } from '../crypto.js'
import { refuse } from '../engine/refusal.js'
import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf, type Request } from './operation.js'
import { refuseStreams } from './streams.js'

/** KMIP 2.1 section 6.1.53. */
export const sign: KmipOperation = {
  name: 'Sign',
  effect: 'read',
  async run(request) {
    refuseStreams(request)
    const key = await usedKey(request, objectOf(request))
    const scheme = schemeOf(await parametersOf(request, key.id), key.algorithm)
    const { data, digested } = signedData(request)
    const signature = await request.session.sign(key.id, data, { ...(scheme && { scheme }), digested })
    return identified(key.id, { write: (writer) => writer.byteString(Tag.SignatureData, signature) })
  },
}

/** The data, or since 1.4 its digest. */
export function signedData({ payload }: Request): { readonly data: Buffer; readonly digested: boolean } {
  const data = payload.optional(Tag.Data, byteString)
  const digest = payload.optional(Tag.DigestedData, byteString)
  if (data && digest) throw refuse('InvalidField', 'give the data or its digest')
  if (digest) return { data: digest, digested: true }
  if (data) return { data, digested: false }
  throw refuse('MissingData', 'the data is missing')
}
