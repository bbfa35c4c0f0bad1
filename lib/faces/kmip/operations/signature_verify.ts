import { byteString } from '../fields.js'
import { enumeration, Tag } from '../tables/index.js'
import { identified, type KmipOperation } from './operation.js'
import { partial, signedData, signingInput } from './sign.js'

const ValidityIndicator = enumeration('ValidityIndicator')

/** KMIP 2.1 section 6.1.56. */
export const signatureVerify: KmipOperation = {
  name: 'SignatureVerify',
  effect: 'read',
  async run(request) {
    const { begun, digested, ...data } = await signedData(request, 'SignatureVerify')
    if (data.whole === undefined) return partial(begun.id, data.correlation)
    const { payload, session } = request
    const signature =
      payload.optional(Tag.SignatureData, byteString) ??
      begun.given ??
      payload.required(Tag.SignatureData, byteString)
    const { input, options } = await signingInput(request, begun.signing, data.whole, digested)
    // A client that says nothing of the salt takes any (RFC 8017 section 9.1.1 leaves its length open).
    const anySalt = begun.signing.saltLength === undefined
    const valid = await session.verify(begun.id, input, signature, { ...options, anySalt })
    return identified(begun.id, {
      write: (writer) => writer.enumeration(Tag.ValidityIndicator, validity(valid)),
    })
  },
}

export function validity(valid: boolean): number {
  return valid ? ValidityIndicator.Valid : ValidityIndicator.Invalid
}
