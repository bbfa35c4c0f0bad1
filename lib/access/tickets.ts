import { MortiseError } from '../errors/index.js'

/** What may still be done: so many operations, or bytes of data. */
export interface TicketUsage {
  readonly unit: 'operations' | 'bytes'
  readonly left: number
}

/** Something that the holder of a ticket may do. What is left out is not restricted. */
export interface TicketRight {
  /** As the face calls them that takes the ticket. */
  readonly operations?: readonly string[]
  /** Ids. */
  readonly objects?: readonly string[]
  readonly objectGroups?: readonly string[]
  readonly usage?: TicketUsage
}

/** What somebody says of a ticket. */
export interface TicketLimits {
  /** Requests that may be made with it. Default any. */
  readonly requests?: number
  readonly usage?: TicketUsage
  /** Its holder may do what one of them allows. Default whatever its principal may. */
  readonly rights?: readonly TicketRight[]
}

/**
 * What a login is that is continued by a ticket: it goes on without whoever logged in, within limits, for faces alone that know these
 * (KMIP 2.1 sections 6.1.12 and 6.1.30).
 */
export interface Ticket extends TicketLimits {
  /** The certificates (base64 of DER, the client's own first) that it rests on and ends with. */
  readonly chain?: readonly string[]
  /** Id of the login that it was got with and ends with. */
  readonly session?: string
}

/** A use of a ticket. */
export interface TicketUse {
  readonly requests?: number
  readonly operations?: number
  readonly bytes?: number
  /** Place of the right that allows it. */
  readonly right?: number
}

/** The ticket after a use. @throws MORTISE_AUTH_TICKET_SPENT where that is more than is left */
export function afterUse<Limited extends TicketLimits>(ticket: Limited, use: TicketUse): Limited {
  const { requests, usage, rights } = ticket
  return {
    ...ticket,
    ...(requests !== undefined && { requests: less(requests, use.requests ?? 0) }),
    ...(usage && { usage: usageAfter(usage, use) }),
    ...(rights && {
      rights: rights.map((right, i) =>
        right.usage && i === use.right ? { ...right, usage: usageAfter(right.usage, use) } : right,
      ),
    }),
  }
}

/** Whether so much is left. */
export function suffices({ unit, left }: TicketUsage, use: TicketUse): boolean {
  return (use[unit] ?? 0) <= left
}

function usageAfter(usage: TicketUsage, use: TicketUse): TicketUsage {
  return { ...usage, left: less(usage.left, use[usage.unit] ?? 0) }
}

function less(left: number, taken: number): number {
  if (taken > left) throw new MortiseError('MORTISE_AUTH_TICKET_SPENT')
  return left - taken
}
