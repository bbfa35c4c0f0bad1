import { isMortiseError } from '../../../errors/index.js'
import { ticketIn } from '../engine/credential.js'
import { refuse } from '../engine/refusal.js'
import type { KmipOperation } from './operation.js'

/** KMIP 2.1 section 6.1.31: of a ticket of one's own. */
export const logout: KmipOperation = {
  name: 'Logout',
  effect: 'final',
  async run({ payload, session }) {
    try {
      await session.endTicket(ticketIn(payload))
    } catch (error) {
      if (
        !isMortiseError(error, 'MORTISE_AUTH_REQUIRED') &&
        !isMortiseError(error, 'MORTISE_SESSION_NOT_FOUND')
      )
        throw error
      throw refuse('InvalidTicket', 'there is no such ticket of yours')
    }
    return {}
  },
}
