import { pageLimit, type SystemOperation } from '../../operation/index.js'
import type { Connection } from '../connections.js'
import type { AccessServices } from '../services.js'
import type { PageInput } from './page.js'

export interface ConnectionPage {
  /** The built-in one first, then those of the configuration, then those of the store in the order of their names. */
  readonly connections: readonly Connection[]
  readonly next: string | null
}

/** @throws MORTISE_INPUT_INVALID */
export const listConnections: SystemOperation<AccessServices, PageInput, ConnectionPage> = {
  name: 'ListConnections',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare(services, _actor, input) {
    const limit = pageLimit(input)
    const own = await services.connections.list(limit, input.after)
    const connections = input.after === undefined ? [...services.connections.fixed, ...own] : own
    const next = own.length < limit ? null : (own.at(-1)?.name ?? null)
    return { answer: { connections, next }, detail: { count: connections.length } }
  },
}
