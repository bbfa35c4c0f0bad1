import { byteString } from '../fields.js'
import { enumeration, Tag } from '../tables/index.js'
import { identified, type KmipOperation } from './operation.js'
import { partial, signedData } from './sign.js'

const ValidityIndicator = enumeration('ValidityIndicator')

/** KMIP 2.1 section 6.1.54. */
export const signatureVerify: KmipOperation = {
  name: 'SignatureVerify',
  effect: 'read',
  async run(request) {
    const { begun: key, digested, ...data } = await signedData(request, 'SignatureVerify')
    if (data.whole === undefined) return partial(key.id, data.correlation)
    const signature = request.payload.required(Tag.SignatureData, byteString)
    const valid = await request.session.verify(key.id, data.whole, signature, { ...key.options, digested })
    return identified(key.id, {
      write: (writer) => writer.enumeration(Tag.ValidityIndicator, validity(valid)),
    })
  },
}

export function validity(valid: boolean): number {
  return valid ? ValidityIndicator.Valid : ValidityIndicator.Invalid
}
