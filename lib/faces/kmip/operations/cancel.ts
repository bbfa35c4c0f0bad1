import { byteString } from '../fields.js'
import { enumeration, Tag } from '../tables/index.js'
import { type KmipOperation, ownerOf } from './operation.js'

const CancellationResult = enumeration('CancellationResult')

/** KMIP 2.1 section 6.1.5. */
export const cancel: KmipOperation = {
  name: 'Cancel',
  effect: 'final',
  async run(request) {
    const correlation = request.payload.required(Tag.AsynchronousCorrelationValue, byteString)
    const result = request.asynchronous.cancel(correlation, ownerOf(request))
    return {
      write(writer) {
        writer.byteString(Tag.AsynchronousCorrelationValue, correlation)
        writer.enumeration(Tag.CancellationResult, CancellationResult[result])
      },
    }
  },
}
