import type { Logger } from 'pino'
import type { KeyManager } from '../core/index.js'
import { MortiseError } from '../errors/index.js'
import type { KeyserviceFaceOptions } from '../faces/keyservice/index.js'
import type { Settings } from './schema.js'

const second = 1000
const proper = /^(?:\/[\w.~-]+)*$/

/** What the face keyservice is configured to. @throws MORTISE_CONFIG_INVALID */
export function keyserviceOptions(
  keyManager: KeyManager,
  { keyservice }: Settings,
  log: Logger,
): KeyserviceFaceOptions {
  const { path = '', unsignedPath = '' } = keyservice
  for (const one of [path, unsignedPath])
    if (!proper.test(one))
      throw new MortiseError(
        'MORTISE_CONFIG_INVALID',
        `keyservice.path and keyservice.unsignedPath are paths without a slash at the end: ${JSON.stringify(one)} is not`,
      )
  return {
    ...{ keyManager, log, path, unsignedPath },
    initLifetime: keyservice.initSeconds * second,
    sessionLifetime: keyservice.sessionSeconds * second,
    dateWindow: keyservice.dateWindowSeconds * second,
    versions: keyservice.versions,
    largestKey: keyservice.keyBytes,
    legacyStatus: keyservice.legacyStatus,
    origins: keyservice.corsOrigins,
    rates: {
      inits: keyservice.initsPerMinute,
      connects: keyservice.connectsPerMinute,
      failures: keyservice.failuresPerMinute,
    },
  }
}
