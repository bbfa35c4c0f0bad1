import type { SystemOperation } from '../../operation/index.js'
import { decide } from '../decide.js'
import { endedTokens, endSession } from '../endings.js'
import type { AccessServices } from '../services.js'
import type { TokenInput } from './introspect_token.js'
import { requireClientOrManager } from './token_callers.js'

/**
 * Ends an access or refresh token that an OAuth client got, with all of the same grant (RFC 7009): for that client, and for who may manage
 * tokens. Nothing becomes of any other text, and nobody is told.
 *
 * @throws MORTISE_ACCESS_DENIED
 */
export const revokeAccessToken: SystemOperation<AccessServices, TokenInput, void> = {
  name: 'RevokeAccessToken',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor, { token }) {
    await requireClientOrManager(services, actor)
    const { refreshTokens, sessions, tokens } = services
    const found = await tokens.find(token)
    const id = found?.session ?? (await refreshTokens.verify(token))?.value.session
    const session = id === undefined ? undefined : (await sessions.find(id))?.value
    // A login has ways to end of its own.
    const client = session?.grant && (session.through ?? session.principal)
    const isMeant = client !== undefined && (client === actor.id || decide(actor, 'TokenManage').allowed)
    if (!session || !isMeant) return { answer: undefined, detail: { revoked: false } }
    const { id: ended, principal, ends: expires } = session
    const records = await endSession(services, ended)
    return {
      answer: undefined,
      rows: { records },
      detail: { revoked: true, session: ended, principal, client, tokens: endedTokens(records), expires },
    }
  },
}
