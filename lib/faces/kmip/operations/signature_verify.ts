import { parametersOf, schemeOf, usedKey } from '../crypto.js'
import { byteString } from '../fields.js'
import { enumeration, Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf } from './operation.js'
import { signedData } from './sign.js'
import { refuseStreams } from './streams.js'

const ValidityIndicator = enumeration('ValidityIndicator')

/** KMIP 2.1 section 6.1.54. */
export const signatureVerify: KmipOperation = {
  name: 'SignatureVerify',
  effect: 'read',
  async run(request) {
    refuseStreams(request)
    const key = await usedKey(request, objectOf(request))
    const scheme = schemeOf(await parametersOf(request, key.id), key.algorithm)
    const { data, digested } = signedData(request)
    const signature = request.payload.required(Tag.SignatureData, byteString)
    const valid = await request.session.verify(key.id, data, signature, {
      ...(scheme && { scheme }),
      digested,
    })
    return identified(key.id, {
      write: (writer) => writer.enumeration(Tag.ValidityIndicator, validity(valid)),
    })
  },
}

export function validity(valid: boolean): number {
  return valid ? ValidityIndicator.Valid : ValidityIndicator.Invalid
}
