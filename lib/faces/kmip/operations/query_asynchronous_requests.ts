import { byteString, enumerated, structure } from '../fields.js'
import { enumeration, Tag } from '../tables/index.js'
import { type KmipOperation, ownerOf } from './operation.js'

const ProcessingStage = enumeration('ProcessingStage')

/** KMIP 2.1 section 6.1.41: of one's own, those that match all that is said. */
export const queryAsynchronousRequests: KmipOperation = {
  name: 'QueryAsynchronousRequests',
  effect: 'read',
  async run(request) {
    const { payload } = request
    const correlations = payload
      .optional(Tag.AsynchronousCorrelationValues, structure)
      ?.all(Tag.AsynchronousCorrelationValue, byteString)
    const operations = payload.optional(Tag.Operations, structure)?.all(Tag.Operation, enumerated)
    const found = request.asynchronous
      .list(ownerOf(request))
      .filter(({ correlation }) => correlations?.some((one) => one.equals(correlation)) ?? true)
      .filter(({ operation }) => operations?.includes(operation) ?? true)
    return {
      write(writer) {
        for (const { correlation, operation, submitted, stage } of found) {
          writer.begin(Tag.AsynchronousRequest)
          writer.byteString(Tag.AsynchronousCorrelationValue, correlation)
          writer.enumeration(Tag.Operation, operation)
          writer.dateTimeExtended(Tag.SubmissionDate, submitted)
          writer.enumeration(Tag.ProcessingStage, ProcessingStage[stage])
          writer.end()
        }
      },
    }
  },
}
