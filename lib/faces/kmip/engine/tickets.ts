import { type Session, suffices, type TicketRight, type TicketUse } from '../../../core/index.js'
import { ItemType } from '../../../native/index.js'
import { byteString, type Fields } from '../fields.js'
import { optionalObject, type Request } from '../operations/operation.js'
import { Tag } from '../tables/index.js'
import { refuse } from './refusal.js'

/** Whether whoever asks may use an operation at all, as far as a ticket says. */
export function mayUse({ ticket }: Session, operation: string): boolean {
  return !ticket?.rights || ticket.rights.some((right) => names(right, operation))
}

/**
 * An item as a ticket allows it: by the first right that does, counted, and narrowed to the objects of that right (KMIP 2.1 sections 7.34
 * and 7.35). A right that names objects allows nothing that is on none.
 *
 * @throws NotAuthorised, UsageLimitExceeded, MORTISE_AUTH_TICKET_SPENT
 */
export async function permitted(request: Request, operation: string): Promise<Request> {
  const { session, payload } = request
  const { ticket } = session
  if (!ticket) return request
  const use = { operations: 1, bytes: bytesIn(payload) }
  if (!ticket.rights) {
    if (ticket.usage) await session.spendTicket(use)
    return request
  }
  let isSpent = false
  for (const [place, right] of ticket.rights.entries()) {
    if (!names(right, operation) || !(await isOn(right, request))) continue
    if (right.usage && !suffices(right.usage, use)) {
      isSpent = true
      continue
    }
    return narrowed(request, right, ticket.usage || right.usage ? { ...use, right: place } : undefined)
  }
  throw isSpent
    ? refuse('UsageLimitExceeded', 'the right of the ticket to this operation is used up')
    : refuse('NotAuthorised', `the ticket gives no right to ${operation} here`)
}

async function narrowed(
  request: Request,
  { objects, objectGroups }: TicketRight,
  use: TicketUse | undefined,
): Promise<Request> {
  const { session } = request
  if (use) await session.spendTicket(use)
  if (!objects && !objectGroups) return request
  const within = { ...(objects && { objects }), ...(objectGroups && { objectGroups }) }
  return { ...request, session: session.within(within) }
}

function names({ operations }: TicketRight, operation: string): boolean {
  return operations?.includes(operation) ?? true
}

/** Whether a right is about the object of an item. The core looks at every object that the operation then works with. */
async function isOn({ objects, objectGroups }: TicketRight, request: Request): Promise<boolean> {
  if (!objects && !objectGroups) return true
  const object =
    optionalObject(request) ??
    optionalObject(request, Tag.PrivateKeyUniqueIdentifier) ??
    request.batch.placeholder
  if (object === undefined || (objects && !objects.includes(object))) return false
  if (!objectGroups) return true
  const { ObjectGroup } = await request.session.attributes(object, ['ObjectGroup'])
  return [ObjectGroup].flat().some((group) => objectGroups.includes(String(group)))
}

function bytesIn(payload: Fields): number {
  return payload.typeOf(Tag.Data) === ItemType.ByteString ? payload.required(Tag.Data, byteString).length : 0
}
