import { MortiseError } from '../../errors/index.js'
import type { Prepared, SystemOperation } from '../../operation/index.js'
import { endSession } from '../endings.js'
import type { AccessServices } from '../services.js'
import type { LoginSession } from '../sessions.js'

export interface SessionInput {
  /** Session id. */
  readonly session: string
}

/** Ends anybody's, with its tokens. @throws MORTISE_SESSION_NOT_FOUND */
export const endAnySession: SystemOperation<AccessServices, SessionInput, LoginSession> = {
  name: 'EndSession',
  permission: 'TokenManage',
  durability: 'synced',
  async prepare(services, _actor, input) {
    return end(services, (await services.sessions.read(input.session)).value)
  },
}

/** @throws MORTISE_SESSION_NOT_FOUND for somebody else's too */
export const endOwnSession: SystemOperation<AccessServices, SessionInput, LoginSession> = {
  name: 'EndOwnSession',
  permission: 'SelfManage',
  durability: 'synced',
  beforePasswordChange: true,
  async prepare(services, actor, input) {
    const { value: session } = await services.sessions.read(input.session)
    if (session.principal !== actor.id) throw new MortiseError('MORTISE_SESSION_NOT_FOUND')
    return end(services, session)
  },
}

async function end(services: AccessServices, session: LoginSession): Promise<Prepared<LoginSession>> {
  const { id, principal, label } = session
  const records = await endSession(services, id)
  return { answer: session, rows: { records }, detail: { session: id, principal, label } }
}
