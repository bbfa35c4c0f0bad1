import { MortiseError } from '../../errors/index.js'
import type { Prepared, SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { endToken, type Token } from '../tokens.js'

export interface RevokeTokenInput {
  /** Token id: the 32 hexadecimal digits after `mrt_`. */
  readonly token: string
}

/** @throws MORTISE_TOKEN_NOT_FOUND */
export const revokeToken: SystemOperation<AccessServices, RevokeTokenInput, Token> = {
  name: 'RevokeToken',
  permission: 'TokenManage',
  durability: 'synced',
  async prepare(services, _actor, input) {
    return end(services, await services.tokens.read(input.token))
  },
}

/** @throws MORTISE_TOKEN_NOT_FOUND for somebody else's too */
export const revokeOwnToken: SystemOperation<AccessServices, RevokeTokenInput, Token> = {
  name: 'RevokeOwnToken',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const token = await services.tokens.read(input.token)
    if (token.principal !== actor.id) throw new MortiseError('MORTISE_TOKEN_NOT_FOUND')
    return end(services, token)
  },
}

/** With what was got with it. */
async function end({ sessions }: AccessServices, token: Token): Promise<Prepared<Token>> {
  const { id, principal, label } = token
  const records = [endToken(id), ...(await sessions.endAll('token', id))]
  return { answer: token, rows: { records }, detail: { token: id, principal, label } }
}
