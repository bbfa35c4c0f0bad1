import type { Session } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'

/** What ids of the users of this store begin with, by either name of the connection; the first is the one that is written. */
const local = ['local', 'local_account']

/** Whether a connection is that of this store. */
export function isLocal(connection: string): boolean {
  return local.includes(connection)
}

/** A user id of anybody who is registered here, wherever it comes from. */
export function localUserId(principal: string): string {
  return `${local[0]}|${principal}`
}

/** `local|<uuid>`, or `<connection>|<subject>` of somebody who comes from outside. */
export function userIdOf(identity: string): string {
  const [connection, subject] = split(identity)
  return `${isLocal(connection) ? local[0] : connection}|${subject}`
}

/**
 * The id of the principal that a user id means; `self` is whoever asks.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND
 */
export async function principalOf(session: Session, userId: string): Promise<string> {
  if (userId === 'self') return session.principal.id
  const [connection, subject] = split(userId)
  const id = isLocal(connection) ? subject : await session.principalOf({ connection, subject })
  if (id !== undefined && isUuid(id)) return id
  throw new MortiseError('MORTISE_PRINCIPAL_NOT_FOUND', `there is no user ${userId}`)
}

function split(identity: string): [connection: string, subject: string] {
  const bar = identity.indexOf('|')
  return [identity.slice(0, Math.max(bar, 0)), identity.slice(bar + 1)]
}

/** Names of principals are not ids here. */
function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
}
