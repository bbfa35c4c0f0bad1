import type { RecordWrite } from '../operation/index.js'
import type { RefreshTokens } from './refresh_tokens.js'
import type { Sessions } from './sessions.js'
import { type Tokens, tokenNamespace } from './tokens.js'

export interface EndingServices {
  readonly tokens: Tokens
  readonly refreshTokens: RefreshTokens
  readonly sessions: Sessions
}

/** The rows that log somebody out everywhere: of every session, also what a client got for others, and of every token whether of a session or not. */
export async function endLogins(
  { tokens, refreshTokens, sessions }: EndingServices,
  principal: string,
): Promise<{ rows: RecordWrite[]; tokens: number; sessions: number }> {
  const [ofTokens, ofRefresh, ofSessions, throughIt] = await Promise.all([
    tokens.endAll('principal', principal),
    refreshTokens.endAll('principal', principal),
    sessions.endAll('principal', principal),
    sessions.endAll('through', principal),
  ])
  return {
    rows: [...ofTokens, ...ofRefresh, ...ofSessions, ...throughIt],
    tokens: ofTokens.length,
    sessions: ofSessions.length + throughIt.length,
  }
}

/** The rows that end one session with its tokens. */
export async function endSession(
  { tokens, refreshTokens, sessions }: EndingServices,
  id: string,
): Promise<RecordWrite[]> {
  return [
    sessions.end(id),
    ...(await tokens.endAll('session', id)),
    ...(await refreshTokens.endAll('session', id)),
  ]
}

/** Ids of the access tokens that rows end. */
export function endedTokens(rows: readonly RecordWrite[]): string[] {
  return rows.flatMap((row) =>
    'remove' in row && row.remove.namespace === tokenNamespace ? [row.remove.key] : [],
  )
}
