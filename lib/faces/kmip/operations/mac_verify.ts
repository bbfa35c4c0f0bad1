import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import { macInput } from './mac.js'
import { identified, type KmipOperation } from './operation.js'
import { validity } from './signature_verify.js'

/** KMIP 2.1 section 6.1.32. */
export const macVerify: KmipOperation = {
  name: 'MACVerify',
  effect: 'read',
  async run(request) {
    const { id, data } = await macInput(request)
    const given = request.payload.required(Tag.MACData, byteString)
    const valid = await request.session.macVerify(id, data, given)
    return identified(id, { write: (writer) => writer.enumeration(Tag.ValidityIndicator, validity(valid)) })
  },
}
