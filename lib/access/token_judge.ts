import { type Clock, isActive } from '../operation/index.js'
import type { Principals } from './principals.js'
import type { Sessions } from './sessions.js'
import { type AccessClaims, signedClaims } from './token_text.js'
import type { Bearer, Tokens } from './tokens.js'

const second = 1000

/** An access token of an OAuth client that is good now. */
export interface JudgedToken {
  /** 32 hexadecimal digits. */
  readonly id: string
  /** Id of the session that it ends with. */
  readonly session: string
  /** Of one that was exchanged for others (RFC 8693): ids of the sessions that those end with, and it with them. */
  readonly parents: readonly string[]
  /** Id of whom it is of. */
  readonly principal: string
  /** Principal id of the client that got it. */
  readonly client: string
  readonly claims: AccessClaims
}

export type TokenJudgement =
  | { readonly active: true; readonly token: JudgedToken }
  /** `unknown`: it is none, or was revoked. `inactive`: it ended with its session, user, client or secret. */
  | { readonly active: false; readonly reason: 'unknown' | 'inactive' | 'expired' }

const unknown: TokenJudgement = { active: false, reason: 'unknown' }
const inactive: TokenJudgement = { active: false, reason: 'inactive' }
const expired: TokenJudgement = { active: false, reason: 'expired' }

export interface TokenJudgeSources {
  readonly clock: Clock
  readonly tokens: Tokens
  readonly sessions: Sessions
  readonly principals: Principals
}

/** Says of a text whether it is an access token that an OAuth client got here, and what it says: from memory where it is known. */
export class TokenJudge {
  readonly #sources: TokenJudgeSources
  /** What tokens say whose text does: read once while they are in memory. */
  readonly #claims = new WeakMap<Bearer, AccessClaims>()

  constructor(sources: TokenJudgeSources) {
    this.#sources = sources
  }

  async judge(text: string): Promise<TokenJudgement> {
    const { clock, principals, sessions, tokens } = this.#sources
    const bearer = await tokens.find(text)
    const claims = bearer && this.#claimsOf(bearer, text)
    if (!claims) return unknown
    const now = clock.now()
    if (now >= claims.exp * second) return expired
    const session = bearer.session === null ? undefined : await sessions.use(bearer.session)
    if (session?.principal !== bearer.principal) return inactive
    const { parents = [] } = session
    for (const parent of parents) if (!(await sessions.use(parent))) return inactive
    const { id, principal } = bearer
    const client = session.through ?? principal
    for (const one of new Set([principal, client])) {
      const found = await principals.get(one)
      if (!found || !isActive(found, now)) return inactive
    }
    return { active: true, token: { id, session: session.id, parents, principal, client, claims } }
  }

  /** Its text was given out here, so that what it says is what was meant. */
  #claimsOf(bearer: Bearer, text: string): AccessClaims | undefined {
    const known = bearer.claims ?? this.#claims.get(bearer) ?? signedClaims(text)
    if (known && !bearer.claims) this.#claims.set(bearer, known)
    return known
  }
}
