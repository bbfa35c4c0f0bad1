import type { TicketRight } from '../../../core/index.js'
import { refuse } from '../engine/refusal.js'
import { enumerated, type Fields, structure, text } from '../fields.js'
import { enumerationNames, Tag } from '../tables/index.js'
import { openTicket, usageIn } from './login.js'
import type { KmipOperation } from './operation.js'

const operationNames = enumerationNames('Operation')
/** Of each kind: a ticket is read with every request. */
const most = 100

/** KMIP 2.1 section 6.1.12: whoever shows the ticket may do what one of the rights allows, and what the client may that gave it. */
export const delegatedLogin: KmipOperation = {
  name: 'DelegatedLogin',
  effect: 'undo',
  async run(request) {
    const rights = limited(request.payload.required(Tag.Rights, structure).all(Tag.Right, structure))
    return openTicket(request, rights.map(rightIn))
  },
}

function rightIn(right: Fields): TicketRight {
  const operations = right
    .optional(Tag.Operations, structure)
    ?.all(Tag.Operation, enumerated)
    .map((number) => operationNames.name(number) ?? unknown(number))
  const objects = right.optional(Tag.Objects, structure)?.all(Tag.UniqueIdentifier, text)
  const objectGroups = right.optional(Tag.ObjectGroups, structure)?.all(Tag.ObjectGroup, text)
  const usage = usageIn(right)
  return {
    ...(operations && { operations: limited(operations) }),
    ...(objects && { objects: limited(objects) }),
    ...(objectGroups && { objectGroups: limited(objectGroups) }),
    ...(usage && { usage }),
  }
}

function unknown(number: number): never {
  throw refuse('InvalidField', `nobody knows the operation 0x${number.toString(16)}`)
}

function limited<Value>(values: readonly Value[]): readonly Value[] {
  if (values.length <= most) return values
  throw refuse('ServerLimitExceeded', `Rights have ${most} of each kind at most`)
}
