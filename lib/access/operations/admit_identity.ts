import type { Principal, SystemOperation } from '../../operation/index.js'
import { admissionOf, freeName } from '../admission.js'
import { endLogins } from '../endings.js'
import { identityText } from '../identities.js'
import type { Proof } from '../login.js'
import { newPrincipal } from '../principals.js'
import type { AccessServices } from '../services.js'
import { requireAdministrator } from './cover.js'

/**
 * Lets somebody in whom a connection has proved: registers it with its first login, where the connection says so, and puts
 * it into the groups that the connection maps what it is outside to. The host does this for whoever logs in.
 *
 * @throws MORTISE_AUTH_REQUIRED for somebody who is not let in
 */
export const admitIdentity: SystemOperation<AccessServices, Proof, Principal> = {
  name: 'AdmitIdentity',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, proof) {
    requireAdministrator(actor, 'lets in whom connections prove')
    const { accounts, barrier, identities, memberships } = services
    const { principal: known, joins, leaves } = await admissionOf(services, proof)
    const registered = known ? undefined : newPrincipal(barrier, { name: await freeName(services, proof) })
    const principal = known ?? (registered?.principal as Principal)
    const { name: fullName = null, email = null } = proof.profile
    const profile = { fullName, email }
    const origin = identityText(proof)
    const joined = await Promise.all(joins.map((group) => memberships.add(group, principal.id)))
    const left = leaves.map((group) => memberships.remove(group, principal.id))
    const ended = leaves.length > 0 ? (await endLogins(services, principal.id)).rows : []
    const records = [
      ...(registered?.rows.records ?? []),
      ...(known
        ? []
        : [identities.link(proof, principal.id), ...(await accounts.create(principal.id, profile, origin))]),
      ...joined,
      ...left,
      ...ended,
    ]
    return {
      answer: principal,
      rows: { records, newEpoch: leaves.length > 0 },
      detail: {
        principal: principal.id,
        identity: identityText(proof),
        registered: !known,
        joined: joins,
        left: leaves,
      },
      ...(leaves.length > 0 && { recheck: true as const }),
    }
  },
}
