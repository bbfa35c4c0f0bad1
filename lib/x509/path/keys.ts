import type { Judged, Policy } from '../../crypto/index.js'
import { keyFault, policyFault } from '../admission.js'
import type { Certificate } from '../certificate.js'
import type { PathOptions } from './options.js'
import { failure, type PathFailure } from './reasons.js'

/** Why the key of a certificate is not admitted. */
export function keyFailure(
  certificate: Certificate,
  { policy, profile }: PathOptions,
): PathFailure | undefined {
  const { publicKey } = certificate
  const fault = keyFault(publicKey, policy)
  if (fault !== undefined) return failure('algorithm', certificate, fault)
  if (profile !== 'webpki' || publicKey.kind?.algorithm !== 'RSA' || publicKey.kind.length % 8 === 0)
    return undefined
  return failure('algorithm', certificate, 'has an RSA key whose length is no multiple of 8 bits (BR 6.1.5)')
}

export function policyFailure(
  certificate: Certificate,
  policy: Policy | undefined,
  judged: readonly Judged[],
): PathFailure | undefined {
  const fault = policyFault(policy, judged)
  return fault === undefined ? undefined : failure('algorithm', certificate, fault)
}
