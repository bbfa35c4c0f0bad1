import { integer } from '../fields.js'
import { Tag } from '../tables/index.js'
import type { KmipOperation } from './operation.js'

/** KMIP 2.1 section 6.1.49. */
export const rngRetrieve: KmipOperation = {
  name: 'RNGRetrieve',
  effect: 'read',
  async run({ payload, session }) {
    const data = await session.random(payload.required(Tag.DataLength, integer))
    return { write: (writer) => writer.byteString(Tag.Data, data) }
  },
}
