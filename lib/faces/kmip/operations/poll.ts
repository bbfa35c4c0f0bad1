import { byteString } from '../fields.js'
import { enumeration, Tag } from '../tables/index.js'
import { type KmipOperation, ownerOf } from './operation.js'

const ResultStatus = enumeration('ResultStatus')

/** KMIP 2.1 section 6.1.38: answers as the operation would have that is polled. */
export const poll: KmipOperation = {
  name: 'Poll',
  effect: 'read',
  async run(request) {
    const correlation = request.payload.required(Tag.AsynchronousCorrelationValue, byteString)
    const polled = await request.asynchronous.poll(correlation, ownerOf(request))
    if (!polled) return { of: { status: ResultStatus.OperationPending, correlation } }
    const { operation, status, failure, payload } = polled
    return {
      of: { operation, status, failure },
      ...(payload && {
        secret: payload.bytes,
        write(writer) {
          for (const item of payload.children(payload.root)) writer.copy(payload, item)
        },
      }),
    }
  },
}
