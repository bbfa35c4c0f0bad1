import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { afterUse, type TicketUse } from '../tickets.js'

interface SpendTicketInput extends TicketUse {
  /** Id of the session that the ticket continues. */
  readonly session: string
}

/** Counts a use of a ticket of one's own. @throws MORTISE_AUTH_TICKET_SPENT, MORTISE_SESSION_NOT_FOUND */
export const spendTicket: SystemOperation<AccessServices, SpendTicketInput, void> = {
  name: 'SpendTicket',
  permission: 'SelfManage',
  durability: 'synced',
  beforePasswordChange: true,
  async prepare({ sessions }, actor, { session: id, ...use }) {
    const stored = await sessions.read(id)
    const { principal, ticket } = stored.value
    if (principal !== actor.id || !ticket) throw new MortiseError('MORTISE_SESSION_NOT_FOUND')
    return {
      answer: undefined,
      rows: { records: [sessions.spent(stored, afterUse(ticket, use))] },
      detail: { session: id },
    }
  },
}
