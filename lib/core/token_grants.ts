import { hash } from 'node:crypto'
import {
  type ClientProof,
  type IssuedAccessToken,
  isJwt,
  issueAccessToken,
  type OAuthGrant,
  type ProvedClient,
  refreshAccessToken,
  type TokenSubject,
  ungranted,
} from '../access/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import type { Actor, Door } from './actor.js'
import type { Entered, Gate } from './gate.js'
import type { Pipeline } from './pipeline.js'
import type { TokenIssuer } from './token_issuer.js'

/** How a client comes to a token, with what its grant takes. */
export type TokenGrant =
  | { readonly grant: 'client_credentials' }
  | { readonly grant: 'refresh_token'; readonly refreshToken: string }
  | { readonly grant: 'password'; readonly username: string; readonly password: string }
  /** @param audiences what the assertion must be for one of (RFC 7523 section 3) */
  | {
      readonly grant: 'urn:ietf:params:oauth:grant-type:jwt-bearer'
      readonly assertion: string
      readonly audiences: readonly string[]
    }
  | {
      readonly grant: 'urn:ietf:params:oauth:grant-type:token-exchange'
      readonly subjectToken: string
      readonly actorToken?: string
    }

export type TokenRequest = TokenGrant & {
  /** `iss` of the token: URL. */
  readonly issuer: string
  /** Default: what is usual, or was granted. */
  readonly scope?: readonly string[]
  /** What the token is for (RFC 8707). Default: the client's audience. */
  readonly resource?: string
}

/** Gives OAuth clients tokens, once they and whomever they act for have proved who they are. */
export class TokenGrants {
  readonly #pipeline: Pipeline
  readonly #gate: Gate
  readonly #issuer: TokenIssuer

  constructor(pipeline: Pipeline, gate: Gate, issuer: TokenIssuer) {
    this.#pipeline = pipeline
    this.#gate = gate
    this.#issuer = issuer
  }

  /**
   * @throws MORTISE_AUTH_REQUIRED with one text, whatever is wrong with the client; with `error` `invalid_grant` in its details for
   *   whatever is wrong with what the token is asked for with
   * @throws MORTISE_ACCESS_DENIED, MORTISE_INPUT_INVALID for a grant, scope or resource that the client does not have
   */
  async grant(proof: ClientProof, request: TokenRequest, door: Door): Promise<IssuedAccessToken> {
    const client = await this.#gate.oauthClient(proof, door)
    const { tokenFormat, algorithm } = await this.#registered(client, request.grant)
    const { issuer, scope = [], resource } = request
    const given = {
      ...{ issuer, scope, secret: client.secret.id },
      signer: tokenFormat === 'jwt' ? await this.#issuer.signer(algorithm) : null,
    }
    const actor: Actor = {
      principal: client.principal.id,
      ...door,
      entry: { by: 'token', token: client.secret },
    }
    if (request.grant === 'refresh_token') {
      const { refreshToken } = request
      const again = await this.#pipeline.run(actor, refreshAccessToken, { ...given, refreshToken })
      if (again) return again
      throw ungranted()
    }
    const subject = await this.#subject(client, request, door)
    return this.#pipeline.run(actor, issueAccessToken, {
      ...given,
      grant: request.grant,
      ...(subject && { subject }),
      ...(resource !== undefined && { resource }),
    })
  }

  /** The client, before anything is asked of what it shows: it must not try passwords that it is not registered for. */
  async #registered({ principal }: ProvedClient, grant: OAuthGrant) {
    const client = await this.#pipeline.services.oauthClients.get(principal.id)
    if (!client) throw new MortiseError('MORTISE_AUTH_REQUIRED')
    if (client.grants.includes(grant)) return client
    throw new MortiseError(
      'MORTISE_ACCESS_DENIED',
      `the client is not registered for grant_type ${grant}: have it registered with that`,
      { details: { error: 'unauthorized_client' } },
    )
  }

  async #subject(client: ProvedClient, request: TokenRequest, door: Door): Promise<TokenSubject | undefined> {
    switch (request.grant) {
      case 'password': {
        const { username: name, password } = request
        return proved(() => this.#gate.password({ name, password, clientType: 'confidential' }, door))
      }
      case 'urn:ietf:params:oauth:grant-type:jwt-bearer':
        return this.#asserted(request, door)
      case 'urn:ietf:params:oauth:grant-type:token-exchange':
        return this.#exchanged(client, request, door)
      default:
        return undefined
    }
  }

  /** RFC 7523: of whichever issuer a connection trusts. An assertion is good once, which its `jti` is asked for. */
  async #asserted(
    { assertion, audiences }: Extract<TokenGrant, { readonly assertion: string }>,
    door: Door,
  ): Promise<TokenSubject> {
    if (!isJwt(assertion)) throw ungranted()
    const subject = await proved(() => this.#gate.jwt(assertion, door))
    const { iss, aud, jti, exp } = claimsOf(assertion)
    const isForUs = [aud].flat().some((one) => audiences.includes(String(one)))
    if (!isForUs || typeof jti !== 'string' || typeof exp !== 'number') throw ungranted()
    const key = hash('sha256', JSON.stringify([iss, jti]), 'base64url')
    // As long as a clock may be behind.
    return { ...subject, once: { key, until: (exp + 300) * 1000 } }
  }

  /** RFC 8693: of a token that was got here, or of an issuer that a connection trusts. Who acts shows a token of its own. */
  async #exchanged(
    client: ProvedClient,
    { subjectToken, actorToken }: Extract<TokenGrant, { readonly subjectToken: string }>,
    door: Door,
  ): Promise<TokenSubject> {
    const { tokenJudge } = this.#pipeline.services
    const judged = await tokenJudge.judge(subjectToken)
    if (!judged.active && !(judged.reason === 'unknown' && isJwt(subjectToken))) throw ungranted()
    const acts = actorToken === undefined ? undefined : await tokenJudge.judge(actorToken)
    if (acts && !(acts.active && acts.token.client === client.principal.id)) throw ungranted()
    const before = judged.active ? judged.token.claims.act : undefined
    const act = acts?.active
      ? { sub: acts.token.claims.sub, client_id: acts.token.claims.client_id, ...(before && { act: before }) }
      : before
    if (!judged.active)
      return { ...(await proved(() => this.#gate.jwt(subjectToken, door))), ...(act && { act }) }
    const { principal, session, parents, claims } = judged.token
    return {
      ...{ principal, identity: `local_account|${principal}`, of: { session, parents, claims } },
      ...(act && { act }),
    }
  }
}

/** Whoever has come in, or that the grant is not good: the client is. */
async function proved(enter: () => Promise<Entered>): Promise<TokenSubject> {
  try {
    const { principal, entry } = await enter()
    const identity = entry.by === 'proof' ? entry.identity : `local_account|${principal.id}`
    return { principal: principal.id, identity }
  } catch (error) {
    if (
      isMortiseError(error, 'MORTISE_AUTH_REQUIRED') ||
      isMortiseError(error, 'MORTISE_AUTH_FACTOR_REQUIRED')
    )
      throw ungranted()
    throw error
  }
}

/** Of a JWT that was verified. */
function claimsOf(text: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())
}
