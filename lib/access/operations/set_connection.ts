import { isDeepStrictEqual } from 'node:util'
import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { Connection, ConnectionChanges } from '../connections.js'
import type { AccessServices } from '../services.js'
import { requireAdministrator } from './cover.js'
import { connectionDetail, usableBy } from './create_connection.js'

export interface SetConnectionInput extends ConnectionChanges {
  readonly connection: string
}

/** Settings that say to whom a connection's secret is told, and who on the way hears it. */
const places = ['url', 'startTls', 'insecurePlaintext', 'authorities'] as const

/**
 * Changes a connection; its name and kind stay. Where it is not enabled any more, or proves people by other settings, the sessions
 * of whoever came in through it end. Its secret goes to no other place than it was given for. Only an administrator may.
 *
 * @throws MORTISE_CONNECTION_NOT_FOUND, MORTISE_ACCESS_BUILT_IN for `local_account`, MORTISE_GROUP_NOT_FOUND,
 *   MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED
 */
export const setConnection: SystemOperation<AccessServices, SetConnectionInput, Connection> = {
  name: 'SetConnection',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ connections, logins, sessions }, actor, { connection: asked, ...changes }) {
    requireAdministrator(actor, 'says what proves people')
    const before = await connections.read(asked)
    const { connection, row } = await connections.change(before, changes, usableBy(logins))
    if (
      changes.secret === undefined &&
      before.value.secret !== null &&
      isElsewhere(before.value, connection)
    ) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'the secret would go where it was not given for: give it again',
      )
    }
    const goesOn = connection.enabled && isDeepStrictEqual(connection.settings, before.value.settings)
    const ends = goesOn ? [] : await sessions.endAll('connection', connection.name)
    return {
      answer: connection,
      rows: { records: [row, ...ends] },
      detail: { ...connectionDetail(connection), sessionsEnded: ends.length },
    }
  },
}

function isElsewhere(before: Pick<Connection, 'settings'>, after: Pick<Connection, 'settings'>): boolean {
  const [was, is] = [before, after].map(({ settings }) => settings as Readonly<Record<string, unknown>>)
  return places.some((name) => was?.[name] !== is?.[name])
}
