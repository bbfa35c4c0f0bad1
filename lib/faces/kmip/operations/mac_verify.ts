import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import { macInput } from './mac.js'
import { identified, type KmipOperation } from './operation.js'
import { partial } from './sign.js'
import { validity } from './signature_verify.js'

/** KMIP 2.1 section 6.1.33. */
export const macVerify: KmipOperation = {
  name: 'MACVerify',
  effect: 'read',
  async run(request) {
    const { begun, ...data } = await macInput(request, 'MACVerify')
    if (data.whole === undefined) return partial(begun.id, data.correlation)
    const { payload, session } = request
    const given =
      payload.optional(Tag.MACData, byteString) ?? begun.given ?? payload.required(Tag.MACData, byteString)
    const valid = await session.macVerify(begun.id, data.whole, given, begun.options)
    return identified(begun.id, {
      write: (writer) => writer.enumeration(Tag.ValidityIndicator, validity(valid)),
    })
  },
}
