import { MortiseError } from '../../errors/index.js'
import type { AuditDetail, SystemOperation } from '../../operation/index.js'
import type { Connection, ConnectionKind, NewConnection, RequireUsable } from '../connections.js'
import type { Login, Logins } from '../login.js'
import type { AccessServices } from '../services.js'
import { requireAdministrator } from './cover.js'

/**
 * Makes a connection. Whoever says what proves people can be anybody: only an administrator may.
 *
 * @throws MORTISE_CONNECTION_EXISTS, MORTISE_GROUP_NOT_FOUND, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED
 */
export const createConnection: SystemOperation<AccessServices, NewConnection, Connection> = {
  name: 'CreateConnection',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ connections, logins }, actor, input) {
    requireAdministrator(actor, 'says what proves people')
    const { connection, row } = await connections.create(input, usableBy(logins))
    if (await connections.get(connection.name)) {
      throw new MortiseError('MORTISE_CONNECTION_EXISTS', `there is a connection ${connection.name} already`)
    }
    return { answer: connection, rows: { records: [row] }, detail: connectionDetail(connection) }
  },
}

/** Whoever proves people by a connection says whether it can. */
export function usableBy(logins: Logins): RequireUsable {
  return async (connection, secret) => {
    const login: Login<ConnectionKind> | undefined = logins[connection.kind]
    await login?.requireUsable?.(connection, secret)
  }
}

export function connectionDetail({ name, kind, enabled, registers, groups }: Connection): AuditDetail {
  return { connection: name, kind, enabled, registers, groups: [...new Set(Object.values(groups))] }
}
