import type { LoggedIn, TicketLimits, TicketUsage } from '../../../core/index.js'
import { ItemType } from '../../../native/index.js'
import { refuse } from '../engine/refusal.js'
import { dateTime, enumerated, type Fields, integer, interval, longInteger, structure } from '../fields.js'
import { enumeration, Tag } from '../tables/index.js'
import type { Answer, KmipOperation, Request } from './operation.js'

const TicketType = enumeration('TicketType')
const UsageLimitsUnit = enumeration('UsageLimitsUnit')

const hour = 3_600_000
/** Milliseconds that a ticket is good for where a request says nothing, or 0; and at most. */
const usualLifetime = 12 * hour
const longestLifetime = 30 * 24 * hour

/** KMIP 2.1 section 6.1.30. */
export const login: KmipOperation = {
  name: 'Login',
  effect: 'undo',
  run: (request) => openTicket(request),
}

/**
 * A ticket within the limits of the request: 0 is no limit, as in the test cases.
 *
 * @throws InvalidField, MORTISE_ACCESS_DENIED for who has come in by a ticket
 */
export async function openTicket(
  { session, payload }: Request,
  rights?: TicketLimits['rights'],
): Promise<Answer> {
  const requests = payload.optional(Tag.RequestCount, integer) ?? 0
  if (requests < 0) throw refuse('InvalidField', 'the Request Count is negative')
  const usage = usageIn(payload)
  const { session: opened, token }: LoggedIn = await session.openTicket({
    lifetime: lifetimeIn(payload),
    label: 'KMIP ticket',
    ...(requests > 0 && { requests }),
    ...(usage && { usage }),
    ...(rights && { rights }),
  })
  const secret = Buffer.from(token.text, 'latin1')
  return {
    secret,
    write(writer) {
      writer.begin(Tag.Ticket)
      writer.enumeration(Tag.TicketType, TicketType.Login)
      writer.byteString(Tag.TicketValue, secret)
      writer.end()
    },
    undo: () => session.endSession(opened.id),
  }
}

/** Usage Limits: of the unit Object, so many operations. */
export function usageIn(fields: Fields): TicketUsage | undefined {
  const limits = fields.optional(Tag.UsageLimits, structure)
  if (!limits) return undefined
  const left = Number(
    limits.optional(Tag.UsageLimitsCount, longInteger) ?? limits.required(Tag.UsageLimitsTotal, longInteger),
  )
  if (!Number.isSafeInteger(left) || left < 0) throw refuse('InvalidField', 'the Usage Limits are no limit')
  const unit = limits.required(Tag.UsageLimitsUnit, enumerated)
  return { unit: unit === UsageLimitsUnit.Byte ? 'bytes' : 'operations', left }
}

function lifetimeIn(payload: Fields): number {
  const isDate = payload.typeOf(Tag.LeaseTime) === ItemType.DateTime
  const lifetime = isDate
    ? Number(payload.required(Tag.LeaseTime, dateTime)) * 1000 - Date.now()
    : (payload.optional(Tag.LeaseTime, interval) ?? 0) * 1000
  if (lifetime === 0) return usualLifetime
  if (lifetime > 0 && lifetime <= longestLifetime) return Math.ceil(lifetime)
  throw refuse('InvalidField', 'the Lease Time is not within the next 30 days')
}
