import { admit, hashes, hashNames, type PolicyMark } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { Hash } from '../../native/index.js'
import type { KeyServices } from '../services.js'

/** @returns what the audit record must say. @throws MORTISE_CRYPTO_UNSUPPORTED, MORTISE_CRYPTO_POLICY */
export function admitHash({ policy }: KeyServices, name: Hash): PolicyMark {
  if (!Object.hasOwn(hashes, name)) {
    throw new MortiseError(
      'MORTISE_CRYPTO_UNSUPPORTED',
      `there is no hash ${JSON.stringify(name)}: choose one of ${hashNames.join(', ')}`,
    )
  }
  return admit(policy, 'protect', hashes[name])
}
