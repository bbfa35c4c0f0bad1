import type { Logger } from 'pino'
import type { KeyManager } from '../core/index.js'
import { MortiseError } from '../errors/index.js'
import { Engine } from '../faces/kmip/index.js'
import { FailedLogins } from './failed_logins.js'
import { countRequests } from './limits.js'
import type { Settings } from './schema.js'

/** What answers KMIP, within the limits that hold for every face. */
export function kmipEngine(keyManager: KeyManager, { kmip, limits }: Settings, log: Logger): Engine {
  const isTooMuch = countRequests(limits.requests)
  return new Engine(keyManager, {
    onUnexpected: (err) => log.error({ err }, 'a KMIP request failed'),
    issuing: { authority: kmip.authority, profile: kmip.profile },
    logins: new FailedLogins(limits.failures),
    admitted: (principal) => {
      if (isTooMuch?.(principal, performance.now()))
        throw new MortiseError('MORTISE_RATE_LIMITED', 'too many requests: wait 1 s')
    },
  })
}
