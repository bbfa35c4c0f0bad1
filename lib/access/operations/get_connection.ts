import type { SystemOperation } from '../../operation/index.js'
import type { Connection } from '../connections.js'
import type { AccessServices } from '../services.js'

export interface GetConnectionInput {
  readonly connection: string
}

/** @throws MORTISE_CONNECTION_NOT_FOUND */
export const getConnection: SystemOperation<AccessServices, GetConnectionInput, Connection> = {
  name: 'GetConnection',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ connections }, _actor, input) {
    const connection = await connections.find(input.connection)
    return { answer: connection, detail: { connection: connection.name } }
  },
}
