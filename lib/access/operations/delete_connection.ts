import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { Connection } from '../connections.js'
import type { AccessServices } from '../services.js'
import { requireAdministrator } from './cover.js'
import { connectionDetail } from './create_connection.js'
import type { GetConnectionInput } from './get_connection.js'

export interface DeleteConnectionInput extends GetConnectionInput {
  /** Whether it goes though people are linked through it: they are unlinked. Default false. */
  readonly force?: boolean
}

/**
 * Deletes a connection that nobody comes from any more: another one of its name must not find people linked to it. Where it is
 * forced, whoever did is unlinked and stays registered; the sessions of whoever came in through it end. Only an administrator
 * may.
 *
 * @throws MORTISE_CONNECTION_NOT_FOUND, MORTISE_CONNECTION_IN_USE, MORTISE_ACCESS_BUILT_IN, MORTISE_ACCESS_DENIED
 */
export const deleteConnection: SystemOperation<AccessServices, DeleteConnectionInput, Connection> = {
  name: 'DeleteConnection',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ connections, identities, sessions }, actor, { connection: asked, force = false }) {
    requireAdministrator(actor, 'says what proves people')
    const before = await connections.read(asked)
    const connection = await connections.find(before.key)
    const linked = await identities.unlinkAll('connection', connection.name)
    if (linked.length > 0 && !force) {
      throw new MortiseError(
        'MORTISE_CONNECTION_IN_USE',
        `people are linked to ${connection.name}: unlink them, disable it instead, or force it`,
      )
    }
    const ends = await sessions.endAll('connection', connection.name)
    return {
      answer: connection,
      rows: { records: [connections.remove(before), ...linked, ...ends] },
      detail: { ...connectionDetail(connection), unlinked: linked.length, sessionsEnded: ends.length },
    }
  },
}
