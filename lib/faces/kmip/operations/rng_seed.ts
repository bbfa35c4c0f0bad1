import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import type { KmipOperation } from './operation.js'

/** KMIP 2.1 section 6.1.50. The generator takes its seed from the system and nothing of a client's, and the answer says so. */
export const rngSeed: KmipOperation = {
  name: 'RNGSeed',
  effect: 'read',
  async run({ payload }) {
    payload.required(Tag.Data, byteString)
    return { write: (writer) => writer.integer(Tag.DataLength, 0) }
  },
}
