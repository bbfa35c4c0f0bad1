import { type Prepared, pageLimit, type SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import type { LoginSession } from '../sessions.js'
import { nextPage, type PageInput } from './page.js'

export interface ListSessionsInput extends PageInput {
  /** Id or name. */
  readonly principal: string
}

export interface SessionPage {
  /** In the order of their ids; those that have ended are left out. */
  readonly sessions: readonly LoginSession[]
  readonly next: string | null
}

/** @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_INPUT_INVALID */
export const listSessions: SystemOperation<AccessServices, ListSessionsInput, SessionPage> = {
  name: 'ListSessions',
  permission: 'TokenManage',
  durability: 'written',
  async prepare(services, _actor, input) {
    const { id } = await services.principals.find(input.principal)
    return list(services, 'principal', id, input)
  },
}

export interface ListClientSessionsInput extends PageInput {
  /** Id or name. */
  readonly client: string
}

/**
 * What an OAuth client got for others by grants that go on.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_INPUT_INVALID
 */
export const listClientSessions: SystemOperation<AccessServices, ListClientSessionsInput, SessionPage> = {
  name: 'ListClientSessions',
  permission: 'TokenManage',
  durability: 'written',
  async prepare(services, _actor, input) {
    const { id } = await services.principals.find(input.client)
    return list(services, 'through', id, input)
  },
}

/** @throws MORTISE_INPUT_INVALID */
export const listOwnSessions: SystemOperation<AccessServices, PageInput, SessionPage> = {
  name: 'ListOwnSessions',
  permission: 'SelfManage',
  durability: 'written',
  async prepare(services, actor, input) {
    return list(services, 'principal', actor.id, input)
  },
}

async function list(
  { sessions }: AccessServices,
  of: 'principal' | 'through',
  principal: string,
  input: PageInput,
): Promise<Prepared<SessionPage>> {
  const limit = pageLimit(input)
  const page = await sessions.of(of, principal, limit, input.after)
  const open = page.filter((session) => sessions.isOpen(session))
  const answer = { sessions: open, next: nextPage(page, limit) }
  return { answer, detail: { principal, count: open.length } }
}
