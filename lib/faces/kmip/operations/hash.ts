import { cryptographicParameters } from '../attributes/table.js'
import { hashOf, type Parameters } from '../crypto.js'
import { byteString, structure } from '../fields.js'
import { Tag } from '../tables/index.js'
import type { KmipOperation } from './operation.js'
import { refuseStreams } from './streams.js'

/** KMIP 2.1 section 6.1.26. */
export const hash: KmipOperation = {
  name: 'Hash',
  effect: 'read',
  async run(request) {
    refuseStreams(request)
    const { payload, session } = request
    const { message, item } = payload.required(Tag.CryptographicParameters, structure)
    const { hashingAlgorithm } = cryptographicParameters.read(message, item) as Parameters
    const digest = await session.hash(payload.required(Tag.Data, byteString), hashOf(hashingAlgorithm))
    return { write: (writer) => writer.byteString(Tag.Data, digest) }
  },
}
