import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import { macInput } from './mac.js'
import { identified, type KmipOperation } from './operation.js'
import { partial } from './sign.js'
import { validity } from './signature_verify.js'

/** KMIP 2.1 section 6.1.32. */
export const macVerify: KmipOperation = {
  name: 'MACVerify',
  effect: 'read',
  async run(request) {
    const data = await macInput(request, 'MACVerify')
    if (data.whole === undefined) return partial(data.begun, data.correlation)
    const given = request.payload.required(Tag.MACData, byteString)
    const valid = await request.session.macVerify(data.begun, data.whole, given)
    return identified(data.begun, {
      write: (writer) => writer.enumeration(Tag.ValidityIndicator, validity(valid)),
    })
  },
}
