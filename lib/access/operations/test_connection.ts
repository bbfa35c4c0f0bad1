import { isMortiseError, MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { ConnectionFacts, Login } from '../login.js'
import type { AccessServices } from '../services.js'
import { requireAdministrator } from './cover.js'
import type { GetConnectionInput } from './get_connection.js'

/** How the other end of a connection answers. */
export interface ConnectionTest {
  readonly connection: string
  readonly works: boolean
  /** Why it does not; null when it does. */
  readonly failure: string | null
  readonly facts: ConnectionFacts
}

/**
 * Asks the other end of a connection for what a login would need of it, whether or not the connection is enabled. Only an
 * administrator may.
 *
 * @throws MORTISE_CONNECTION_NOT_FOUND, MORTISE_INPUT_INVALID for one that has no other end, MORTISE_ACCESS_DENIED
 */
export const testConnection: SystemOperation<AccessServices, GetConnectionInput, ConnectionTest> = {
  name: 'TestConnection',
  permission: 'PrincipalManage',
  durability: 'written',
  async prepare({ connections, logins }, actor, input) {
    requireAdministrator(actor, 'has connections ask their other end')
    const connection = await connections.find(input.connection)
    const login = logins[connection.kind] as Login<typeof connection.kind> | undefined
    if (!login?.examine) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `a connection of the kind ${connection.kind} has no other end to ask`,
      )
    }
    const found = await examined(login.examine(connection))
    return {
      answer: { connection: connection.name, ...found },
      detail: { connection: connection.name, works: found.works, failure: found.failure },
    }
  },
}

async function examined(examination: Promise<ConnectionFacts>): Promise<Omit<ConnectionTest, 'connection'>> {
  try {
    return { works: true, failure: null, facts: await examination }
  } catch (error) {
    if (isMortiseError(error)) throw error
    return { works: false, failure: (error as Error).message, facts: {} }
  }
}
