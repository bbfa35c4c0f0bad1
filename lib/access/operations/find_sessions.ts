import { MortiseError } from '../../errors/index.js'
import type { Prepared, SystemOperation } from '../../operation/index.js'
import type { RecordTerm } from '../../storage/index.js'
import { decide } from '../decide.js'
import type { AccessServices } from '../services.js'
import type { LoginSession } from '../sessions.js'
import type { SessionInput } from './end_session.js'
import { checkedSkip, type SkipInput } from './page.js'

export interface FindSessionsInput extends SkipInput {
  readonly label?: string
}

export interface SessionsFound {
  /** The oldest first. Those that have idled out may be among them. */
  readonly sessions: readonly LoginSession[]
  /** How many there are, on whatever page. */
  readonly total: number
}

/** Anybody's logins, by numbers. @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_INPUT_INVALID */
export const findSessions: SystemOperation<
  AccessServices,
  FindSessionsInput & { readonly principal: string },
  SessionsFound
> = {
  name: 'FindSessions',
  permission: 'TokenManage',
  durability: 'written',
  async prepare(services, _actor, { principal, ...input }) {
    return find(services, (await services.principals.find(principal)).id, input)
  },
}

/** One's own. @throws MORTISE_INPUT_INVALID */
export const findOwnSessions: SystemOperation<AccessServices, FindSessionsInput, SessionsFound> = {
  name: 'FindOwnSessions',
  permission: 'SelfManage',
  durability: 'written',
  async prepare(services, actor, input) {
    return find(services, actor.id, input)
  },
}

/** A login of one's own, or anybody's for who may manage tokens. @throws MORTISE_SESSION_NOT_FOUND, also without the right */
export const getSession: SystemOperation<AccessServices, SessionInput, LoginSession> = {
  name: 'GetSession',
  permission: 'SelfManage',
  durability: 'written',
  async prepare(services, actor, input) {
    const { value: session } = await services.sessions.read(input.session)
    if (session.principal !== actor.id && !decide(actor, 'TokenManage').allowed)
      throw new MortiseError('MORTISE_SESSION_NOT_FOUND')
    return { answer: session, detail: { session: session.id, principal: session.principal } }
  },
}

async function find(
  { sessions }: AccessServices,
  principal: string,
  { label, ...part }: FindSessionsInput,
): Promise<Prepared<SessionsFound>> {
  const all: RecordTerm[] = [{ namespace: 'session', field: 'principal', values: [principal] }]
  if (label !== undefined) all.push({ namespace: 'session', field: 'label', values: [label] })
  const answer = await sessions.select({ order: 'created', all, ...checkedSkip(part) })
  return { answer, detail: { principal, count: answer.sessions.length } }
}
