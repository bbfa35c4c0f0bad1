import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import { type KmipOperation, ownerOf } from './operation.js'

/** KMIP 2.1 section 6.1.39. */
export const process: KmipOperation = {
  name: 'Process',
  effect: 'final',
  async run(request) {
    const correlation = request.payload.required(Tag.AsynchronousCorrelationValue, byteString)
    request.asynchronous.process(correlation, ownerOf(request))
    return {}
  },
}
