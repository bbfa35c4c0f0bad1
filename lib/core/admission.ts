import { admissionOf, admitIdentity, isSettled, type Proof } from '../access/index.js'
import type { Principal } from '../operation/index.js'
import { type Door, host } from './actor.js'
import type { Pipeline } from './pipeline.js'

/**
 * The principal that was proved. What this changes (its first login, its groups) is an operation of the host's, recorded at
 * the door where somebody logs in.
 *
 * @throws MORTISE_AUTH_REQUIRED
 */
export async function admit(pipeline: Pipeline, proof: Proof, door: Door): Promise<Principal> {
  const admission = await admissionOf(pipeline.services, proof)
  if (admission.principal && isSettled(admission)) return admission.principal
  return pipeline.run({ principal: host.id, ...door }, admitIdentity, proof)
}
