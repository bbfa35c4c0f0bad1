import { malformed, type TtlvMessage } from '../../native/index.js'
import { toCosmian } from './encodings/cosmian.js'
import { jsonOfTtlv } from './encodings/index.js'
import { enumerated, Fields, structure, text } from './fields.js'
import { enumerationNames, Tag } from './tables/index.js'

const reasons = enumerationNames('ResultReason')

/** The answer to an operation that came alone: its payload alone, or an HTTP error with the reason as text. */
export function bareAnswer(
  message: TtlvMessage,
  operation: string,
): { readonly status: number; readonly text: string; readonly isNotFound?: boolean } {
  // Before it may stand the Locate that found its object.
  const item = new Fields(message).all(Tag.BatchItem, structure).at(-1)
  if (!item) throw malformed('the answer has no item')
  const payload = item.optional(Tag.ResponsePayload, structure)
  if (payload)
    return {
      status: 200,
      text: toCosmian(
        jsonOfTtlv(payload.message, {
          dialect: 'cosmian',
          item: payload.item,
          tag: `${operation}Response`,
        }),
      ),
    }
  const reason = reasons.name(item.required(Tag.ResultReason, enumerated)) ?? 'GeneralFailure'
  const words = reason.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_')
  const status = statuses[reason] ?? 422
  return {
    status,
    text: `${words}: ${item.optional(Tag.ResultMessage, text) ?? ''}`,
    isNotFound: reason === 'ObjectNotFound',
  }
}

const statuses: Readonly<Record<string, number>> = {
  AuthenticationNotSuccessful: 401,
  OperationNotSupported: 404,
}
