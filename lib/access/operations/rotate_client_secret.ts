import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { toldClient, withSecret } from '../oauth_clients.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfPrincipal } from './cover.js'
import type { NewOAuthClient } from './create_client.js'

/** Milliseconds that two secrets may overlap: 90 days. */
const longestOverlap = 90 * 24 * 60 * 60 * 1000

export interface RotateClientSecretInput {
  /** Id or name. */
  readonly client: string
  /**
   * Milliseconds that secrets of before are still accepted: 0 to 90 days, or null for as long as they would be. Default 0: they end at once,
   * with the access tokens got with them.
   */
  readonly overlap?: number | null
  /** Milliseconds after which the new one is refused, or null. Default null. */
  readonly lifetime?: number | null
  /** At most 255 characters. Default empty. */
  readonly label?: string
}

/**
 * Another secret for an OAuth client, which is in this answer and nowhere else.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_OAUTH_CLIENT_NOT_FOUND, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the
 *   actor lacks
 */
export const rotateClientSecret: SystemOperation<AccessServices, RotateClientSecretInput, NewOAuthClient> = {
  name: 'RotateClientSecret',
  permission: 'TokenManage',
  durability: 'synced',
  async prepare(services, actor, { client, overlap = 0, lifetime = null, label = '' }) {
    if (overlap !== null && (!Number.isSafeInteger(overlap) || overlap < 0 || overlap > longestOverlap))
      throw new MortiseError('MORTISE_INPUT_INVALID', 'secrets overlap 0 to 90 days, in milliseconds')
    const { clock, oauthClients, principals, sessions } = services
    const { value: principal } = await principals.read(client)
    await requireRightsOfPrincipal(services, actor, principal)
    const { id, name } = principal
    const before = await oauthClients.read(id)
    const now = clock.now()
    const { record, secret, ended } = withSecret(before.value, now, {
      overlap,
      label,
      expires: lifetime === null ? null : now + lifetime,
    })
    const ends = await Promise.all(ended.map((one) => sessions.endAll('token', one)))
    return {
      answer: { client: toldClient(principal, record, now), secret, registrationToken: null },
      rows: { records: [oauthClients.write(id, record, before.version + 1), ...ends.flat()] },
      detail: { principal: id, name, secret: secret.id, ended },
    }
  },
}
