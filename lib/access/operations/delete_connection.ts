import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { Connection } from '../connections.js'
import type { AccessServices } from '../services.js'
import { requireAdministrator } from './cover.js'
import { connectionDetail } from './create_connection.js'
import type { GetConnectionInput } from './get_connection.js'

/**
 * Deletes a connection that nobody comes from any more: another one of its name must not find people linked to it. Only an
 * administrator may.
 *
 * @throws MORTISE_CONNECTION_NOT_FOUND, MORTISE_CONNECTION_IN_USE, MORTISE_ACCESS_BUILT_IN, MORTISE_ACCESS_DENIED
 */
export const deleteConnection: SystemOperation<AccessServices, GetConnectionInput, Connection> = {
  name: 'DeleteConnection',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ connections, identities }, actor, input) {
    requireAdministrator(actor, 'says what proves people')
    const before = await connections.read(input.connection)
    const connection = await connections.find(before.key)
    if ((await identities.from(connection.name, 1, undefined)).length > 0) {
      throw new MortiseError(
        'MORTISE_CONNECTION_IN_USE',
        `people are linked to ${connection.name}: unlink them, or disable it`,
      )
    }
    return {
      answer: connection,
      rows: { records: [connections.remove(before)] },
      detail: connectionDetail(connection),
    }
  },
}
