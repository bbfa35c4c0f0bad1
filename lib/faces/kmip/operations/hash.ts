import { cryptographicParameters } from '../attributes/table.js'
import { hashOf, type Parameters } from '../crypto.js'
import { structure } from '../fields.js'
import { Tag } from '../tables/index.js'
import type { KmipOperation } from './operation.js'
import { gathered } from './parts.js'

/** KMIP 2.1 section 6.1.24. */
export const hash: KmipOperation = {
  name: 'Hash',
  effect: 'read',
  async run(request) {
    const { payload, session } = request
    const data = await gathered(request, 'Hash', async () => {
      const { message, item } = payload.required(Tag.CryptographicParameters, structure)
      return hashOf((cryptographicParameters.read(message, item) as Parameters).hashingAlgorithm)
    })
    if (data.whole === undefined) {
      const { correlation } = data
      return { write: (writer) => writer.byteString(Tag.CorrelationValue, correlation) }
    }
    const digest = await session.hash(data.whole, data.begun)
    return { write: (writer) => writer.byteString(Tag.Data, digest) }
  },
}
