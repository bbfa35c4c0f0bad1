import { MortiseError } from '../../errors/index.js'
import type { Subject } from '../../operation/index.js'
import { decide } from '../decide.js'
import type { AccessServices } from '../services.js'

/**
 * Tokens of anybody are shown to OAuth clients, whom they are shown by, and to who manages tokens.
 *
 * @throws MORTISE_ACCESS_DENIED
 */
export async function requireClientOrManager(
  { oauthClients }: AccessServices,
  actor: Subject,
): Promise<void> {
  if (decide(actor, 'TokenManage').allowed || (await oauthClients.isOne(actor.id))) return
  throw new MortiseError(
    'MORTISE_ACCESS_DENIED',
    `${actor.name} is no OAuth client and may not TokenManage: ask as a client, or have the permission given to it`,
  )
}
